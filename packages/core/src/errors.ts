/** Every error code that Paggio returns, with its HTTP status and meaning. A test compares the docs with this table. */
export const errorTable = {
  BAD_REQUEST: { status: 400, meaning: 'The path, query or form of the request is wrong.' },
  UNAUTHORIZED: { status: 401, meaning: 'The API key is missing, malformed, expired or revoked.' },
  INVALID_SIGNATURE: { status: 401, meaning: 'The request does not carry a valid signature of its sender.' },
  FORBIDDEN: {
    status: 403,
    meaning:
      'The API key lacks the scope that this operation needs, or the request comes from another site or for another host.',
  },
  NOT_FOUND: { status: 404, meaning: 'There is no such object, or it belongs to somebody else.' },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'The path exists, but not with this method.' },
  CONFLICT: { status: 409, meaning: 'The object is in a state that does not allow this.' },
  IDEMPOTENCY_KEY_CONFLICT: { status: 409, meaning: 'The idempotency key was used with another body.' },
  GONE: { status: 410, meaning: 'The endpoint was deleted.' },
  PRECONDITION_FAILED: {
    status: 412,
    meaning: 'The object is not in the state that If-Match or If-None-Match asks for; nothing was changed.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: 'The body is larger than the limit.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    meaning: 'The body is compressed, or in a character set other than UTF-8.',
  },
  VALIDATION_FAILED: { status: 422, meaning: 'Fields of the body are missing, unknown or out of range.' },
  DESTINATION_NOT_ALLOWED: { status: 422, meaning: 'The destination is an address that deliveries may not reach.' },
  RATE_LIMITED: {
    status: 429,
    meaning: 'Too many requests, or more stored bytes than the quota allows; wait and try again.',
  },
  RAW_BODY_CONSUMED: { status: 500, meaning: 'A body parser of the host read the request before Paggio could.' },
  INTERNAL: { status: 500, meaning: 'A fault in Paggio; nothing was acknowledged.' },
  UNAVAILABLE: { status: 503, meaning: 'The database is unavailable, or Paggio is overloaded; try again.' },
  NOT_STARTED: { status: 503, meaning: 'The app has not started Paggio yet, or has stopped it.' },
} as const;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorDetail {
  /** Name of the field, parameter or header. */
  field: string;
  message: string;
}

export interface PaggioErrorOptions {
  /** What the caller can do next. */
  hint?: string;
  details?: ErrorDetail[];
  /** When the caller may try again, for `UNAVAILABLE`, `NOT_STARTED` and `RATE_LIMITED`. */
  retryAfterSeconds?: number;
  /** Additional headers of the answer, as pairs of name and value. */
  headers?: readonly (readonly [string, string])[];
  cause?: unknown;
}

/** Limits that keep every answer short. Names of fields and messages repeat parts of the request, which may be long. */
const MAX_DETAILS = 20;
const NAMED_FIELDS = 5;
const MAX_FIELD = 256;
const MAX_TEXT = 2048;

/**
 * An expected failure that the caller should see. Any other error is a fault, and the caller sees only `INTERNAL`. Only
 * the first 20 details are kept, and the hint says how many more there are. Long texts are cut.
 */
export class PaggioError extends Error {
  override readonly name = 'PaggioError';
  readonly hint: string;
  readonly details: ErrorDetail[];
  readonly retryAfterSeconds: number | undefined;
  readonly headers: readonly (readonly [string, string])[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: PaggioErrorOptions = {},
  ) {
    super(cut(message, MAX_TEXT), { cause: options.cause });
    const details = options.details ?? [];
    const more = details.length - MAX_DETAILS;
    this.hint = cut(options.hint ?? '', MAX_TEXT) + (more > 0 ? ` There are ${more} more mistakes like these.` : '');
    this.details = details
      .slice(0, MAX_DETAILS)
      .map(({ field, message: text }) => ({ field: cut(field, MAX_FIELD), message: cut(text, MAX_TEXT) }));
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`.toWellFormed();
}

/** Names the fields of details for a message: the first five, and how many more there are. */
export function fieldNames(details: readonly ErrorDetail[]): string {
  const names = details.slice(0, NAMED_FIELDS).map(({ field }) => cut(field, MAX_FIELD));
  const more = details.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export function notFound(what: string): PaggioError {
  return new PaggioError('NOT_FOUND', `There is no such ${what}`, {
    hint: 'Check the id; lists show only your own objects.',
  });
}

export function invalid(details: ErrorDetail[]): PaggioError {
  return new PaggioError('VALIDATION_FAILED', `Invalid fields: ${fieldNames(details)}`, {
    hint: details[0]?.message ?? '',
    details,
  });
}

export function unavailable(message: string, cause?: unknown): PaggioError {
  return new PaggioError('UNAVAILABLE', message, { hint: 'Send the request again.', retryAfterSeconds: 5, cause });
}

/** The error of a call that comes before `start` has connected, or after `stop`. */
export function notStarted(phase: 'before' | 'after'): PaggioError {
  return phase === 'before'
    ? new PaggioError('NOT_STARTED', 'Paggio is not started', {
        hint: 'Call await paggio.start() before the server listens.',
        retryAfterSeconds: 5,
      })
    : new PaggioError('NOT_STARTED', 'Paggio was stopped', {
        hint: 'Create another one with createPaggio() and start it: a stopped one cannot start again.',
        retryAfterSeconds: 5,
      });
}
