/** A failure that a person has to act on: what happened, and what to do next. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
