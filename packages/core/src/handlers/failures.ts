// By a mark and not by class: a host may hold two copies of this package, one for ESM and one for CommonJS.
const PERMANENT = Symbol.for('paggio:permanent-failure');
const LATER = Symbol.for('paggio:retry-later');

/** Thrown by a handler: trying this event again is of no use. Its delivery fails at once and can be replayed by hand. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
  readonly [PERMANENT] = true;
}

/** Thrown by a handler: try again, but not before this time has passed. Counts as a failed attempt. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly [LATER] = true;

  /** @param delayMs at least so many milliseconds; the retry policy may say longer */
  constructor(
    readonly delayMs: number,
    message = 'The handler asked to be called later',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function isPermanent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && PERMANENT in error;
}

/** Null: it did not ask for a time. */
export function askedDelayMs(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !(LATER in error)) return null;
  const { delayMs } = error as RetryLater;
  return Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0;
}
