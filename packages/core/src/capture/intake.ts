import type { Mode } from '../principal';
import type { StoredRequest } from '../events/request-seal';

/** An event that is to be stored, with its deliveries. `newEvent` makes it, and nothing changes it afterwards. */
export interface IncomingEvent {
  /** Made here and not by the database, so that storing the event twice cannot make two. */
  readonly id: Buffer;
  readonly endpointId: Buffer;
  readonly userId: string;
  readonly mode: Mode;
  readonly source: string;
  readonly eventType: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** The same headers in the form in which they are stored: see `encodeHeaders`. */
  readonly headers: Buffer;
  readonly body: Buffer;
  /** Stored in place of headers, query and body; null if they are stored as they are. */
  readonly stored: StoredRequest | null;
  /** Hash of the body, to tell a repetition from another body; null without a de-duplication key. */
  readonly sha256: Buffer | null;
  readonly remoteAddr: string | null;
  readonly verifiedBy: string | null;
  readonly bodyAuthenticated: boolean;
  /** Why there is nothing to deliver to, or null. */
  readonly capturedReason: 'no_destination' | 'filtered' | null;
  readonly idConflict: boolean;
  readonly correlationId: string | null;
  /** The span that took it in (W3C Trace Context), so that its deliveries belong to the same trace; or null. */
  readonly traceParent: string | null;
  readonly receivedAt: number;
  /** SHA-256 of what repetitions of the event have in common, or null. */
  readonly dedupKey: Buffer | null;
  /**
   * What happens to another body under a key that is taken: it is stored as a separate event (providers) or refused
   * (API clients).
   */
  readonly onKeyConflict: 'store' | 'refuse';
  readonly deliveries: readonly NewDelivery[];
}

export interface NewDelivery {
  readonly destinationId: Buffer;
  /** Set when this process delivers it itself right after the commit. */
  readonly leaseToken: Buffer | null;
  /** Shared by deliveries that must not overtake each other; null if the order does not matter. */
  readonly orderKey: Buffer | null;
}

/** The id of the event that this request was stored as, or of the first one when it is a duplicate. */
export interface Accepted {
  eventId: string;
  duplicate: boolean;
  idConflict: boolean;
}

/** Receives what became of an event, once. Neither function may throw. */
export interface IntakeSink {
  /** The event is committed. */
  accepted(accepted: Accepted): void;
  /** The event is not committed, or that is unknown. */
  failed(error: unknown): void;
}

/** Takes events in durably. A sink takes the place of a promise, which would cost more for every webhook. */
export interface Intake {
  submit(event: IncomingEvent, sink: IntakeSink): void;
}
