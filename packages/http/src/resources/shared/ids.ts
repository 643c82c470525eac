import { notFound, parseId, type IdKind, type Paggio } from '@paggio/core';

/** Kinds of objects whose ids may carry a prefix, by their names in messages. */
const kinds: Readonly<Record<string, IdKind>> = { endpoint: 'endpoint', event: 'event', 'API key': 'key' };

/**
 * The id in a path. A malformed id, or one with the prefix of another kind, is the same 404 as an unknown one: ids are no
 * oracle.
 */
export function idOf(input: { params: Readonly<Record<string, string>> }, what: string, param = 'id'): string {
  const id = parseId(input.params[param] ?? '', kinds[what] ?? null);
  if (id === undefined) throw notFound(what);
  return id;
}

/**
 * Where an object that was just made is: its id behind the path of its collection, as clients see it. A proxy may have taken
 * the path of the public URL away.
 */
export function locationOf(
  { request, paggio }: { request: { fullPath: string }; paggio: Paggio },
  id: string,
): readonly [string, string] {
  return ['location', `${paggio.host.address.publicPath}${request.fullPath}/${id}`];
}
