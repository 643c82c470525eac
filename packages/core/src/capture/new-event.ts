import { HeaderList, type WebhookRequest } from '@paggio/providers';
import { idTime, newId } from '../event-id';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { encodeHeaders } from '../events/stored-headers';
import type { IncomingEvent } from './intake';

export interface CaptureRequest {
  method: string;
  /** As received, undecoded, without the query. */
  path: string;
  /** Without the question mark, undecoded. */
  query: string;
  /** Names and values in turn, in wire order. */
  rawHeaders: readonly string[];
  /** The exact bytes. */
  body: Buffer;
  remoteAddr: string | null;
}

/**
 * The request as the catalogue of providers reads it.
 * @param bodyLimit the most bytes that the host takes in
 */
export function toWebhookRequest(request: CaptureRequest, receivedAt: number, bodyLimit: number): WebhookRequest {
  const { method, path, query, rawHeaders, body, remoteAddr } = request;
  const target = query === '' ? path : `${path}?${query}`;
  return { method, target, headers: new HeaderList(rawHeaders), body, bodyLimit, receivedAt, sender: remoteAddr };
}

/** What is known of a request besides its bytes. */
export interface Recognised {
  receivedAt: number;
  source: string;
  eventType: string | null;
  /** Null: nobody vouches for the sender. */
  verifiedBy: string | null;
  bodyAuthenticated: boolean;
  correlationId?: string | null;
}

/** An event under a new id, with no deliveries yet. */
export function newEvent(endpoint: EndpointConfig, request: CaptureRequest, known: Recognised): IncomingEvent {
  const id = newId(known.receivedAt);
  return {
    id,
    endpointId: endpoint.idBytes,
    userId: endpoint.userId,
    mode: endpoint.mode,
    source: known.source,
    eventType: known.eventType,
    method: request.method,
    path: request.path,
    query: request.query,
    rawHeaders: request.rawHeaders,
    headers: encodeHeaders(request.rawHeaders),
    body: request.body,
    stored: null,
    sha256: null,
    remoteAddr: request.remoteAddr,
    verifiedBy: known.verifiedBy,
    bodyAuthenticated: known.bodyAuthenticated,
    capturedReason: null,
    idConflict: false,
    correlationId: known.correlationId ?? null,
    traceParent: null,
    // The time inside the id, so that a range of time is a range of ids, also when the clock steps.
    receivedAt: idTime(id),
    dedupKey: null,
    onKeyConflict: 'store',
    deliveries: [],
  };
}
