import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { WebhookRequest } from './webhook-request';

/** A body inflates to at most this many bytes, unless the body limit is larger. */
const DEFAULT_LIMIT = 4 * 1024 * 1024;
/** A body never inflates to more bytes, however large the body limit is. */
export const LARGEST_LIMIT = 64 * 1024 * 1024;
/** A body may always inflate to this many bytes, however small it is. */
const SMALL = 64 * 1024;
/** Up to the default limit a body inflates to at most this many times its size: JSON stays far below, a bomb does not. */
const RATIO = 200;
/** The same above the default limit. It is lower, so that a sender has to send a lot to make us inflate a lot. */
const LARGE_RATIO = 50;

const decoders: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

const inflated = new WeakMap<WebhookRequest, WebhookRequest | null>();
const readable = new WeakMap<WebhookRequest, WebhookRequest>();

/**
 * The request with its body inflated by its Content-Encoding (gzip, deflate, br), once per request; the same request if
 * it has no coding. Only reading and verification use it: the body is stored and delivered as it arrived.
 * @returns null when the coding is unknown, the body does not have it, or it inflates to more than `inflatedLimit`
 */
export function inflatedRequest(request: WebhookRequest): WebhookRequest | null {
  if (!request.headers.has('content-encoding')) return request;
  let found = inflated.get(request);
  if (found === undefined) {
    const body = inflate(request.body, request.headers.all('content-encoding').join(','), request.bodyLimit);
    found = body === null ? null : body === request.body ? request : { ...request, body };
    inflated.set(request, found);
  }
  return found;
}

/**
 * The request from which event types and delivery ids are read. Its body is inflated on first use, so rules that read
 * only headers cost nothing. A body that cannot be inflated is read as it arrived, such as JSON with a wrong
 * Content-Encoding.
 */
export function readableRequest(request: WebhookRequest): WebhookRequest {
  if (!request.headers.has('content-encoding')) return request;
  let found = readable.get(request);
  if (!found) {
    found = {
      ...request,
      get body() {
        return (inflatedRequest(request) ?? request).body;
      },
    };
    readable.set(request, found);
  }
  return found;
}

/**
 * Frees the inflated body of a request that has been read, which may be 50 times as large as the body that arrived. A
 * later use inflates it again.
 */
export function forgetInflated(request: WebhookRequest): void {
  inflated.delete(request);
  readable.delete(request);
}

/**
 * The most bytes that a body may inflate to.
 * @param length bytes as it arrived
 * @param bodyLimit the most bytes that the host takes in
 */
export function inflatedLimit(length: number, bodyLimit: number): number {
  return Math.max(
    Math.min(DEFAULT_LIMIT, Math.max(SMALL, length * RATIO)),
    Math.min(bodyLimit, LARGEST_LIMIT, length * LARGE_RATIO),
  );
}

/**
 * Inflates a body. Returns it unchanged without a coding, and null when the coding is unknown, the body does not have
 * it, or it inflates to more than `inflatedLimit`.
 * @param coding the value of Content-Encoding
 * @param bodyLimit the most bytes that the host takes in
 */
export function inflate(body: Buffer, coding: string, bodyLimit = 0): Buffer | null {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  try {
    return decode?.(body, { maxOutputLength: inflatedLimit(body.length, bodyLimit) }) ?? null;
  } catch {
    return null;
  }
}
