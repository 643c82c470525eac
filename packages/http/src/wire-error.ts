import { fieldNames, PaggioError, type ErrorDetail } from '@paggio/core';

/**
 * An error about what a client sent, in the names of the wire. Other errors have the names of the core, which `toWireError`
 * translates; here that would change a name that the client sent.
 */
export class WireError extends PaggioError {}

/** @returns `BAD_REQUEST` for a query, `VALIDATION_FAILED` for a body, with the first detail as its hint */
export function wrongInput(kind: 'body' | 'query', details: ErrorDetail[]): WireError {
  const hint = details[0]?.message ?? '';
  return kind === 'query'
    ? new WireError('BAD_REQUEST', `Invalid query parameters: ${fieldNames(details)}`, { hint, details })
    : new WireError('VALIDATION_FAILED', `Invalid fields: ${fieldNames(details)}`, { hint, details });
}
