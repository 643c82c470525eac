import type { Endpoint, Event, Provider } from '@paggio/client';
import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { apiPath, call, mayPass, request } from './call';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && mayPass(error),
      retryDelay: (count) => 500 * 2 ** count,
      // Send requests even when the browser reports that it is offline: the server may run on this machine.
      networkMode: 'always',
    },
  },
});

/** Drops the cached data of another session. Data that the page shows is read again. */
export function forgetAnswers(): void {
  const predicate = ({ queryKey }: { queryKey: readonly unknown[] }): boolean => queryKey[0] !== 'session';
  queries.removeQueries({ predicate, type: 'inactive' });
  void queries.resetQueries({ predicate });
}

const ENDPOINT_PAGES = 10;

/** All endpoints, up to a thousand, newest first. */
async function readEndpoints(signal: AbortSignal): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = [];
  for (let page = 0; page < ENDPOINT_PAGES; page++) {
    const { data, meta } = await call('endpoints.list', {
      query: { limit: 100, starting_after: endpoints.at(-1)?.id },
      signal,
    });
    endpoints.push(...data);
    if (!meta.has_more) break;
  }
  return endpoints;
}

export function useEndpoints(): UseQueryResult<Endpoint[]> {
  return useQuery({ queryKey: ['endpoints'], queryFn: ({ signal }) => readEndpoints(signal), refetchInterval: 15_000 });
}

/** Looks up an endpoint's name. It is undefined for a deleted endpoint, whose events are kept. */
export function useEndpointName(): (id: string) => string | undefined {
  const { data } = useEndpoints();
  return (id) => data?.find((endpoint) => endpoint.id === id)?.name;
}

/** The exact bytes of an event's body, which never change. */
export function useBody(eventId: string, enabled = true): UseQueryResult<Uint8Array> {
  return useQuery({ ...bodyQuery(eventId, (signal) => readBody(eventId, signal)), enabled });
}

/** The body of an event that is already loaded. It sends no request if the event holds its body as text. */
export function useBodyOf({ id, payload, payload_format: format }: Event): UseQueryResult<Uint8Array> {
  const text = format === 'text' && typeof payload === 'string' ? payload : null;
  return useQuery(
    bodyQuery(id, (signal) => (text === null ? readBody(id, signal) : Promise.resolve(new TextEncoder().encode(text)))),
  );
}

function bodyQuery(eventId: string, read: (signal: AbortSignal) => Promise<Uint8Array>) {
  return {
    queryKey: ['body', eventId],
    queryFn: ({ signal }: { signal: AbortSignal }) => read(signal),
    staleTime: Infinity,
    // Bodies are large, so drop those that are not on the page.
    gcTime: 30_000,
  };
}

async function readBody(eventId: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await request('GET', apiPath('events.raw', { id: eventId }), { signal });
  return new Uint8Array(await response.arrayBuffer());
}

/** The server's catalogue of providers, which cannot change while the server runs. */
export function useProviders(): readonly Provider[] {
  const { data } = useQuery({
    queryKey: ['providers'],
    queryFn: ({ signal }) => call('providers.list', { signal }),
    staleTime: Infinity,
  });
  return data?.data ?? [];
}
