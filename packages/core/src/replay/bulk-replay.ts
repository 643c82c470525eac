import type { EventFilter } from '../events/event';

/** A replay of many events, as its owner sees it. */
export interface BulkReplay {
  /** `null` for a dry run, which stores nothing. */
  id: string | null;
  status: 'dry_run' | 'running' | 'completed' | 'cancelled';
  filter: EventFilter;
  /**
   * Delivers the events themselves to this destination. `null` delivers copies to the destinations of their endpoints.
   */
  destinationId: string | null;
  ratePerSecond: number | null;
  /** Number of events that matched when it began. */
  matched: number;
  /** Number of events that were queued so far. */
  created: number;
  /** Number of events without a destination, or whose destinations have them already. */
  skipped: number;
  /** Number of queued events that were delivered. */
  done: number;
  /** Number of queued events that failed. */
  failed: number;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface BulkReplayInput {
  /** The events to replay. It needs at least one condition. */
  filter: EventFilter;
  /** Sends the events to this destination only, such as one that was added later. */
  destinationId?: string | null;
  /** Events per second (1 to 10000). `null` means as fast as they are delivered. */
  ratePerSecond?: number | null;
  /** Counts the matching events and does nothing else. @default false */
  dryRun?: boolean;
  /** A repeated call with the same key and input creates nothing new. The key is stored for 72 hours. */
  idempotencyKey?: string | null;
}

/** One replay may match at most this many events. */
export const BULK_LIMIT = 1_000_000;
