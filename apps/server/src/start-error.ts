/** The server cannot start. The error says what is wrong, and the hint what to do next. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
