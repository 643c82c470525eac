import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { WebhookRequest } from './webhook-request';

/** A body inflates to at most this many bytes where the body limit is not larger. */
const DEFAULT_LIMIT = 4 * 1024 * 1024;
/** No body limit lets a body inflate to more bytes. */
export const LARGEST_LIMIT = 64 * 1024 * 1024;
/** A body inflates to this many bytes whatever its own size is. */
const SMALL = 64 * 1024;
/** Up to the default limit a body inflates to at most this many times its size: JSON stays far below, a bomb does not. */
const RATIO = 200;
/** Above the default limit, so that a sender has to send much to make us inflate much. */
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
 * The request with its body inflated as its Content-Encoding says (gzip, deflate, br), once per request; itself without a
 * coding. Nothing but reading and verification uses it: what is stored and delivered is the body as it arrived.
 * @returns null when the coding is another one, the body is not in it, or it inflates to more than `inflatedLimit`
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
 * The request as types and ids are read from it. Its body is inflated when something first asks for it, so headers alone cost
 * nothing. JSON with a wrong Content-Encoding is read as the JSON that it is.
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
 * Frees the inflated body of a request that has been read, which may be 50 times as large as what arrived. It is inflated again
 * when something asks for it later.
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
