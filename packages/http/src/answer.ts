import { randomUUID } from 'node:crypto';
import { PaggioError } from '@paggio/core';

/** What goes back over any door. */
export interface Answer {
  status: number;
  headers: readonly (readonly [string, string])[];
  /** What has no end is written as it comes. */
  body: string | Buffer | AsyncIterable<string> | null;
}

export function jsonAnswer(status: number, value: object): Answer {
  return {
    status,
    headers: [
      ['content-type', 'application/json; charset=utf-8'],
      ['cache-control', 'no-store'],
      ['x-content-type-options', 'nosniff'],
    ],
    body: JSON.stringify(value),
  };
}

export type ErrorBody = (error: PaggioError, requestId: string) => object;

export const envelope: ErrorBody = ({ code, message, hint, details }, requestId) => ({
  status: 'error',
  code,
  message,
  hint,
  details,
  request_id: requestId,
});

/** The error envelope. What is not a PaggioError is a fault: nothing of it leaves but its request id. */
export function errorAnswer(
  error: unknown,
  onFault: (error: unknown, requestId: string) => void,
  body: ErrorBody = envelope,
): Answer {
  const requestId = randomUUID();
  const known = error instanceof PaggioError ? error : databaseAway(error);
  if (!(error instanceof PaggioError) || error.code === 'INTERNAL') onFault(error, requestId);
  const answer = jsonAnswer(known.status, body(known, requestId));
  const headers = [...answer.headers, ...known.headers];
  if (known.retryAfterSeconds !== undefined) headers.push(['retry-after', String(known.retryAfterSeconds)]);
  if (known.code === 'UNAUTHORIZED') headers.push(['www-authenticate', 'Bearer']);
  return { ...answer, headers };
}

/** Connection failures of the driver (SQLSTATE 08, 53, 57 and socket errors) are 503 and not our fault. */
function databaseAway(error: unknown): PaggioError {
  const code = (error as { code?: unknown; driverError?: { code?: unknown } })?.code ?? '';
  const text = error instanceof Error ? error.message : '';
  const away =
    (typeof code === 'string' && /^(08|53|57|25006|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/.test(code)) ||
    /Connection terminated|timeout|not established|not connected|Query read timeout/i.test(text);
  if (away) {
    return new PaggioError('UNAVAILABLE', 'The database does not answer now', {
      hint: 'Send the request again.',
      retryAfterSeconds: 5,
    });
  }
  return new PaggioError('INTERNAL', 'Something went wrong in Paggio', {
    hint: 'The log has more under this request_id.',
  });
}

export const noContent: Answer = { status: 204, headers: [], body: null };
