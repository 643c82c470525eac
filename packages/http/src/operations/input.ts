import { notFound, parseId } from '@paggio/core';

/** A malformed id is the same 404 as an unknown one: ids are no oracle. */
export function idOf(input: { params: Readonly<Record<string, string>> }, what: string, param = 'id'): string {
  const id = parseId(input.params[param] ?? '');
  if (id === undefined) throw notFound(what);
  return id;
}
