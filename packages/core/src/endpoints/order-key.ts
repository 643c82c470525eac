import { createHash } from 'node:crypto';
import { HeaderList, jsonValueAt, parsePointer } from '@paggio/providers';

/** What events of one key have in common: a header, or a value of the JSON body. */
export type OrderBy = { header: string } | { pointer: readonly string[] };

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** A header name, or a JSON pointer (RFC 6901) such as `/data/customer`; undefined when it is neither. */
export function parseOrderBy(text: string): OrderBy | undefined {
  if (text.length > 256) return undefined;
  if (!text.startsWith('/')) return HEADER_NAME.test(text) ? { header: text.toLowerCase() } : undefined;
  const pointer = parsePointer(text);
  return pointer && { pointer };
}

/**
 * The key of an event, hashed to 16 bytes; null when it has none, and then nothing is ordered. Two keys with one hash
 * would only wait for each other.
 */
export function orderKeyOf(orderBy: OrderBy, rawHeaders: readonly string[], body: Buffer): Buffer | null {
  const value = 'header' in orderBy ? new HeaderList(rawHeaders).get(orderBy.header) : bodyValue(body, orderBy.pointer);
  return value === undefined ? null : createHash('sha256').update(value).digest().subarray(0, 16);
}

function bodyValue(body: Buffer, pointer: readonly string[]): string | undefined {
  const value = jsonValueAt(body, pointer);
  return value === undefined || value === null ? undefined : `${typeof value}:${String(value)}`;
}
