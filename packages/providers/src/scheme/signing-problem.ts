/** The endpoint's verification lacks something that a signature of the provider needs. */
export class SigningProblem extends TypeError {
  /**
   * @param field of the verification that is missing, such as `settings.api_key` or `public_url`
   * @param message a sentence for whoever configures the endpoint
   */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'SigningProblem';
  }
}
