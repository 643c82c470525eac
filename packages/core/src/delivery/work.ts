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
  /** What is sent, or null when the body is too large to travel with the claim. */
  content: EventContent | null;
}

/** What of an event a destination receives. */
export interface EventContent {
  method: string;
  query: string;
  /** Names and values in turn, as received. */
  headers: readonly string[];
  body: Buffer;
  /** Why its credentials cannot be opened: placeholders stand for them, so nothing may be sent. */
  locked: Lock | false;
  correlationId: string | null;
  /** Of the span that took the event in, or null. */
  traceParent: string | null;
  originId: string;
  source: string;
  eventType: string | null;
  verifiedBy: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/** What an attempt leaves on record, whoever asked for it. */
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

/** One finished attempt on its way into the record. */
export interface AttemptResult extends AttemptRecord {
  work: Work;
  state: 'pending' | 'delivered' | 'failed';
  statusReason: string | null;
  retryInMs: number | null;
  nextReason: string | null;
  strain: Strain;
  /** The destination wants no request for so long; 0: it said nothing. */
  holdMs: number;
  /** The destination is to be paused, and why; null: it is not. */
  pauseReason: string | null;
}

export interface Claim {
  works: Work[];
  /** Deliveries that were due and wait for an earlier one of their order key. */
  postponed: number;
}

/** What settling changed about destinations. */
export interface SettleReport {
  destinations: DestinationReport[];
  /** Deliveries that became due because the one before them in their order key is over. */
  followers: number;
}

export interface DestinationReport {
  destinationId: string;
  endpointId: string;
  /** For how long its circuit is open now; null: it is closed. */
  openMs: number | null;
  wasOpen: boolean;
  /** Why it was paused just now; null: it was not. */
  pausedBecause: string | null;
}

/** The durable side of delivery. No use case knows that it is PostgreSQL. */
export interface DeliveryStore {
  /** Takes due deliveries under new leases: at most `limit`, and per destination what `freeSlots` says or its share. */
  claim(limit: number, freeSlots: ReadonlyMap<string, number>, group: WorkerGroup): Promise<Claim>;
  /** The content of an event whose body did not travel with the claim; null when it is gone. */
  load(eventId: string): Promise<EventContent | null>;
  /** Writes results whose lease still stands; the others were taken over and are dropped. Idempotent. */
  commit(results: AttemptResult[]): Promise<SettleReport>;
  /** Writes a result in a transaction that is open: null when its lease no longer stands, or the transaction is another. */
  commitIn(statements: Statements, result: AttemptResult): Promise<SettleReport | null>;
  /** Prolongs leases. Returns the tokens that no longer stand. */
  renew(works: readonly Work[]): Promise<string[]>;
  /** Gives leases back unused: due at once or after a delay, attempt not counted. */
  release(works: readonly Work[], delayMs?: number): Promise<void>;
  /** Ends deliveries that must not be tried again, without an attempt. */
  cancel(works: readonly Work[], reason: string): Promise<void>;
  /** Says that this process is there, and learns who else is. */
  checkIn(workerId: string, handlers: readonly string[]): Promise<WorkerGroup>;
  checkOut(workerId: string): Promise<void>;
}
