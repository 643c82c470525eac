import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { WebhookRequest } from './webhook-request';

/** A body inflates to at most this many bytes. */
const LIMIT = 4 * 1024 * 1024;
/** A larger one than this many bytes inflates to at most RATIO times its size: JSON stays far below, a bomb does not. */
const SMALL = 64 * 1024;
const RATIO = 200;

const decoders: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

const inflated = new WeakMap<WebhookRequest, WebhookRequest | null>();

/**
 * The request with its body inflated as its Content-Encoding says (gzip, deflate, br), once per request; itself without a
 * coding. Nothing but reading and verification uses it: what is stored and delivered is the body as it arrived.
 * @returns null when the coding is another one, the body is not in it, or it inflates to more than 4 MiB or 200 times its size
 */
export function inflatedRequest(request: WebhookRequest): WebhookRequest | null {
  if (!request.headers.has('content-encoding')) return request;
  let found = inflated.get(request);
  if (found === undefined) {
    const body = inflate(request.body, request.headers.all('content-encoding').join(','));
    found = body === null ? null : body === request.body ? request : { ...request, body };
    inflated.set(request, found);
  }
  return found;
}

/** @param coding the value of Content-Encoding */
export function inflate(body: Buffer, coding: string): Buffer | null {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  try {
    return decode?.(body, { maxOutputLength: Math.min(LIMIT, Math.max(SMALL, body.length * RATIO)) }) ?? null;
  } catch {
    return null;
  }
}
