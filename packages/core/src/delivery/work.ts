import type { Lock } from '../events/lock';
import type { WorkerGroup } from './share';
import type { Strain } from './outcome';
import type { Statements } from '../storage/statements';

/** A delivery that this process holds the lease of. */
export interface Work {
  eventId: string;
  destinationId: string;
  endpointId: string;
  leaseToken: string;
  /** Attempts made before this one. */
  attemptCount: number;
  /** How often in a row a worker was lost while it held this delivery. */
  takeovers: number;
  /** What is sent, or null if the body was too large to come with the claim. */
  content: EventContent | null;
}

/** The parts of an event that a destination receives. */
export interface EventContent {
  method: string;
  query: string;
  /** Names and values in turn, as received. */
  headers: readonly string[];
  body: Buffer;
  /** Why its credentials cannot be opened, or false. Placeholders replace them, so nothing may be sent. */
  locked: Lock | false;
  correlationId: string | null;
  /** The span that took the event in (W3C Trace Context), or null. */
  traceParent: string | null;
  originId: string;
  source: string;
  eventType: string | null;
  verifiedBy: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/** The record of an attempt, scheduled or asked for. */
export interface AttemptRecord {
  attemptId: Buffer;
  url: string;
  responseStatus: number | null;
  responseHeaders: Record<string, string | string[]>;
  responseBody: Buffer;
  responseTruncated: boolean;
  latencyMs: number;
  error: string | null;
  reason: string;
}

/** A finished attempt that is to be written. */
export interface AttemptResult extends AttemptRecord {
  work: Work;
  state: 'pending' | 'delivered' | 'failed';
  statusReason: string | null;
  retryInMs: number | null;
  nextReason: string | null;
  strain: Strain;
  /** The destination wants no requests for this long, in milliseconds; 0 if it did not say. */
  holdMs: number;
  /** Why the destination is to be paused; null if it is not. */
  pauseReason: string | null;
  /** Whether something depends on it: the next delivery of an order key, or the health of its destination. */
  isUrgent: boolean;
}

/**
 * The lanes of a claim, in the order in which they get what there is, with the number of deliveries that it may bring to
 * each. Null stands for a lane that this process does not know: the database computes its share.
 */
export type FreeSlots = ReadonlyMap<string, number | null>;

export interface Claim {
  works: Work[];
  /** The lanes in which deliveries were due that wait for an earlier one of their order key. */
  postponed: string[];
}

/** What settling changed about destinations. */
export interface SettleReport {
  destinations: DestinationReport[];
  /** The lanes in which deliveries became due because the one before them in their order key has ended. */
  followers: string[];
}

export interface DestinationReport {
  destinationId: string;
  endpointId: string;
  /** How long its circuit stays open from now, in milliseconds; null if it is closed. */
  openMs: number | null;
  wasOpen: boolean;
  /** Why it was paused just now; null if it was not. */
  pausedBecause: string | null;
}

/** The durable side of delivery. No use case knows that it is PostgreSQL. */
export interface DeliveryStore {
  /** Finds the lanes that have due deliveries of which a claim by this process may take some. */
  look(group: WorkerGroup): Promise<string[]>;
  /** Takes due deliveries of some lanes under new leases: at most `limit`, and for each lane what `freeSlots` says. */
  claim(limit: number, freeSlots: FreeSlots, group: WorkerGroup): Promise<Claim>;
  /** Reads the content of an event whose body did not come with the claim; null if the event is gone. */
  load(eventId: string): Promise<EventContent | null>;
  /** Writes results whose lease is still valid. The others were taken over and are dropped. Idempotent. */
  commit(results: AttemptResult[]): Promise<SettleReport>;
  /**
   * Writes a result in an open transaction. Null if its lease is no longer valid, or belongs to another transaction.
   */
  commitIn(statements: Statements, result: AttemptResult): Promise<SettleReport | null>;
  /** Renews leases. Returns the tokens that are no longer valid. */
  renew(works: readonly Work[]): Promise<string[]>;
  /** Releases leases. The deliveries are due at once or after a delay, and no attempt is counted. */
  release(works: readonly Work[], delayMs?: number): Promise<void>;
  /** Ends deliveries that must not be tried again, without an attempt. */
  cancel(works: readonly Work[], reason: string): Promise<void>;
  /** Records that this process delivers. Returns the worker group. */
  checkIn(handlers: readonly string[]): Promise<WorkerGroup>;
  checkOut(): Promise<void>;
}
