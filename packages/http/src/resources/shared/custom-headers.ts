import { hasScope, type Principal } from '@paggio/core';
import type { JsonSchema } from '../../openapi/schema';

/** Names and values that the core checks one by one. */
export const headersInput: JsonSchema = {
  type: 'object',
  maxProperties: 50,
  propertyNames: { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$" },
  additionalProperties: { type: 'string', pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]{0,8192}$' },
};

/** The rules that the core checks for all headers together. */
export const HEADERS_FORM =
  'Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together.';

/** Masks the values for principals that may not change them, because custom headers often carry tokens. */
export function maskedHeaders(values: Record<string, string>, principal: Principal): Record<string, string> {
  return hasScope(principal, 'write') ? values : Object.fromEntries(Object.keys(values).map((name) => [name, '***']));
}
