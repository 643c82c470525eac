/** An id as the other products write it. Ids in requests may always carry their prefix. */
export function prefixed(prefix: 'ep' | 'evt' | 'dat' | 'del', id: string): string {
  return `${prefix}_${id}`;
}
