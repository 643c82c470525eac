export { catalogue, findProvider } from './catalogue';
export { credentialHeaders, detect } from './detect';
export { EVENT_TYPE_LIMIT, eventTypeOf } from './event-type';
export { HeaderList } from './header-list';
export type { Acknowledgement, Confidence, Provider } from './provider';
export type { Scheme, SigningInput } from './scheme/scheme';
export { endpointSecretKey } from './secret-key';
export type { FailureReason, Refused, Verification, Verified } from './verification';
export {
  createVerifier,
  type ActiveSecret,
  type ConfigProblem,
  type VerificationConfig,
  type Verifier,
} from './verifier';
export type { WebhookRequest } from './webhook-request';
