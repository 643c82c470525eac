import type { TransportResult } from './transport';

type Headers = TransportResult['headers'];

/**
 * The headers of an answer as they are stored. The values of cookies become `***`, because they are sessions at the
 * destination and Paggio never sends them back. Their names and attributes stay.
 */
export function keptHeaders(headers: Headers): Headers {
  const cookies = headers['set-cookie'];
  if (cookies === undefined) return headers;
  return { ...headers, 'set-cookie': typeof cookies === 'string' ? masked(cookies) : cookies.map(masked) };
}

function masked(cookie: string): string {
  return cookie.replace(/^([^=;]*=)?[^;]*/, '$1***');
}
