import {
  ConfigurableModuleBuilder,
  type CanActivate,
  type FactoryProvider,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { PaggioError, rules, type PaggioOptions, type Shape } from '@paggio/core';
import { mountOptions, type MountOptions } from '@paggio/http';
import type { HostRequest } from './paggio.http-adapter';

/**
 * The options of the module itself. Nest needs them when the module is defined, so `forRootAsync` takes them next to
 * its factory. `resolveUser` and `allow` get the framework's request for the API, after the guards, and Node's own
 * request for the dashboard, which is answered before the framework runs.
 */
export interface PaggioModuleExtras extends Omit<MountOptions<HostRequest>, 'onFault' | 'path'> {
  /**
   * The path that Paggio is mounted under, such as `/hooks`. The host's global prefix and versions are not added to it.
   * @default ''
   */
  path?: string;
  /**
   * The name of this instance, for an app that has several: 1 to 100 characters. `@InjectPaggio(name)` injects it.
   * @default 'default'
   */
  name?: string;
  /**
   * Makes `Paggio` injectable in every module of the app.
   * @default false
   */
  isGlobal?: boolean;
  /**
   * Guards of the host for the management API. They run before Paggio checks the API key.
   * @default []
   */
  guards?: (Type<CanActivate> | CanActivate)[];
  /**
   * Called with the error behind each `INTERNAL` answer. If it is given, the module logs no faults at all. Listeners of
   * `Paggio.subscribe` still get those of background work and of handlers.
   * @default faults are logged with Nest's logger
   */
  onFault?: (error: unknown, requestId: string) => void;
}

/** The options of `PaggioModule.forRoot`: those of Paggio, and those of the module. */
export interface PaggioModuleOptions extends PaggioOptions, PaggioModuleExtras {}

/** A class that makes Paggio's options, for `useClass` and `useExisting` of `PaggioModule.forRootAsync`. */
export interface PaggioOptionsFactory {
  create(): PaggioOptions | Promise<PaggioOptions>;
}

/**
 * The options of `PaggioModule.forRootAsync`: one of `useFactory`, `useClass` and `useExisting` for Paggio's options, and the
 * options of the module itself.
 */
export interface PaggioModuleAsyncOptions extends PaggioModuleExtras, Pick<ModuleMetadata, 'imports'> {
  /** Makes Paggio's options. Its parameters are the providers that `inject` names. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  useFactory?: (...dependencies: any[]) => PaggioOptions | Promise<PaggioOptions>;
  /**
   * Tokens of the providers that `useFactory` gets, in the order of its parameters.
   * @default []
   */
  inject?: FactoryProvider['inject'];
  /** A class that Nest instantiates to make Paggio's options. */
  useClass?: Type<PaggioOptionsFactory>;
  /** A provider of an imported module that makes Paggio's options. */
  useExisting?: Type<PaggioOptionsFactory>;
  /**
   * Providers of the parent module, for a module that passes on asynchronous options of its own. Those that `inject`
   * names become providers of this module too.
   * @default []
   */
  provideInjectionTokensFrom?: Provider[];
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<PaggioOptions>({
  moduleName: 'Paggio',
})
  .setClassMethodName('forRoot')
  .build();

const { anything, flag, list, optional, text } = rules;

/** The rules of the module's own options. Every other option is one of `createPaggio`. */
export const extraShapes: Record<keyof PaggioModuleExtras, Shape> = {
  ...mountOptions,
  name: optional(text(1, 100)),
  isGlobal: optional(flag),
  guards: optional(list(anything)),
};

/** The rules of the options of `forRootAsync`. */
export const asyncShapes: Record<keyof PaggioModuleAsyncOptions, Shape> = {
  ...extraShapes,
  useFactory: anything,
  useClass: anything,
  useExisting: anything,
  inject: anything,
  imports: anything,
  provideInjectionTokensFrom: anything,
};

const isExtra = (key: string): boolean => Object.hasOwn(extraShapes, key);

/** Paggio's own options, without those of the module. */
export function runtimeOptions(options: PaggioModuleOptions): PaggioOptions {
  return Object.fromEntries(Object.entries(options).filter(([key]) => !isExtra(key))) as PaggioOptions;
}

/**
 * Checks the options that the factory of `forRootAsync` returned. An option of the module would have no effect there,
 * and an app that sets `guards` must not start without them.
 * @throws PaggioError `BAD_REQUEST` that names the options of the module
 */
export function refuseExtras(made: PaggioOptions): void {
  const details = Object.keys(made)
    .filter(isExtra)
    .map((field) => ({
      field,
      message: `${field} is an option of forRootAsync itself, not of what its factory returns.`,
    }));
  if (details.length === 0) return;
  throw new PaggioError('BAD_REQUEST', `Paggio cannot start: ${details.map(({ message }) => message).join(' ')}`, {
    hint: 'Move the options named in details out of the factory: forRootAsync({ guards, useFactory }).',
    details,
  });
}

/** The options of the module that say what is mounted, and how. */
export function mountOptionsOf(extras: PaggioModuleExtras): MountOptions<HostRequest> {
  return Object.fromEntries(Object.entries(extras).filter(([key]) => Object.hasOwn(mountOptions, key)));
}
