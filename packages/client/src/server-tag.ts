/**
 * The `ETag` of an answer as the server made it, for `If-Match`. Proxies that compress answers mark the tag as weak or
 * add the name of the compression to it. The server recognises neither form.
 */
export function serverTag(header: string): string {
  return header.replace(/^W\//, '').replace(/-(?:gzip|br|zstd|deflate)"$/, '"');
}
