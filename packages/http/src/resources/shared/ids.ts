import { notFound, parseId, type IdKind, type Paggio } from '@paggio/core';

/** Kinds of objects whose ids may carry a prefix, by their names in messages. */
const kinds: Readonly<Record<string, IdKind>> = { endpoint: 'endpoint', event: 'event', 'API key': 'key' };

/**
 * The id in a path. A malformed id, or one with the prefix of another kind, gets the same 404 as an unknown one, so
 * that answers reveal nothing about ids.
 */
export function idOf(input: { params: Readonly<Record<string, string>> }, what: string, param = 'id'): string {
  const id = parseId(input.params[param] ?? '', kinds[what] ?? null);
  if (id === undefined) throw notFound(what);
  return id;
}

/**
 * The `location` header for a new object: the path of its collection as clients see it, followed by its id. A proxy may
 * have removed the path of the public URL from the request.
 */
export function locationOf(
  { request, paggio }: { request: { fullPath: string }; paggio: Paggio },
  id: string,
): readonly [string, string] {
  return ['location', `${paggio.host.address.publicPath}${request.fullPath}/${id}`];
}
