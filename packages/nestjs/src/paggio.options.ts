import { ConfigurableModuleBuilder, type CanActivate, type Type } from '@nestjs/common';
import type { PaggioOptions } from '@paggio/core';
import type { MountOptions } from '@paggio/http';
import type { HostRequest } from './paggio.http-adapter';

/**
 * Options that shape the module; they are known when it is defined, also with `forRootAsync`. `resolveUser` and `allow` are
 * asked with the framework's request behind the guards of the API, and with Node's own for the dashboard, which is answered
 * before the framework.
 */
export interface PaggioModuleExtras extends Omit<MountOptions<HostRequest>, 'onFault' | 'path'> {
  /**
   * Path that Paggio is mounted under. It alone decides: the host's global prefix and versioning do not apply.
   * @default ''
   */
  path?: string;
  /**
   * Name of this instance, for a second one in the same app.
   * @default 'default'
   */
  name?: string;
  /**
   * Makes `Paggio` injectable everywhere.
   * @default false
   */
  isGlobal?: boolean;
  /**
   * Guards of the host that run before the API key is checked.
   * @default []
   */
  guards?: (Type<CanActivate> | CanActivate)[];
  /**
   * Hears of faults behind an `INTERNAL` answer. With it, the module writes no faults to Nest's logger: those of the
   * background and of handlers then reach the listeners of `Paggio.subscribe` only.
   * @default Nest's logger
   */
  onFault?: (error: unknown, requestId: string) => void;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<PaggioOptions>({
  moduleName: 'Paggio',
})
  .setClassMethodName('forRoot')
  .setExtras<PaggioModuleExtras>({}, (definition) => definition)
  .build();

/** The token of an instance; the class `Paggio` itself for the default one. */
export function getPaggioToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}`);
}

/** The token of a function `(principal) => path | null` that makes a link which signs in to the dashboard once. */
export function getSignInLinkToken(name = 'default'): symbol {
  return Symbol.for(`paggio:${name}:sign-in-link`);
}
