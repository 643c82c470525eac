import 'reflect-metadata';

export {
  Paggio,
  PermanentFailure,
  RetryLater,
  type HandlerContext,
  type HandlerTypes,
  type PaggioOptions,
  type WebhookEvent,
  type WebhookEvents,
} from '@paggio/core';
export { OnWebhook, type OnWebhookOptions } from './on-webhook';
export { PaggioModule } from './paggio.module';
export { getPaggioToken, getSignInLinkToken, type PaggioModuleExtras } from './paggio.options';
