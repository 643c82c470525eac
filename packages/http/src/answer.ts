import { randomUUID } from 'node:crypto';
import { databaseUnavailable, PaggioError, toFault, type ErrorCode } from '@paggio/core';
import type * as Wire from './generated/wire-types';
import { toJson } from './json-text';

/** The answer to a request, in a form that every adapter can write. */
export interface Answer {
  status: number;
  headers: readonly (readonly [string, string])[];
  /** A body without an end is an iterable of texts, which are written as they come. */
  body: string | Buffer | AsyncIterable<string> | null;
}

/**
 * Make an answer harmless in a browser, whatever its body is: nothing in it runs, loads or is taken for another type.
 * Senders and holders of keys choose much of the content of answers, on an origin where people are signed in.
 */
export const inertHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', "sandbox; default-src 'none'"],
  ['x-content-type-options', 'nosniff'],
];

/** The headers to send with an answer. Adds the inert ones, except those that the answer sets itself, as dashboard pages do. */
export function headersOf({ headers }: Answer): readonly (readonly [string, string])[] {
  const has = (name: string): boolean => headers.some(([one]) => one === name);
  const missing = inertHeaders.filter(([name]) => !has(name));
  return missing.length === 0 ? headers : [...missing, ...headers];
}

/** Whether a body is a stream, which is written as it comes. */
export function isStream(body: Answer['body']): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Ends the source of an answer that is not written. Otherwise an event stream would stay counted as open. */
export function discard({ body }: Answer): void {
  if (isStream(body))
    void body[Symbol.asyncIterator]()
      .return?.()
      .catch(() => undefined);
}

/** An object as JSON. A member may be a `JsonText`, which is written as it is. */
export function jsonAnswer(status: number, value: object): Answer {
  return textAnswer(status, toJson(value));
}

/** An answer whose JSON is text already: complete, or a stream of parts. */
export function textAnswer(status: number, body: string | AsyncIterable<string>): Answer {
  return {
    status,
    headers: [
      ['content-type', 'application/json; charset=utf-8'],
      ['cache-control', 'no-store'],
    ],
    body,
  };
}

export type ErrorBody = (error: PaggioError, requestId: string) => object;

export const envelope = ({ code, message, hint, details }: PaggioError, requestId: string): Wire.Error => ({
  status: 'error',
  code,
  message,
  hint,
  details,
  request_id: requestId,
});

/**
 * The challenges of 401 answers (RFC 9110, 15.5.2) that are not `Bearer`. HTTP has no scheme for signatures of
 * webhooks, so this name is our own. Browsers do not know it, so they do not ask for a password.
 */
const challenges: Readonly<Partial<Record<ErrorCode, string>>> = { INVALID_SIGNATURE: 'Signature realm="webhook"' };

/**
 * The error envelope. An error that is not a `PaggioError` is a fault: `onFault` gets it, and the answer reveals
 * nothing about it except a request id, and whether the database is unavailable.
 */
export function errorAnswer(
  error: unknown,
  onFault: (error: unknown, requestId: string) => void,
  body: ErrorBody = envelope,
): Answer {
  const requestId = randomUUID();
  const known = error instanceof PaggioError ? error : (databaseUnavailable(error) ?? internal());
  if (!(error instanceof PaggioError) || error.code === 'INTERNAL') onFault(toFault(error), requestId);
  const answer = jsonAnswer(known.status, body(known, requestId));
  const headers = [...answer.headers, ...known.headers];
  if (known.retryAfterSeconds !== undefined) headers.push(['retry-after', String(known.retryAfterSeconds)]);
  if (known.status === 401) headers.push(['www-authenticate', challenges[known.code] ?? 'Bearer']);
  return { ...answer, headers };
}

function internal(): PaggioError {
  return new PaggioError('INTERNAL', 'Something went wrong in Paggio', {
    hint: 'Look up this request_id in the server log.',
  });
}

/** The same answer with further headers. */
export function withHeaders(answer: Answer, headers: Answer['headers']): Answer {
  return { ...answer, headers: [...answer.headers, ...headers] };
}

export const noContent: Answer = { status: 204, headers: [], body: null };
