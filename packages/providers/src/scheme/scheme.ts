import type { BodyPlace } from '../json-reader';
import type { Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { KeyDirectory } from './key-directory';

/** What an endpoint is configured with for one provider. */
export interface SchemeContext {
  /** Secrets, tokens or public keys in the provider's own text form, newest first. */
  secrets: readonly string[];
  /** The URL as configured at the provider, for those that sign it. Never built from the request's Host. */
  publicUrl: string | null;
  settings: Readonly<Record<string, unknown>>;
  /** Keys that the provider publishes; null: this process may not fetch any. */
  keys: KeyDirectory | null;
}

export interface SigningInput {
  method: string;
  body: Buffer;
  /** Header names and values in turn, for schemes that sign some; also where an id is kept from. */
  rawHeaders: readonly string[];
  /** The secret, or the private key where the provider signs with one. */
  secret: string;
  /** The URL that the receiver believes to have, query included, for schemes that sign it. */
  publicUrl: string | null;
  /** Unix milliseconds. */
  timestamp: number;
  /** Message id, for schemes that sign one. */
  id: string;
  /** Of the endpoint's verification. @default {} */
  settings?: Readonly<Record<string, unknown>>;
}

/** What a signed request has that the unsigned one had not. */
export interface SignedParts {
  headers: [string, string][];
  /** For schemes whose signature stands in the body. */
  body?: Buffer;
  /** Parameters to append to the URL, for schemes whose signature stands there. */
  query?: string;
}

/** A pair to sign and verify with, of the form that a provider gives out. */
export interface TestSecret {
  /** What the endpoint is configured with. */
  secret: string;
  /** What `sign` takes: the same, or the private half. */
  signingKey: string;
}

/** One way of proving who sent a request. */
export interface Scheme {
  readonly kind: string;
  /** A sentence when this secret cannot be used with the scheme, else null. */
  secretProblem(secret: string): string | null;
  /** A sentence when a usable secret is refused in new configurations, because the vendor's libraries refuse it. */
  secretAdvice?(secret: string): string | null;
  /** A sentence when this text cannot sign, else null. For shared secrets the same as `secretProblem`. */
  signingKeyProblem(key: string): string | null;
  /** Lower-case names of headers that are themselves the credential and must not be shown. */
  readonly credentialHeaders: readonly string[];
  /** Names of query parameters that are themselves the credential. Default: none. */
  readonly credentialParameters?: readonly string[];
  /** Names of JSON members whose values are themselves the credential, at any depth of the body. Default: none. */
  readonly credentialMembers?: readonly string[];
  /** Where `sign` puts the secret itself into a JSON body, which must have that place. Default: nowhere. */
  readonly secretPath?: readonly string[] | undefined;
  /** What `verify` reads in a JSON body. Default: nothing. */
  readonly bodyPlaces?: readonly BodyPlace[];
  /** Lower-case names of all headers that `sign` may write, alternatives included. */
  readonly signingHeaders: readonly string[];
  /** Waits only where the provider's key has to be fetched. */
  verify(request: WebhookRequest, context: SchemeContext): Verification | Promise<Verification>;
  /**
   * Signs as the provider would.
   * @throws SigningProblem when the verification lacks a setting or a URL that the signature contains
   * @throws TypeError when the key cannot sign, or the body has no place for the signature
   */
  sign(input: SigningInput): SignedParts;
  /** Random, of the provider's form. */
  createTestSecret(): TestSecret;
}
