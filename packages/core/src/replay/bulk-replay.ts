import type { EventFilter } from '../events/event';

/** A bulk re-delivery, as its owner sees it. */
export interface BulkReplay {
  /** Null for a dry run, which leaves nothing behind. */
  id: string | null;
  status: 'dry_run' | 'running' | 'completed' | 'cancelled';
  filter: EventFilter;
  /** Set: the events themselves go to this destination. Null: copies of them go where their endpoints send. */
  destinationId: string | null;
  ratePerSecond: number | null;
  /** Events that matched when it began. */
  matched: number;
  /** Events that were queued so far. */
  created: number;
  /** Events that have nowhere to go, or had been sent there already. */
  skipped: number;
  /** Queued events that were delivered. */
  done: number;
  /** Queued events that ended without. */
  failed: number;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface BulkReplayInput {
  /** At least one condition. */
  filter: EventFilter;
  /** Sends the history to one destination, such as one that was added later. */
  destinationId?: string | null;
  /** Events per second (1 to 10000); null: as fast as they are delivered. */
  ratePerSecond?: number | null;
  /** Counts, and does nothing else. Default false. */
  dryRun?: boolean;
  /** A repetition with the same key and the same input makes nothing new. Kept for 72 hours. */
  idempotencyKey?: string | null;
}

/** More events than this at once are refused: narrow the filter. */
export const BULK_LIMIT = 1_000_000;
