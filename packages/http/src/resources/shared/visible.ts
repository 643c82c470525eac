import { hasScope, type Credentials, type Principal } from '@paggio/core';

interface Carrying {
  rawHeaders: string[];
  query: string;
  body: Buffer;
  credentials: Credentials | null;
}

const MASK = '***';
const ASTERISK = 0x2a;

/**
 * A captured request as a principal may see it. Without the scope `admin`, the credentials of its sender are masked as
 * `***`, and in the body with one asterisk per byte.
 */
export function visibleTo<Request extends Carrying>(principal: Principal, request: Request): Request {
  const { rawHeaders, query, body, credentials } = request;
  if (credentials === null || hasScope(principal, 'admin')) return request;
  const { headers, parameters, spans } = credentials;
  const masked = spans.length === 0 ? body : Buffer.from(body);
  for (const { start, end } of spans) masked.fill(ASTERISK, start, end);
  return {
    ...request,
    rawHeaders: rawHeaders.map((text, position) => (headers.includes(position) ? MASK : text)),
    query: query
      .split('&')
      .map((pair, position) => (parameters.includes(position) ? pair.slice(0, pair.indexOf('=') + 1) + MASK : pair))
      .join('&'),
    body: masked,
  };
}
