import { fieldNames, fields, PaggioError } from '@paggio/core';
import { retryMembers } from './resources/retry-policy/retry-policy.wire';
import { snakeCase } from './snake-case';
import { WireError } from './wire-error';

const inputs = [...Object.values(fields).flatMap((rules) => Object.keys(rules)), ...retryMembers, 'expiresAt'];
/** Names of inputs as the core has them. A name in quotes is one that the client sent. */
const NAMES = new RegExp(
  `(?<!option |[\\w"-])(?:${[...new Set(inputs)].filter((name) => /[A-Z]/.test(name)).join('|')})(?![\\w"-])`,
  'g',
);
/** The headers of an endpoint or destination, which the wire calls `headers_json`, at the start of a field. */
const HEADERS = /^((?:destinations\[\d+\]\.)?)headers(?=\.|$)/;

/** A text of the core in the names of the wire. */
function translated(text: string): string {
  return text.replaceAll(NAMES, snakeCase);
}

function wireField(field: string): string {
  return translated(field.replace(HEADERS, '$1headers_json'));
}

/**
 * An error of the core as the client of the HTTP API has to read it. The core names inputs as TypeScript does
 * (`eventTypes`), the wire has them in snake case (`event_types`).
 */
export function toWireError(error: PaggioError): PaggioError {
  const { code, message, hint, details, retryAfterSeconds, headers, cause } = error;
  if (code === 'INTERNAL' || error instanceof WireError) return error;
  const shown = details.map((one) => ({ field: wireField(one.field), message: translated(one.message) }));
  const names = fieldNames(details);
  // Only in a list of fields is `headers` always the name of a field.
  const listed =
    names !== '' && message.endsWith(names) ? message.slice(0, -names.length) + fieldNames(shown) : message;
  return new PaggioError(code, translated(listed), {
    hint: translated(hint),
    details: shown,
    retryAfterSeconds,
    headers,
    cause,
  });
}
