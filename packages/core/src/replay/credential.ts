import type { Verifier } from '@paggio/providers';
import { invalid } from '../errors';
import type { Replayed } from './resigned';

/**
 * A request for a host that is not the endpoint's own, without the provider's secret where the request carries it as a
 * header or in the query. Everything else stays byte for byte.
 * @throws PaggioError `VALIDATION_FAILED` where the secret is in the body, which is never changed
 */
export function withoutCredential(request: Replayed, verifier: Verifier | 'broken' | null): Replayed {
  const place = verifier === 'broken' ? null : verifier?.credential;
  if (place?.body) {
    const message =
      "The body carries the provider's secret, which this host receives only with include_credentials (scope resign).";
    throw invalid([{ field: 'include_credentials', message }]);
  }
  if (place?.header !== undefined) return { ...request, headers: withoutHeader(request.headers, place.header) };
  if (place?.query !== undefined) return { ...request, query: withoutParameter(request.query, place.query) };
  return request;
}

function withoutHeader(headers: readonly string[], name: string): string[] {
  return headers.filter((_, index) => headers[index - (index % 2)]?.toLowerCase() !== name);
}

/** The pairs that are left keep their bytes; the name of one may be percent-encoded. */
function withoutParameter(query: string, name: string): string {
  const pairs = query.split('&');
  return pairs.filter((pair) => [...new URLSearchParams(pair).keys()][0] !== name).join('&');
}
