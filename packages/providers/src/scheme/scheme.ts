import type { Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';

/** What an endpoint is configured with for one provider. */
export interface SchemeContext {
  /** Secrets, tokens or public keys in the provider's own text form, newest first. */
  secrets: readonly string[];
  /** The URL as configured at the provider, for those that sign it. Never built from the request's Host. */
  publicUrl: string | null;
}

export interface SigningInput {
  method: string;
  body: Buffer;
  secret: string;
  publicUrl: string | null;
  /** Unix milliseconds. */
  timestamp: number;
  /** Message id, for schemes that sign one. */
  id: string;
}

/** One way of proving who sent a request. */
export interface Scheme {
  readonly kind: string;
  /** A sentence when this secret cannot be used with the scheme, else null. */
  secretProblem(secret: string): string | null;
  /** Lower-case names of headers that are themselves the credential and must not be shown. */
  readonly credentialHeaders: readonly string[];
  verify(request: WebhookRequest, context: SchemeContext): Verification;
  /** The headers a sender would add; undefined where only the provider holds the key. */
  sign?(input: SigningInput): [string, string][];
}
