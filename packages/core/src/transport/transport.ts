import type { TlsIdentity } from './tls-trust';

/** At most this much of a response body is kept; the rest is not read. */
export const RESPONSE_LIMIT = 64 * 1024;

export interface TransportRequest {
  method: string;
  /** Scheme, host and port. */
  origin: string;
  /** Path and query, as they go into the request line. */
  target: string;
  /** Names and values in turn, in the order to be sent; each character is one byte. */
  headers: readonly string[];
  body: Buffer;
  /** Of a destination with TLS settings of its own. @default null */
  identity?: TlsIdentity | null;
  /** From the start of the connection to the end of the response. */
  timeoutMs: number;
}

/** A stable word and a sentence. */
export interface TransportError {
  code: string;
  message: string;
}

/** What came back. A failure is a value; `send` does not throw. */
export interface TransportResult {
  /** Null when no status line came. */
  status: number | null;
  headers: Record<string, string | string[]>;
  body: Buffer;
  truncated: boolean;
  latencyMs: number;
  error: TransportError | null;
}

/**
 * The result of a request that no transport may send, or null: every transport asks this first. URLs are checked before
 * they are stored; one that came into the database in another way ends here.
 */
export function refusalOf({ origin }: TransportRequest): TransportResult | null {
  if (/^https?:\/\/[^/]/.test(origin)) return null;
  const error = { code: 'blocked_address', message: 'only http and https URLs are dialled' };
  return { status: null, headers: {}, body: Buffer.alloc(0), truncated: false, latencyMs: 0, error };
}

/** Requests with the same key may share connections: the same origin, with the same client certificate and authorities. */
export function poolKeyOf({ origin, identity = null }: TransportRequest): string {
  return identity === null ? origin : `${origin} ${identity.id}`;
}

/** Sends one request: no redirects, no proxies from the environment, no decoding, through the address guard. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResult>;
  close(): Promise<void>;
}
