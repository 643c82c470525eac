/**
 * Times by which a gateway works, in milliseconds. They are no options, because they depend on each other: a lease has
 * to outlast several tries to renew it. Only tests change them, to wait less.
 */
export interface Timing {
  /** A claimed delivery that nobody renews goes to another process after this. A probe of an open circuit is given as long. */
  leaseMs: number;
  /** A lease is renewed when it is this old, and a process looks for such leases this often. */
  renewAfterMs: number;
  /** A lease that was not renewed for this long may be another's: the process stood still, or the database was away. */
  doubtfulAfterMs: number;
  /** When the database is away for longer than this, leases run out while their workers live. */
  outageMs: number;
  /** After an outage, workers have this long to renew what they hold and to write what they know, before others claim it. */
  afterOutageMs: number;
  /** How often a process that delivers says that it is there. */
  checkInMs: number;
  /**
   * A process that has not said so for this long no longer counts. Until then its part of every destination's concurrency
   * is unused: in a loop of crashes the dead would outnumber the living.
   */
  workerGroupMs: number;
  /** Hints may be lost and retries fall due: how often a worker looks by itself. */
  pollMs: number;
  /** A delivery of an order key that hears nothing from the one in front is looked at again after this. */
  postponeMs: number;
  /** Deliveries of an endpoint whose configuration this process cannot read are left to others for this long. */
  setAsideMs: number;
  /**
   * A delivery whose credentials need a master key that this process lacks is due again after this. It is long, because
   * one that no process can open comes back until somebody adds the key, and others must not wait for it.
   */
  missingKeyMs: number;
  /** A process that has not been able to look for work for this long says so at `/health`. */
  inVainMs: number;
  /** Results that could not be written are written again after this. */
  settleAgainMs: number;

  /** A circuit stays open for this long the first time, and for twice as long each further time. */
  circuitMs: number;
  /** It stays open for no longer than this, unless the destination asks for it. */
  maxCircuitMs: number;
  /** A second of a retry policy. */
  retrySecondMs: number;
  /** A second of the time-out of a destination or a handler. */
  timeoutSecondMs: number;
  /** What a handler has left to end by itself after its signal was aborted. */
  abandonAfterMs: number;

  /** A sender waits no longer than this for its event to be stored. */
  maxWaitMs: number;
  /** How often the events that have waited for too long are looked for. */
  overdueLookMs: number;
  /**
   * Where the oldest event of an endpoint has waited for this long, and more of them wait than will be stored in time, new
   * ones are refused at once. A pause of the database alone is waited for, because some senders come back only after hours.
   */
  overloadedAfterMs: number;
  /** After a failure this process counts as not ready for this long, unless something is stored. */
  troubledMs: number;
  /** A sender waits no longer than this for the look-up of an endpoint. */
  lookUpMs: number;
  /** A sender has this long to send a body. */
  bodyMs: number;

  /** The server ends a statement that takes longer. */
  statementMs: number;
  /** The driver gives a statement up that takes longer, because a network may swallow packets. */
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
  /** A reader of the feed to whom nothing was told for this long is told its position. */
  feedIdleMs: number;
  /** How often a process says which master key it encrypts with. One that has not been named for 2.5 times as long is not in use. */
  attendMs: number;

  // Periodic work besides that above: how often a process looks for something to do.
  /** New bulk replays are announced; this finds those that a process left behind, or whose last retry is over. */
  replaysMs: number;
  notifyMs: number;
  /** Lists and statistics let the index catch up themselves; this keeps what they would have to do small. */
  indexMs: number;
  retentionMs: number;
  sweepMs: number;
  /** Between two readings a process knows only what it has stored itself. */
  quotaMs: number;
  refusalsMs: number;
  growthMs: number;
  /** A connection that listens says nothing by itself, so it is asked. */
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
  pollMs: 1_250,
  postponeMs: 5_000,
  setAsideMs: 5_000,
  missingKeyMs: 30_000,
  inVainMs: 60_000,
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
  attendMs: 4_000,

  replaysMs: 30_000,
  notifyMs: 5_000,
  indexMs: 1_000,
  retentionMs: 60_000,
  sweepMs: 60_000,
  quotaMs: 10_000,
  refusalsMs: 10_000,
  growthMs: 300_000,
  listenerMs: 15_000,
};
