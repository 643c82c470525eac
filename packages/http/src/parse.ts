import 'reflect-metadata';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { PaggioError, type ErrorDetail } from '@paggio/core';

/** Bodies of the management API; a limit of depth keeps hostile ones from the recursion of the validator. */
const MAX_DEPTH = 64;

/**
 * The one validator call: a DTO out of untrusted input, with unknown names refused. The settings are our own, so that a
 * host's global pipe cannot change the API.
 * @throws PaggioError `VALIDATION_FAILED` for a body, `BAD_REQUEST` for a query, with a detail per field
 */
export function parse<T extends object>(dto: ClassConstructor<T>, input: unknown, kind: 'body' | 'query'): T {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw failure(kind, [{ field: 'body', message: 'The body must be a JSON object.' }]);
  }
  const hostile = findHostile(input);
  if (hostile) throw failure(kind, [hostile]);
  const instance = plainToInstance(dto, input, { enableImplicitConversion: false });
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0)
    throw failure(
      kind,
      errors.flatMap((error) => toDetails(error, '')),
    );
  return instance;
}

/**
 * The JSON object of a body; an empty body is an empty object.
 * @throws PaggioError `BAD_REQUEST` when it is not JSON
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new PaggioError('BAD_REQUEST', 'The body is not JSON', { hint: 'Send application/json.' });
  }
}

/** @throws PaggioError `BAD_REQUEST` that names every parameter */
export function noQuery(query: Readonly<Record<string, string>>): void {
  const details = Object.keys(query).map((field) => ({ field, message: `There is no "${field}" here.` }));
  if (details.length > 0) throw failure('query', details);
}

/**
 * For operations whose path says everything: a body must be empty or an empty object.
 * @throws PaggioError `VALIDATION_FAILED`
 */
export function noBody(body: Buffer): void {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw failure('body', [{ field: 'body', message: 'The body must be empty or an empty object.' }]);
  const details = Object.keys(value).map((field) => ({ field, message: `There is no "${field}" here.` }));
  if (details.length > 0) throw failure('body', details);
}

function failure(kind: 'body' | 'query', details: ErrorDetail[]): PaggioError {
  const names = details.map((detail) => detail.field).join(', ');
  const hint = details[0]?.message ?? '';
  return kind === 'query'
    ? new PaggioError('BAD_REQUEST', `Wrong query parameter: ${names}`, { hint, details })
    : new PaggioError('VALIDATION_FAILED', `Not valid: ${names}`, { hint, details });
}

function toDetails(error: ValidationError, prefix: string): ErrorDetail[] {
  const field = prefix + error.property;
  const messages = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    message: rule === 'whitelistValidation' ? `There is no "${error.property}" here.` : sentence(message),
  }));
  return [...messages, ...(error.children ?? []).flatMap((child) => toDetails(child, `${field}.`))];
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Text that no column can hold, names that reach for prototypes, and nesting without end. */
function findHostile(value: unknown, path = '', depth = 0): ErrorDetail | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { field: path, message: 'Text must not contain NUL.' };
    return value.isWellFormed() ? undefined : { field: path, message: 'Text must be valid Unicode.' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { field: path, message: `Objects may be nested at most ${MAX_DEPTH} deep.` };
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      return { field: here, message: `There is no "${name}" here.` };
    }
    const found = findHostile(name, here, depth + 1) ?? findHostile(inner, here, depth + 1);
    if (found) return found;
  }
  return undefined;
}
