import { createHash } from 'node:crypto';
import { HeaderList, jsonValueAt, parsePointer } from '@paggio/providers';

/** Where the order key of an event comes from: a header, or a value of the JSON body. */
export type OrderBy = { header: string } | { pointer: readonly string[] };

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/**
 * Parses a header name, or a JSON pointer (RFC 6901) such as `/data/customer`. Returns undefined for any other text.
 */
export function parseOrderBy(text: string): OrderBy | undefined {
  if (text.length > 256) return undefined;
  if (!text.startsWith('/')) return HEADER_NAME.test(text) ? { header: text.toLowerCase() } : undefined;
  const pointer = parsePointer(text);
  return pointer && { pointer };
}

/**
 * The order key of an event, hashed to 16 bytes. Returns null when the event has none, and then it is not ordered. If
 * two keys had the same hash, their events would only wait for each other.
 */
export function orderKeyOf(orderBy: OrderBy, rawHeaders: readonly string[], body: Buffer): Buffer | null {
  const value = 'header' in orderBy ? new HeaderList(rawHeaders).get(orderBy.header) : bodyValue(body, orderBy.pointer);
  return value === undefined ? null : createHash('sha256').update(value).digest().subarray(0, 16);
}

function bodyValue(body: Buffer, pointer: readonly string[]): string | undefined {
  const value = jsonValueAt(body, pointer);
  return value === undefined || value === null ? undefined : `${typeof value}:${String(value)}`;
}
