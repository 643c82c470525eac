import type { IncomingMessage } from 'node:http';
import { valuesOf } from '../header-values';

interface Made {
  headers: readonly string[];
  /** Why HTTP does not allow some of them. Those are left out, and the request must be refused. */
  problem: string | undefined;
}

/** Header lists that had to be made. They are kept, because a host may change `headers` while it handles a request. */
const made = new WeakMap<IncomingMessage, Made>();

/**
 * The headers of a request as they were received: names and values in turn. Two kinds of requests need more than
 * `rawHeaders`:
 * - HTTP/2 has pseudo headers such as `:path`, which are not real headers and cannot occur in HTTP/1. They are left
 *   out, and `:authority` becomes `host`.
 * - Requests that did not come through Node's parser (serverless adapters, test tools) often have `headers` only.
 *   Their original order and case are lost.
 */
export function requestHeaders(request: IncomingMessage): readonly string[] {
  return hasRawHeaders(request) && !isHttp2(request) ? request.rawHeaders : madeFor(request).headers;
}

/** Why the headers of a request cannot be stored; undefined when they can. Node's parser refuses such requests itself. */
export function headerProblem(request: IncomingMessage): string | undefined {
  return hasRawHeaders(request) ? undefined : madeFor(request).problem;
}

/** Whether the request has its headers in the form that Node's parser gives them. */
export function hasRawHeaders({ rawHeaders }: { rawHeaders?: readonly unknown[] }): boolean {
  return Array.isArray(rawHeaders) && rawHeaders.length > 0;
}

/** Only requests and answers of HTTP/2 have a stream. */
export function isHttp2(message: object): boolean {
  return 'stream' in message;
}

function madeFor(request: IncomingMessage): Made {
  let known = made.get(request);
  if (!known) {
    const list = hasRawHeaders(request) ? { headers: request.rawHeaders, problem: undefined } : listOf(request.headers);
    known = { ...list, headers: withoutPseudoHeaders(list.headers) };
    made.set(request, known);
  }
  return known;
}

/** Makes a list from `headers`, in which a repeated header is an array, or has its values joined. */
function listOf(received: Readonly<Record<string, unknown>> | undefined): Made {
  const headers: string[] = [];
  if (typeof received !== 'object' || received === null) return { headers, problem: 'The host gives no headers' };
  let problem: string | undefined;
  for (const [name, value] of Object.entries(received)) {
    if (value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const bytes = bytesOf(String(one));
      // Nobody has checked these names and values, and a line break in one would add a header of the sender's choice.
      if (/^:?[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\0\r\n]/.test(bytes)) headers.push(name, bytes);
      else problem = 'The name or the value of a header is not valid';
    }
  }
  return { headers, problem };
}

/** A header is bytes. Hosts that decode them as UTF-8 give characters that no single byte can hold. */
function bytesOf(value: string): string {
  return /[^\0-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
}

function withoutPseudoHeaders(list: readonly string[]): string[] {
  const hasHost = valuesOf(list, 'host').length > 0;
  const headers: string[] = [];
  let cookieAt = -1;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    if (name === ':authority' && !hasHost) headers.push('host', value);
    else if (name.startsWith(':')) continue;
    else if (name === 'cookie' && cookieAt >= 0) {
      // HTTP/2 may split a cookie header; HTTP/1 has a single one (RFC 9113, 8.2.3).
      headers[cookieAt] += `; ${value}`;
    } else {
      headers.push(name, value);
      if (name === 'cookie') cookieAt = headers.length - 1;
    }
  }
  return headers;
}
