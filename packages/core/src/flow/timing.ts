/**
 * Times by which a gateway works, in milliseconds. They are not options, because they depend on each other: a lease has
 * to outlast several tries to renew it. Only tests change them, to wait less.
 */
export interface Timing {
  /** Duration of a lease. After it, another process may take over the delivery. A probe of a circuit gets as long. */
  leaseMs: number;
  /** A lease is renewed when it is this old, and a process looks for such leases this often. */
  renewAfterMs: number;
  /**
   * A lease that was not renewed for this long may belong to another process by now, because this one stood still or
   * the database was away. It is renewed before its attempt begins.
   */
  doubtfulAfterMs: number;
  /** After an outage of the database longer than this, leases may have run out although their workers are alive. */
  outageMs: number;
  /**
   * After such an outage a worker waits this long before it claims, so that others can renew their leases and write
   * their results first.
   */
  afterOutageMs: number;
  /** How often a process that delivers checks in. */
  checkInMs: number;
  /**
   * A process that has not checked in for this long no longer counts. Until then its share of every destination's
   * concurrency is unused. With a longer time, the dead processes of a crash loop would outnumber the living.
   */
  workerGroupMs: number;
  /**
   * A process counts as dead when its connections have been gone for this long and it has not checked in. Its deliveries
   * are then due at once. A living process that loses its connections has to come back within this time.
   */
  deadAfterMs: number;
  /**
   * How often a worker looks for work by itself, because hints may be lost. Retries of this process that are near have
   * alarms of their own.
   */
  pollMs: number;
  /** How often a process looks whether another one has died, if there are others. */
  takeoverLookMs: number;
  /** A delivery that waits for an earlier one of its order key is looked at again after this, if nothing wakes it. */
  postponeMs: number;
  /** Deliveries of an endpoint whose configuration this process cannot read are left to others for this long. */
  setAsideMs: number;
  /**
   * A delivery whose credentials need a master key that this process lacks is due again after this. It is long, because
   * a delivery that no process can open comes back until somebody adds the key, and must not hold up others.
   */
  missingKeyMs: number;
  /** A process that has not been able to look for work for this long says so at `/health`. */
  troubleAfterMs: number;
  /** A result waits for others at most this long before it is written. */
  gatherMs: number;
  /** Results that could not be written are written again after this. */
  settleAgainMs: number;

  /** A circuit stays open for this long the first time, and for twice as long each further time. */
  circuitMs: number;
  /** A circuit stays open for no longer than this, unless the destination asks for more. */
  maxCircuitMs: number;
  /** A second of a retry policy. */
  retrySecondMs: number;
  /** A second of the timeout of a destination or a handler. */
  timeoutSecondMs: number;
  /** A handler has this long to end by itself after its signal was aborted. */
  abandonAfterMs: number;

  /** A sender waits no longer than this for its event to be stored. */
  maxWaitMs: number;
  /** How often the intake looks for events that have waited for too long. */
  overdueLookMs: number;
  /**
   * An endpoint is overloaded once its oldest event has waited for this long and its waiting events cannot all be
   * stored within `maxWaitMs`. New events are then refused at once. A short pause of the database alone does not count,
   * because some senders retry only hours later.
   */
  overloadedAfterMs: number;
  /** After a failure to store events this process counts as not ready for this long, or until an event is stored. */
  troubledMs: number;
  /** A sender waits no longer than this for the look-up of an endpoint. */
  lookUpMs: number;
  /** A sender has this long to send a body. */
  bodyMs: number;

  /** The server ends a statement that takes longer. */
  statementMs: number;
  /** The driver gives up on a statement that takes longer, because a network may swallow packets. */
  queryMs: number;
  /** The same for a new connection. */
  connectMs: number;
  /** A process that stands still inside a transaction loses its locks after this, before others give up on them. */
  idleTransactionMs: number;
  /** A lost connection for hints is opened again after this. */
  reconnectMs: number;

  /** A cached key is looked up again at this age: a revocation reaches every process within this time. */
  keyCachedMs: number;
  /** How often a reader of the feed looks for what other processes did. */
  feedLookMs: number;
  /** A reader of the feed that was sent nothing for this long is sent its position. */
  feedIdleMs: number;
  /**
   * How often a process says which master key it encrypts with. A key that no process has named for 2.5 times as long
   * is not in use.
   */
  attendMs: number;

  // Further periodic work: how often a process looks for something to do.
  /** New bulk replays are announced. This look finds those that a process left behind, or whose last retry is over. */
  replaysMs: number;
  notifyMs: number;
  /** Lists and statistics bring the index up to date themselves. This look leaves them little to do. */
  indexMs: number;
  retentionMs: number;
  sweepMs: number;
  /** Between two readings a process knows only what it has stored itself. */
  quotaMs: number;
  /** How often alarms of storage quotas are judged. */
  usageMs: number;
  refusalsMs: number;
  growthMs: number;
  /** A connection that only listens does not show when it is broken, so it is asked. */
  listenerMs: number;
}

export const defaultTiming: Readonly<Timing> = {
  leaseMs: 30_000,
  renewAfterMs: 5_000,
  doubtfulAfterMs: 20_000,
  outageMs: 15_000,
  afterOutageMs: 2_000,
  checkInMs: 4_000,
  workerGroupMs: 10_000,
  deadAfterMs: 1_000,
  pollMs: 6_000,
  takeoverLookMs: 1_250,
  postponeMs: 5_000,
  setAsideMs: 5_000,
  missingKeyMs: 30_000,
  troubleAfterMs: 60_000,
  gatherMs: 20,
  settleAgainMs: 500,

  circuitMs: 2_000,
  maxCircuitMs: 60_000,
  retrySecondMs: 1_000,
  timeoutSecondMs: 1_000,
  abandonAfterMs: 5_000,

  maxWaitMs: 5_500,
  overdueLookMs: 250,
  overloadedAfterMs: 1_000,
  troubledMs: 10_000,
  lookUpMs: 4_000,
  bodyMs: 30_000,

  statementMs: 8_000,
  queryMs: 10_000,
  connectMs: 5_000,
  idleTransactionMs: 5_000,
  reconnectMs: 1_000,

  keyCachedMs: 2_000,
  feedLookMs: 1_000,
  feedIdleMs: 15_000,
  attendMs: 10_000,

  replaysMs: 30_000,
  notifyMs: 10_000,
  indexMs: 1_000,
  retentionMs: 60_000,
  sweepMs: 60_000,
  quotaMs: 10_000,
  usageMs: 30_000,
  refusalsMs: 10_000,
  growthMs: 300_000,
  listenerMs: 15_000,
};
