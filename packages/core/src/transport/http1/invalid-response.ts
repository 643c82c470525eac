/** The other side sent something else than an HTTP/1 response, or a response whose end has two meanings. */
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
