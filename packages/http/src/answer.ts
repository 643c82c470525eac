import { randomUUID } from 'node:crypto';
import { databaseUnavailable, PaggioError, toFault, type ErrorCode } from '@paggio/core';
import type * as Wire from './generated/wire-types';
import { toJson } from './json-text';

/** What goes back over any door. */
export interface Answer {
  status: number;
  headers: readonly (readonly [string, string])[];
  /** What has no end is written as it comes. */
  body: string | Buffer | AsyncIterable<string> | null;
}

/**
 * Makes an answer harmless in a browser, whatever its body is: nothing in it runs, loads or is taken for another type.
 * Senders and holders of keys decide much of what is answered on an origin where people are signed in.
 */
export const inertHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', "sandbox; default-src 'none'"],
  ['x-content-type-options', 'nosniff'],
];

/** The headers that go out with an answer: inert, unless it has a policy of its own as the dashboard's pages do. */
export function headersOf({ headers }: Answer): readonly (readonly [string, string])[] {
  const has = (name: string): boolean => headers.some(([one]) => one === name);
  const missing = inertHeaders.filter(([name]) => !has(name));
  return missing.length === 0 ? headers : [...missing, ...headers];
}

/** Whether a body is written as it comes. */
export function isStream(body: Answer['body']): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Ends the source of an answer that is not written: it may hold a place that others wait for. */
export function discard({ body }: Answer): void {
  if (isStream(body))
    void body[Symbol.asyncIterator]()
      .return?.()
      .catch(() => undefined);
}

/** An object as JSON. Its members may be texts that are JSON already. */
export function jsonAnswer(status: number, value: object): Answer {
  return textAnswer(status, toJson(value));
}

/** JSON that is text already, whole or as it comes. */
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
 * What a 401 asks for (RFC 9110, 15.5.2). No scheme of HTTP stands for the signatures of webhooks, so this one has a name of
 * its own, which no browser answers by asking for a password.
 */
const challenges: Readonly<Partial<Record<ErrorCode, string>>> = { INVALID_SIGNATURE: 'Signature realm="webhook"' };

/** The error envelope. What is not a PaggioError is a fault: nothing of it leaves but its request id. */
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
