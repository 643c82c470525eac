/** A start that cannot succeed: what is wrong and the next thing to do. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
