import type { Mode } from '../principal';
import type { StoredRequest } from '../events/request-seal';

/** An event on its way into the record, with the deliveries it causes. `newEvent` makes it, and nothing changes it afterwards. */
export interface IncomingEvent {
  /** Made here and not by the database, so that storing twice cannot make two. */
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
  /** The same as stored: see `encodeHeaders`. */
  readonly headers: Buffer;
  readonly body: Buffer;
  /** What is stored in the place of headers, query and body; null: they are stored as they are. */
  readonly stored: StoredRequest | null;
  /** Of the body; with a de-duplication key only, to tell a repetition from another body. */
  readonly sha256: Buffer | null;
  readonly remoteAddr: string | null;
  readonly verifiedBy: string | null;
  readonly bodyAuthenticated: boolean;
  /** Why there is nothing to deliver to, or null. */
  readonly capturedReason: 'no_destination' | 'filtered' | null;
  readonly idConflict: boolean;
  readonly correlationId: string | null;
  /** Of the span that took it in (W3C Trace Context), so that its deliveries belong to the same trace; or null. */
  readonly traceParent: string | null;
  readonly receivedAt: number;
  /** SHA-256 of what makes a second delivery of the same event recognisable, or null. */
  readonly dedupKey: Buffer | null;
  /** Another body under a key that is taken: an event of its own, as providers mean it, or an error, as clients do. */
  readonly onKeyConflict: 'store' | 'refuse';
  readonly deliveries: readonly NewDelivery[];
}

export interface NewDelivery {
  readonly destinationId: Buffer;
  /** Set when this process delivers it itself right after the commit. */
  readonly leaseToken: Buffer | null;
  /** What it has in common with deliveries that must not overtake each other, or null. */
  readonly orderKey: Buffer | null;
}

/** The id of the event that this request was stored as, or of the first one when it is a duplicate. */
export interface Accepted {
  eventId: string;
  duplicate: boolean;
  idConflict: boolean;
}

/** Takes events in durably. Resolves when the event is committed; rejects when it is not, or when nobody can know. */
export interface Intake {
  accept(event: IncomingEvent): Promise<Accepted>;
}
