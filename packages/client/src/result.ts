import type { ErrorCode } from './api';

/** Why a call failed. */
export interface ApiError {
  /** As the server says it; `NETWORK`: there was no answer. `UNEXPECTED`: one that is not the API's. */
  code: ErrorCode | 'NETWORK' | 'UNEXPECTED';
  /** Null: there was no answer. */
  status: number | null;
  message: string;
  /** What to do next. */
  hint: string;
  /** Fields, parameters or headers that are wrong. */
  details: readonly { field: string; message: string }[];
  /** Under which the server's log has more. */
  requestId: string | null;
  retryAfterSeconds: number | null;
}

/** An expected failure is a value: look at `ok` before `value`. */
export type Result<T> = Success<T> | { ok: false; error: ApiError };

export interface Success<T> {
  ok: true;
  value: T;
  status: number;
  /** Names the state of the object, for `ifMatch` of a later change; null where the answer has none. */
  etag: string | null;
}

/** A failure as an exception, for those who want one: see `unwrap`. */
export class PaggioClientError extends Error {
  override readonly name = 'PaggioClientError';

  constructor(readonly error: ApiError) {
    super(`${error.code}: ${error.message}${error.hint === '' ? '' : ` (${error.hint})`}`);
  }
}

/**
 * The value of a result.
 * @throws PaggioClientError when it is a failure
 */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new PaggioClientError(result.error);
}
