/** What was read of an object, with the name of its state. */
export interface Tagged<T> {
  value: T;
  /** For `If-Match` of a later change; null where the answer has none. */
  tag: string | null;
}

/**
 * The tag of an answer as the server made it. Proxies that compress answers mark the tag as weak or add the name of the
 * compression to it, and the server takes neither for its own.
 */
export function toTag(header: string | null): string | null {
  return header?.replace(/^W\//, '').replace(/-(?:gzip|br|zstd|deflate)"$/, '"') ?? null;
}
