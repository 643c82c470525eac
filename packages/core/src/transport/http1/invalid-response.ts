/** The other side sent bytes that are no HTTP/1 response, or whose end could be understood in two ways. */
export class InvalidResponse extends Error {
  override readonly name = 'InvalidResponse';
  readonly code = 'invalid_response';

  constructor(readonly why: string) {
    super(`the answer is not valid HTTP (${why})`);
  }
}

export class HeadersTooLarge extends Error {
  override readonly name = 'HeadersTooLarge';
  readonly code = 'response_headers_too_large';

  constructor() {
    super('the headers of the answer are larger than 64 KiB');
  }
}
