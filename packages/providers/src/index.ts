export { jsonPlace, jsonValueAt } from './body-value';
export { catalogue, findProvider } from './catalogue';
export { closest, didYouMean } from './closest';
export { customProvider, type ConfigProblem } from './custom';
export { credentialHeaders, credentialParameters, detect } from './detect';
export { EVENT_TYPE_LIMIT, eventTypeOf } from './event-type';
export type { Acknowledgement, HandshakeAnswer, HandshakeSpec } from './handshake';
export { causes, type Cause } from './explain/cause';
export { explain, type Explanation, type ExplainOptions, type Finding, type OtherSecret } from './explain/explain';
export { HeaderList, repeated } from './header-list';
export { HmacKey, type HmacAlgorithm } from './hmac-key';
export { memberSources } from './json-source';
export { forgetInflated } from './inflated-body';
export { parsePointer } from './json-pointer';
export { JsonWalk, type JsonToken } from './json-walk';
export {
  createProvider,
  type Category,
  type Confidence,
  type CredentialNames,
  type Note,
  type Provider,
  type ProviderSpec,
  type Retries,
} from './provider';
export type { CredentialPlace } from './scheme/credential';
export { providerHeaders } from './provider-headers';
export type { KeyDirectory, KeyLookup } from './scheme/key-directory';
export { SigningProblem } from './scheme/signing-problem';
export type { Scheme, SignedParts, SigningInput, TestSecret } from './scheme/scheme';
export { createScheme, ecdsa, ed25519, hmac, jwt, rsa, token, type SchemeSpec } from './scheme/scheme-spec';
export { sample, sampleEventTypes, type Sample } from './samples/sample';
export { endpointSecretKey } from './secret-key';
export { sameText } from './signature-text';
export { describeValue, type Condition, type ValueRule } from './value-rule';
export type { FailureReason, Refused, Verification, Verified } from './verification';
export {
  activeSecrets,
  createVerifier,
  type ActiveSecret,
  type VerificationConfig,
  type Verifier,
  type VerifierOptions,
} from './verifier';
export type { VerificationSettings } from './verification-settings';
export type { WebhookRequest } from './webhook-request';
