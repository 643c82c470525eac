/** Thrown when the endpoint's verification lacks something that a signature of the provider needs. */
export class SigningProblem extends TypeError {
  /**
   * @param field the missing field of the verification, such as `settings.api_key` or `public_url`
   * @param message a sentence for the user who configures the endpoint
   */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'SigningProblem';
  }
}
