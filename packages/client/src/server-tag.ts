/**
 * The `ETag` of an answer as the server made it, for `If-Match`. Proxies that compress answers mark the tag as weak or add
 * the name of the compression to it, and the server takes neither for its own.
 */
export function serverTag(header: string): string {
  return header.replace(/^W\//, '').replace(/-(?:gzip|br|zstd|deflate)"$/, '"');
}
