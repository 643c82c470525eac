import type { Transport, TransportResult } from './transport';

const TIMEOUT_MS = 5_000;

/** A request of our own to a provider, through the address guard: a JSON body is POSTed, without one it is a GET. */
export function askProvider(transport: Transport, url: string, body?: Buffer): Promise<TransportResult> {
  const { origin, pathname, search } = new URL(url);
  const headers = ['Accept', '*/*', 'User-Agent', 'Paggio'];
  if (body) headers.push('Content-Type', 'application/json');
  return transport.send({
    method: body ? 'POST' : 'GET',
    origin,
    target: pathname + search,
    headers,
    body: body ?? Buffer.alloc(0),
    timeoutMs: TIMEOUT_MS,
  });
}
