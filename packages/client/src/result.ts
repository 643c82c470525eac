import type { ErrorCode } from './api';

/** Why a call failed. */
export interface ApiError {
  /** The code that the server sent. `NETWORK` means no answer, and `UNEXPECTED` an answer that is not from the API. */
  code: ErrorCode | 'NETWORK' | 'UNEXPECTED';
  /** The HTTP status. `null` means that there was no answer. */
  status: number | null;
  message: string;
  /** What to do next. */
  hint: string;
  /** Fields, parameters or headers that are wrong. */
  details: readonly { field: string; message: string }[];
  /** Identifies the request in the server's log. */
  requestId: string | null;
  retryAfterSeconds: number | null;
}

/** An expected failure is a value: check `ok` before `value`. */
export type Result<T> = Success<T> | { ok: false; error: ApiError };

export interface Success<T> {
  ok: true;
  value: T;
  status: number;
  /** Identifies the state of the object, for `ifMatch` in a later change; null if the answer has no tag. */
  etag: string | null;
}

/** A failure as an exception, which `unwrap` throws. */
export class PaggioClientError extends Error {
  override readonly name = 'PaggioClientError';

  constructor(readonly error: ApiError) {
    super(`${error.code}: ${error.message}${error.hint === '' ? '' : ` (${error.hint})`}`);
  }
}

/**
 * Returns the value of a result.
 * @throws PaggioClientError when it is a failure
 */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new PaggioClientError(result.error);
}
