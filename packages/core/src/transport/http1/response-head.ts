import { InvalidResponse } from './invalid-response';
import { CONTROL, TOKEN } from './syntax';

/** Where the body of a response ends (RFC 9112, 6.3). */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  /** The end of the connection. */
  | { kind: 'close' };

export interface ResponseHead {
  status: number;
  /** Values by name in lower case. A header that came several times has a list. Each character of a value is one byte. */
  headers: Record<string, string | string[]>;
  framing: Framing;
  /** Whether the other side takes further requests on this connection. */
  isPersistent: boolean;
  /** For how many seconds the other side keeps an idle connection (Keep-Alive), or null if it does not say. */
  idleSeconds: number | null;
}

/** Codings without parameters. A tab around them is legal, and some programs take it for a part of the name. */
const CODINGS = /^ *[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: *, *[!#$%&'*+\-.^_`|~0-9A-Za-z]+)* *$/;
/** Without a sign, and not a list. */
const DIGITS = /^[0-9]+$/;

/** Names in lower case by their spelling. The limits are for servers that make up names. */
const names = new Map<string, string>();
const NAMES_LIMIT = 1_000;
const NAME_LENGTH = 40;

/**
 * Reads the status line and the headers of a response. It is strict: a line that two programs could understand
 * differently is refused and not repaired (RFC 9112, 11.1).
 * @param text the head without the empty line at its end; each character is one byte
 * @param method of the request
 * @throws InvalidResponse
 */
export function parseHead(text: string, method: string): ResponseHead {
  const end = endOfLine(text, 0);
  const status = statusOf(text, end);
  const headers: ResponseHead['headers'] = {};
  let length: number | null = null;
  let coding: string | null = null;
  let connection = '';
  let keepAlive: string | null = null;
  for (let at = end + 2; at < text.length;) {
    const stop = endOfLine(text, at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon >= stop) throw new InvalidResponse('a header line has no colon');
    const name = lowerCase(text.slice(at, colon));
    const value = trimmed(text, colon + 1, stop);
    if (CONTROL.test(value)) throw new InvalidResponse('a header value has a control character');
    if (name === 'content-length') {
      if (length !== null) throw new InvalidResponse('two Content-Length headers');
      if (text.slice(colon + 1, stop).includes('\t')) throw new InvalidResponse('a tab beside Content-Length');
      if (!DIGITS.test(value)) throw new InvalidResponse('Content-Length is not a number');
      if (!Number.isSafeInteger(Number(value))) throw new InvalidResponse('Content-Length is too large');
      length = Number(value);
    } else if (name === 'transfer-encoding') {
      const codings = text.slice(colon + 1, stop);
      if (!CODINGS.test(codings)) throw new InvalidResponse('Transfer-Encoding is not a list of codings');
      coding = coding === null ? codings : `${coding},${codings}`;
    } else if (name === 'connection') connection += `,${value}`;
    else if (name === 'keep-alive') keepAlive = value;
    add(headers, name, value);
    at = stop + 2;
  }
  const framing = framingOf(status, method, length, coding);
  // A 204 or 304 has no body, but a server that announces one may send it.
  const isDoubtful = framing.kind === 'none' && (coding !== null || (length ?? 0) > 0);
  return {
    status,
    headers,
    framing,
    // Such a body, also after a HEAD, would be taken for the answer to the next request, which may be another user's.
    isPersistent:
      method !== 'HEAD' && !isDoubtful && isPersistent(text.charCodeAt(7) === 0x31, connection.toLowerCase()),
    idleSeconds: keepAlive === null ? null : idleSecondsOf(keepAlive),
  };
}

/** Checks the lines after the last chunk. Their values are not kept. @throws InvalidResponse */
export function checkTrailer(line: string): void {
  const colon = line.indexOf(':');
  if (colon < 0) throw new InvalidResponse('a trailer line has no colon');
  const name = lowerCase(line.slice(0, colon));
  if (name === 'content-length' || name === 'transfer-encoding') throw new InvalidResponse(`${name} in a trailer`);
  if (CONTROL.test(line)) throw new InvalidResponse('a trailer has a control character');
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

/** `HTTP/1.1 200 OK`; the reason may be missing, with the space before it. */
function statusOf(text: string, end: number): number {
  const line = text.slice(0, end);
  const isStatusLine =
    line.startsWith('HTTP/1.') &&
    (line[7] === '1' || line[7] === '0') &&
    line[8] === ' ' &&
    (end === 12 || line[12] === ' ') &&
    !CONTROL.test(line);
  const status = isStatusLine && /^[1-9][0-9]{2}$/.test(line.slice(9, 12)) ? Number(line.slice(9, 12)) : 0;
  if (status === 0) throw new InvalidResponse('no status line of HTTP/1.0 or HTTP/1.1');
  return status;
}

function lowerCase(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) throw new InvalidResponse('a header name is not a token');
  const lower = name.toLowerCase();
  // A copy, because a part of a text keeps all of it in memory.
  if (names.size < NAMES_LIMIT && name.length <= NAME_LENGTH)
    names.set(Buffer.from(name, 'latin1').toString('latin1'), lower);
  return lower;
}

/** Without the spaces and tabs around a value. */
function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function add(headers: ResponseHead['headers'], name: string, value: string): void {
  const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (known === undefined) {
    // Assigning this name would set the prototype.
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true, writable: true });
    else headers[name] = value;
  } else if (typeof known === 'string') Object.defineProperty(headers, name, { value: [known, value] });
  else known.push(value);
}

function framingOf(status: number, method: string, length: number | null, coding: string | null): Framing {
  if (coding !== null && length !== null) throw new InvalidResponse('Content-Length beside Transfer-Encoding');
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (coding !== null) {
    const codings = coding.split(',').map((one) => one.trim().toLowerCase());
    const chunked = codings.indexOf('chunked');
    if (chunked < 0) return { kind: 'close' };
    if (chunked < codings.length - 1) throw new InvalidResponse('chunked is not the last Transfer-Encoding');
    return { kind: 'chunked' };
  }
  if (length === null) return { kind: 'close' };
  return length === 0 ? { kind: 'none' } : { kind: 'length', length };
}

function isPersistent(isHttp11: boolean, connection: string): boolean {
  if (connection === '' || connection === ',keep-alive') return isHttp11 || connection !== '';
  const options = connection.split(',').map((option) => option.trim());
  if (options.includes('close')) return false;
  return isHttp11 || options.includes('keep-alive');
}

function idleSecondsOf(keepAlive: string): number | null {
  const found = /(?:^|[,;\s])timeout\s*=\s*([0-9]{1,6})/i.exec(keepAlive);
  return found ? Number(found[1]) : null;
}
