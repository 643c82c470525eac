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
   * The HTTP status of the latest scheduled attempt of a destination that failed. If none failed, it is that of a
   * pending one, or else of the first one. `null` when there was no answer.
   */
  responseStatus: number | null;
  /** How long the same attempt took, in milliseconds. */
  latencyMs: number | null;
  attemptCount: number;
  /**
   * The HTTP status with which a destination accepted a failed event later, by a replay. `null` for every other event,
   * and as long as no replay to a destination of the endpoint, and no copy, was delivered.
   */
  replayedStatus: number | null;
  /** Whether an attempt is under way. */
  leased: boolean;
  /** Whether it was replayed as a new event. */
  replayed: boolean;
  nextAttemptAt: Date | null;
  receivedAt: Date;
}

/** A destination of a replay to the environment `original`. */
export interface ReplayAim {
  destinationId: string;
  url: string;
}

export interface EventDetail extends StoredEvent {
  /**
   * Explains to people why the event has its status. `null` when there is nothing to add. For captured events it is
   * worked out from the current configuration.
   */
  statusDetail: string | null;
  /**
   * Where a replay to the environment `original` would go now: to every destination that has not accepted the event, or
   * to the first one when all have.
   */
  replayTo: ReplayAim[];
}

/** An event with its deliveries, without anything that depends on the current configuration. */
export interface StoredEvent extends EventSummary {
  userId: string;
  mode: Mode;
  path: string;
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  body: Buffer;
  /** Which of these values are the sender's credentials. Only administrators may see them. `null` means none. */
  credentials: Credentials | null;
  /** Why the credentials cannot be decrypted, so that `***` replaces them. False when they can, or there are none. */
  locked: Lock | false;
  remoteAddr: string | null;
  verifiedBy: string | null;
  bodyAuthenticated: boolean;
  nextAttemptReason: string | null;
  correlationId: string | null;
  /** The `traceparent` of the span that captured it, or null. */
  traceParent: string | null;
  dedup: { key: string; duplicates: number; idConflict: boolean } | null;
  replayOf: string | null;
  /** Id of the first event in a chain of replays. It is the event's own id when it is not a replay. */
  originId: string;
  /** The newest 100 copies that were made of it. */
  replayedAs: string[];
  replayedAsTotal: number;
  /**
   * The newest 50 attempts, in the order in which they were made. Their answers have at most 256 KiB in all, so older
   * ones are cut. `Events.attempts` returns every attempt with its whole answer.
   */
  attempts: Attempt[];
  attemptsTotal: number;
  /** Ids of the destinations that it has a delivery for. */
  routedTo: string[];
  /** Ids of the destinations that accepted it, by a delivery or by a replay. */
  acceptedBy: string[];
  /** The body of the answer that `responseStatus` belongs to. `null` when there was no answer. */
  responseBody: Buffer | null;
}

/** The captured request of an event, for a list that shows bodies. */
export interface EventContent extends CarryingRequest {
  id: string;
  endpointId: string;
  rawHeaders: string[];
  /** Which of its values are the sender's credentials. Only administrators may see them. `null` means none. */
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
  /** Whether only the beginning of the answer was stored, or is shown here. */
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
  /** An exact type, or a prefix with a trailing `.*`. */
  eventType?: string;
  endpointId?: string;
  /** Received after this time. */
  since?: Date;
  /** Received before this time. */
  until?: Date;
  /** Text in id, event type or payload, taken literally. */
  q?: string;
}
