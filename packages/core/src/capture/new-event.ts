import { HeaderList, type WebhookRequest } from '@paggio/providers';
import { idTime } from '../event-id';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { IncomingEvent } from './intake';

export interface CaptureRequest {
  method: string;
  /** The path as received, undecoded, without the query. */
  path: string;
  /** The query as received, undecoded, without the question mark. */
  query: string;
  /** Names and values in turn, in wire order. */
  rawHeaders: readonly string[];
  /** The exact bytes. */
  body: Buffer;
  remoteAddr: string | null;
}

/**
 * Converts a request to the form that the catalogue of providers reads.
 * @param bodyLimit the most bytes that the host takes in
 */
export function toWebhookRequest(request: CaptureRequest, receivedAt: number, bodyLimit: number): WebhookRequest {
  const { method, path, query, rawHeaders, body, remoteAddr } = request;
  const target = query === '' ? path : `${path}?${query}`;
  return { method, target, headers: new HeaderList(rawHeaders), body, bodyLimit, receivedAt, sender: remoteAddr };
}

/** What is known of an accepted request besides its bytes. */
export interface Recognised {
  /** Id of its event, from `newId`. */
  readonly id: Buffer;
  readonly source: string;
  readonly eventType: string | null;
  /** Null if nobody vouches for the sender. */
  readonly verifiedBy: string | null;
  readonly bodyAuthenticated: boolean;
  readonly correlationId: string | null;
  /** Names and values as they are stored, from `encodeHeaders`. */
  readonly headers: Buffer;
  /** How a repetition is recognised; null if every request is a separate event. */
  readonly dedup: Dedup | null;
}

/** How a repetition of the same event is recognised. */
export type Dedup = { readonly key: Buffer; readonly sha256: Buffer } & Pick<IncomingEvent, 'onKeyConflict'>;

/** Where an event goes, and how its row is written. */
export type Dispatch = Pick<IncomingEvent, 'capturedReason' | 'deliveries' | 'stored' | 'traceParent'>;

/** Makes the event of a request. Nothing else does. */
export function newEvent(
  endpoint: EndpointConfig,
  request: CaptureRequest,
  known: Recognised,
  dispatch: Dispatch,
): IncomingEvent {
  return {
    id: known.id,
    endpointId: endpoint.idBytes,
    userId: endpoint.userId,
    mode: endpoint.mode,
    source: known.source,
    eventType: known.eventType,
    method: request.method,
    path: request.path,
    query: request.query,
    rawHeaders: request.rawHeaders,
    headers: known.headers,
    body: request.body,
    stored: dispatch.stored,
    sha256: known.dedup === null ? null : known.dedup.sha256,
    remoteAddr: request.remoteAddr,
    verifiedBy: known.verifiedBy,
    bodyAuthenticated: known.bodyAuthenticated,
    capturedReason: dispatch.capturedReason,
    idConflict: false,
    correlationId: known.correlationId,
    traceParent: dispatch.traceParent,
    // The time inside the id, so that a range of time is a range of ids even when the clock steps.
    receivedAt: idTime(known.id),
    dedupKey: known.dedup === null ? null : known.dedup.key,
    onKeyConflict: known.dedup === null ? 'store' : known.dedup.onKeyConflict,
    deliveries: dispatch.deliveries,
  };
}
