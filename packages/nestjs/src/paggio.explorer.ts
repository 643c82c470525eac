import type { Type } from '@nestjs/common';
import { ContextIdFactory, MetadataScanner, type DiscoveryService, type ModuleRef } from '@nestjs/core';
import type { HandlerContext, Paggio, WebhookEvent } from '@paggio/core';
import { subscriptionsOf, type Subscription } from './on-webhook';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (event: WebhookEvent, context: HandlerContext<unknown>) => unknown;

/** Finds the methods of the app's providers and controllers that are marked with `OnWebhook`. */
export class PaggioExplorer {
  private readonly scanner = new MetadataScanner();
  private ready: () => void = () => undefined;
  /** Resolves when every module of the app is ready. Events that waited for the app are handled after that. */
  private readonly bootstrapped = new Promise<void>((done) => (this.ready = done));

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Registers the methods that are for one instance.
   * @throws PaggioError as `paggio.on` does
   */
  register(paggio: Paggio, instance: string): void {
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const prototype = prototypeOf(wrapper);
      // A class that two modules provide is still one handler.
      if (!prototype || seen.has(prototype)) continue;
      seen.add(prototype);
      for (const key of this.scanner.getAllMethodNames(prototype)) {
        const subscriptions = subscriptionsOf(prototype[key] as object).filter(
          ({ options }) => (options.instance ?? 'default') === instance,
        );
        // With several decorators, the name of each handler follows from its source and types, so that it does not
        // change when another decorator is added.
        const name = subscriptions.length > 1 ? undefined : `${prototype.constructor.name}.${key}`;
        for (const one of subscriptions) this.subscribe(paggio, wrapper, key, one, name);
      }
    }
  }

  /** Lets handlers run. It is called after the `onModuleInit` of every module. */
  open(): void {
    this.ready();
  }

  private subscribe(
    paggio: Paggio,
    wrapper: Wrapper,
    key: string,
    { source, eventType, options }: Subscription,
    name: string | undefined,
  ): void {
    const { instance: _instance, ...settings } = options;
    const call: Method = async (event, context) => {
      await this.bootstrapped;
      const target = await this.instanceOf(wrapper, event);
      return (target[key] as Method)(event, context);
    };
    paggio.on(source, eventType, call, { name, ...settings } as never);
  }

  private async instanceOf(wrapper: Wrapper, event: WebhookEvent): Promise<Record<string, Method>> {
    if (wrapper.isDependencyTreeStatic()) return wrapper.instance as Record<string, Method>;
    const contextId = ContextIdFactory.create();
    this.moduleRef.registerRequestByContextId(event, contextId);
    return this.moduleRef.resolve<Record<string, Method>>(wrapper.token as Type, contextId, { strict: false });
  }
}

/**
 * The prototype with the methods of a provider. Primitive values, and results that a factory has not made yet, have no
 * prototype.
 */
function prototypeOf(wrapper: Wrapper): (Record<string, unknown> & object) | undefined {
  if (wrapper.isNotMetatype || typeof wrapper.metatype !== 'function') {
    const instance = wrapper.instance as object | null | undefined;
    return typeof instance === 'object' && instance !== null
      ? (Object.getPrototypeOf(instance) as Record<string, unknown>)
      : undefined;
  }
  return (wrapper.metatype.prototype as Record<string, unknown> | undefined) ?? undefined;
}
