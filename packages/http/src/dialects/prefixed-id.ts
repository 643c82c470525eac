/** An id as the other products write it. What comes in may carry its prefix everywhere. */
export function prefixed(prefix: 'ep' | 'evt' | 'dat' | 'del', id: string): string {
  return `${prefix}_${id}`;
}
