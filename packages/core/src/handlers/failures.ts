// Errors are recognised by a mark and not by class, because a host may load this package twice, for ESM and for
// CommonJS.
const PERMANENT = Symbol.for('paggio:permanent-failure');
const LATER = Symbol.for('paggio:retry-later');

/** A handler throws this when another attempt is useless. The delivery fails at once, and can be replayed by hand. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
  readonly [PERMANENT] = true;
}

/** A handler throws this to be called again, but not before a delay has passed. It counts as a failed attempt. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly [LATER] = true;

  /** @param delayMs the shortest delay in milliseconds. The retry policy may wait longer */
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

/** The delay in milliseconds that an error asks for, or null if it asks for none. */
export function askedDelayMs(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !(LATER in error)) return null;
  const { delayMs } = error as RetryLater;
  return Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0;
}
