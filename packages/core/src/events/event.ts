import type { CarryingRequest, Credentials } from './credentials';
import type { Mode } from '../principal';
import type { Lock } from './lock';

export type EventStatus = 'pending' | 'delivered' | 'failed' | 'captured';
export const eventStatuses: readonly EventStatus[] = ['pending', 'delivered', 'failed', 'captured'];

export const statusReasons = [
  'no_destination',
  'filtered',
  'paused',
  'exhausted',
  'cancelled',
  'refused',
  'endpoint_deleted',
] as const;
/** Why an event has its status. */
export type StatusReason = (typeof statusReasons)[number];

export interface EventSummary {
  id: string;
  endpointId: string;
  source: string;
  eventType: string | null;
  method: string;
  status: EventStatus;
  statusReason: StatusReason | null;
  /**
   * The latest scheduled attempt of a destination that failed, else of one that waits, else of the first one. Null when
   * there was no answer.
   */
  responseStatus: number | null;
  /** Of the same attempt. */
  latencyMs: number | null;
  attemptCount: number;
  /**
   * A failed event that a destination accepted later, by a replay: what it answered. Null for every other event, and while
   * no replay to a destination of the endpoint, and no copy, was delivered.
   */
  replayedStatus: number | null;
  /** An attempt is under way. */
  leased: boolean;
  /** It was delivered again as a new event. */
  replayed: boolean;
  nextAttemptAt: Date | null;
  receivedAt: Date;
}

/** Where a replay to the environment `original` goes. */
export interface ReplayAim {
  destinationId: string;
  url: string;
}

export interface EventDetail extends StoredEvent {
  /**
   * Why the event has its status, for people; null when there is nothing to add. What is said about captured events is
   * worked out from the present configuration.
   */
  statusDetail: string | null;
  /** Where a replay to the environment `original` would go now: every destination that has not accepted the event, else the first. */
  replayTo: ReplayAim[];
}

/** An event with its deliveries, without what depends on the present configuration. */
export interface StoredEvent extends EventSummary {
  userId: string;
  mode: Mode;
  path: string;
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  body: Buffer;
  /** Which values of these are credentials of the sender: only for administrators to see; null: none. */
  credentials: Credentials | null;
  /** Why the credentials cannot be opened; `***` replaces them then. False when they can be opened, or there are none. */
  locked: Lock | false;
  remoteAddr: string | null;
  verifiedBy: string | null;
  bodyAuthenticated: boolean;
  nextAttemptReason: string | null;
  correlationId: string | null;
  /** Of the span that took it in, or null. */
  traceParent: string | null;
  dedup: { key: string; duplicates: number; idConflict: boolean } | null;
  replayOf: string | null;
  /** The first original of a chain of replays; the event's own id when it is none. */
  originId: string;
  /** The newest 100 copies that were made of it. */
  replayedAs: string[];
  replayedAsTotal: number;
  /**
   * The newest 50, in the order in which they were made. Their answers have at most 256 KiB in all: older ones are cut.
   * `Events.attempts` has every attempt with its whole answer.
   */
  attempts: Attempt[];
  attemptsTotal: number;
  /** Ids of the destinations that it has a delivery for. */
  routedTo: string[];
  /** Ids of the destinations that accepted it, by a delivery or by a replay. */
  acceptedBy: string[];
  /** The answer that `responseStatus` belongs to; null: there was none. */
  responseBody: Buffer | null;
}

/** The captured request of an event, for a list that shows bodies. */
export interface EventContent extends CarryingRequest {
  id: string;
  endpointId: string;
  rawHeaders: string[];
  /** Which of its values are credentials of the sender: only for administrators to see; null: none. */
  credentials: Credentials | null;
  lastAttemptAt: Date | null;
}

export interface Attempt {
  id: string;
  number: number;
  trigger: 'scheduled' | 'replay';
  destinationId: string | null;
  destinationUrl: string;
  status: 'delivered' | 'failed';
  responseStatus: number | null;
  responseBody: Buffer;
  /** Only the beginning of the answer was kept, or is shown here. */
  responseTruncated: boolean;
  responseHeaders: Record<string, string | string[]>;
  latencyMs: number;
  error: string | null;
  reason: string;
  createdAt: Date;
}

export interface EventFilter {
  status?: EventStatus;
  source?: string;
  /** Exact, or a prefix with a trailing `.*`. */
  eventType?: string;
  endpointId?: string;
  /** Exclusive. */
  since?: Date;
  /** Exclusive. */
  until?: Date;
  /** Text in id, event type or payload, taken literally. */
  q?: string;
}
