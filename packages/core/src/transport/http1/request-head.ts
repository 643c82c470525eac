import type { TransportRequest } from '../transport';
import { CONTROL, TOKEN } from './syntax';

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
/** Methods whose requests without a body have no Content-Length (RFC 9110, 8.6). */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);
/** Headers that say where a message ends and how the connection goes on. Only the transport writes them. */
const OWN = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);
/** Names that have been checked. The limits are for senders that make up names. */
const checked = new Set<string>();
const CHECKED_LIMIT = 1_000;
const NAME_LENGTH = 40;

/** The value of Content-Length that a request needs, or null when it needs none. */
export function contentLengthOf({ method, body }: Pick<TransportRequest, 'method' | 'body'>): string | null {
  return body.length > 0 || !WITHOUT_BODY.has(method) ? String(body.length) : null;
}

/**
 * Makes the bytes before the body (RFC 9112, 3 and 5). Each character is one byte.
 * @param host the value of Host
 * @throws Error with the code `request_not_sendable` when HTTP cannot carry the request
 */
export function requestHead(request: TransportRequest, host: string): string {
  const { method, target, headers } = request;
  if (!TOKEN.test(method)) throw notSendable('the method is not a token');
  if (!TARGET.test(target)) throw notSendable('the path has a character that a request line cannot carry');
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!checked.has(name)) checkName(name);
    if (CONTROL.test(value)) throw notSendable('a header value has a character that HTTP cannot carry');
    head += `${name}: ${value}\r\n`;
  }
  const length = contentLengthOf(request);
  return length === null ? `${head}\r\n` : `${head}content-length: ${length}\r\n\r\n`;
}

function checkName(name: string): void {
  if (!TOKEN.test(name)) throw notSendable('a header name has a character that HTTP cannot carry');
  if (OWN.has(name.toLowerCase())) throw notSendable(`the header ${name} belongs to the connection`);
  if (checked.size < CHECKED_LIMIT && name.length <= NAME_LENGTH) checked.add(name);
}

function notSendable(message: string): Error {
  return Object.assign(new Error(message), { code: 'request_not_sendable' });
}
