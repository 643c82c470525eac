import type { VerificationSettings } from '../verification-settings';
import type { BodyPlace } from '../json-reader';
import type { Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { KeyDirectory } from './key-directory';

/** The configuration of an endpoint for its provider. */
export interface SchemeContext {
  /** Secrets, tokens or public keys in the provider's own text form, newest first. */
  secrets: readonly string[];
  /** The URL as configured at the provider, for those that sign it. Never built from the request's Host. */
  publicUrl: string | null;
  settings: VerificationSettings;
  /** The source of keys that providers publish; `null` when this process may not fetch any. */
  keys: KeyDirectory | null;
}

export interface SigningInput {
  method: string;
  body: Buffer;
  /** Header names and values in turn. Some schemes sign headers, and keep a message id that is already there. */
  rawHeaders: readonly string[];
  /** The secret, or the private key where the provider signs with one. */
  secret: string;
  /** The receiver's URL as it is configured, query included, for schemes that sign it. */
  publicUrl: string | null;
  /** Unix milliseconds. */
  timestamp: number;
  /** Message id, for schemes that sign one. */
  id: string;
  /** `settings` of the endpoint's verification. @default {} */
  settings?: VerificationSettings;
}

/** What signing adds to a request. */
export interface SignedParts {
  headers: [string, string][];
  /** The body to send instead, for schemes whose signature is in the body. */
  body?: Buffer;
  /** Parameters to append to the URL, for schemes whose signature is there. */
  query?: string;
}

/** A secret to verify with and the key to sign with, in the forms that the provider uses. */
export interface TestSecret {
  /** Goes into the endpoint's configuration. */
  secret: string;
  /** Goes into `sign`: the same text, or the private half. */
  signingKey: string;
}

/** One way of proving who sent a request. */
export interface Scheme {
  readonly kind: string;
  /** A sentence when this secret cannot be used with the scheme, else null. */
  secretProblem(secret: string): string | null;
  /** A sentence when a usable secret is refused in new configurations, because the vendor's libraries refuse it. */
  secretAdvice?(secret: string): string | null;
  /** A sentence when this text cannot sign, else null. Shared secrets must pass `secretProblem` and `secretAdvice`. */
  signingKeyProblem(key: string): string | null;
  /** Lower-case names of headers that are themselves the credential and must not be shown. */
  readonly credentialHeaders: readonly string[];
  /** Names of query parameters that are themselves the credential. Default: none. */
  readonly credentialParameters?: readonly string[];
  /** Names of JSON members whose values are themselves the credential, at any depth of the body. Default: none. */
  readonly credentialMembers?: readonly string[];
  /** The path in a JSON body where `sign` puts the secret itself. The body must have it. Default: none. */
  readonly secretPath?: readonly string[] | undefined;
  /** The places of a JSON body that `verify` reads. Default: none. */
  readonly bodyPlaces?: readonly BodyPlace[];
  /** Lower-case names of all headers that `sign` may write, alternatives included. */
  readonly signingHeaders: readonly string[];
  /** Waits only for a key that the provider publishes. */
  verify(request: WebhookRequest, context: SchemeContext): Verification | Promise<Verification>;
  /**
   * Signs as the provider would.
   * @throws SigningProblem when the endpoint lacks a setting or a URL that the signature contains
   * @throws TypeError when the key cannot sign, or the body has no place for the signature
   */
  sign(input: SigningInput): SignedParts;
  /** A secret for tests, in the form of the provider. */
  createTestSecret(): TestSecret;
}
