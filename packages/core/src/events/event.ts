import type { Credentials } from '../capture/credentials';
import type { Mode } from '../principal';
import type { Lock } from './lock';

export type EventStatus = 'pending' | 'delivered' | 'failed' | 'captured';
export const eventStatuses: readonly EventStatus[] = ['pending', 'delivered', 'failed', 'captured'];

export interface EventSummary {
  id: string;
  endpointId: string;
  source: string;
  eventType: string | null;
  method: string;
  status: EventStatus;
  statusReason: string | null;
  responseStatus: number | null;
  latencyMs: number | null;
  attemptCount: number;
  /** An attempt is under way. */
  leased: boolean;
  /** It was delivered again as a new event. */
  replayed: boolean;
  nextAttemptAt: Date | null;
  receivedAt: Date;
}

export interface EventDetail extends EventSummary {
  userId: string;
  mode: Mode;
  path: string;
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  body: Buffer;
  /** Which values of these are credentials of the sender: only for administrators to see; null: none. */
  credentials: Credentials | null;
  /** Why the credentials cannot be opened: `***` stands in their places. False: they can, or there are none. */
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
  replayedAs: string[];
  attempts: Attempt[];
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
