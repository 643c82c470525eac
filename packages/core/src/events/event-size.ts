/**
 * Rows and index entries of an event take about this many bytes more. They count, because small events fill a disk too.
 */
export const EVENT_OVERHEAD_BYTES = 1024;

/**
 * What an event counts for in quotas: body, headers, path and query as they came, and a kibibyte.
 * @param headers as `encodeHeaders` makes them
 */
export function sizeOf({ body, path, query }: { body: Buffer; path: string; query: string }, headers: Buffer): number {
  return body.length + headers.length + path.length + query.length + EVENT_OVERHEAD_BYTES;
}

/** The same of a row as it is stored, in bytes. The event index computes it in SQL from rows that it has to read. */
export function storedSizeOf(
  body: Buffer,
  headers: Buffer,
  path: string,
  query: string,
  sealed: string | null,
): number {
  const texts = Buffer.byteLength(path) + Buffer.byteLength(query) + (sealed === null ? 0 : Buffer.byteLength(sealed));
  return body.length + headers.length + texts + EVENT_OVERHEAD_BYTES;
}
