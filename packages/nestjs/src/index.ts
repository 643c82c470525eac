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
export { InjectPaggio, InjectSignInLink, type SignInLink } from './inject-paggio';
export { PaggioModule } from './paggio.module';
export type { PaggioModuleAsyncOptions, PaggioModuleOptions, PaggioOptionsFactory } from './paggio.options';
export { getPaggioToken, getSignInLinkToken } from './paggio.tokens';
