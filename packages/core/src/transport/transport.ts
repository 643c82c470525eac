import type { TlsIdentity } from './tls-trust';

/** At most this many bytes of a response body are stored. The rest is not read. */
export const RESPONSE_LIMIT = 64 * 1024;

export interface TransportRequest {
  method: string;
  /** Scheme, host and port. */
  origin: string;
  /** Path and query, as they go into the request line. */
  target: string;
  /** Names and values in turn, in the order in which they are sent. Each character is one byte. */
  headers: readonly string[];
  body: Buffer;
  /** The TLS settings of the destination, if it has its own. @default null */
  identity?: TlsIdentity | null;
  /** The time limit from the start of the connection to the end of the response. */
  timeoutMs: number;
}

/** A stable code, and a sentence for people. */
export interface TransportError {
  code: string;
  message: string;
}

/** The answer, or the failure. `send` returns failures as values. */
export interface TransportResult {
  /** `null` when no status line came. */
  status: number | null;
  headers: Record<string, string | string[]>;
  body: Buffer;
  truncated: boolean;
  latencyMs: number;
  error: TransportError | null;
}

/**
 * The result for a request that no transport may send, or null. Every transport calls this first. URLs are checked
 * before they are stored, so this only stops a URL that came into the database in another way.
 */
export function refusalOf({ origin }: TransportRequest): TransportResult | null {
  if (/^https?:\/\/[^/]/.test(origin)) return null;
  const error = { code: 'blocked_address', message: 'only http and https URLs are dialled' };
  return { status: null, headers: {}, body: Buffer.alloc(0), truncated: false, latencyMs: 0, error };
}

/** Requests with the same key may share connections: they have the same origin, client certificate and authorities. */
export function poolKeyOf({ origin, identity = null }: TransportRequest): string {
  return identity === null ? origin : `${origin} ${identity.id}`;
}

/**
 * Sends requests through the address guard. It follows no redirects, uses no proxies from the environment, and decodes
 * nothing.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResult>;
  close(): Promise<void>;
}
