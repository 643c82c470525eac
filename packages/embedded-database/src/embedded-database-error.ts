/** A failure that a person must act on. The message says what happened, and the hint what to do next. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
