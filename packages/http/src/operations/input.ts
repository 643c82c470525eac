import { invalid, notFound, PaggioError, parseId } from '@paggio/core';
import type { OperationInput } from '../operation';
import { parseJson } from '../parse';

/** A malformed id is the same 404 as an unknown one: ids are no oracle. */
export function idOf(input: OperationInput, what: string, param = 'id'): string {
  const id = parseId(input.params[param] ?? '');
  if (id === undefined) throw notFound(what);
  return id;
}

export function noQuery(input: OperationInput): void {
  const details = Object.keys(input.query).map((field) => ({ field, message: `There is no "${field}" here.` }));
  if (details.length > 0) {
    throw new PaggioError('BAD_REQUEST', `Wrong query parameter: ${details.map((detail) => detail.field).join(', ')}`, {
      hint: details[0]?.message,
      details,
    });
  }
}

/** For operations whose path says everything: a body must be empty or an empty object. */
export function noFields(input: OperationInput): void {
  const body = parseJson(input.body);
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (!isObject) throw invalid([{ field: 'body', message: 'The body must be empty or an empty object.' }]);
  const details = Object.keys(body).map((field) => ({ field, message: `There is no "${field}" here.` }));
  if (details.length > 0) throw invalid(details);
}
