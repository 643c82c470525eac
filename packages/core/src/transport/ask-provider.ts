import type { Transport, TransportResult } from './transport';

const TIMEOUT_MS = 5_000;

/** Sends a request of Paggio to a provider, through the address guard: a POST of a JSON body, or a GET without one. */
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
