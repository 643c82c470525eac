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
  /** Every module is ready: what waits from before may come now. */
  private readonly bootstrapped = new Promise<void>((done) => (this.ready = done));

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Registers those that are for an instance.
   * @throws PaggioError what `paggio.on` throws
   */
  register(paggio: Paggio, instance: string): void {
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const prototype = prototypeOf(wrapper);
      // A class that two modules provide is one handler all the same.
      if (!prototype || seen.has(prototype)) continue;
      seen.add(prototype);
      for (const key of this.scanner.getAllMethodNames(prototype)) {
        const subscriptions = subscriptionsOf(prototype[key] as object).filter(
          ({ options }) => (options.instance ?? 'default') === instance,
        );
        // Of several each has a name that does not change when another is added.
        const name = subscriptions.length > 1 ? undefined : `${prototype.constructor.name}.${key}`;
        for (const one of subscriptions) this.subscribe(paggio, wrapper, key, one, name);
      }
    }
  }

  /** Lets handlers run: every module has had its `onModuleInit`. */
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

/** Undefined for values, and for factories whose result has no class that is known before it is made. */
function prototypeOf(wrapper: Wrapper): (Record<string, unknown> & object) | undefined {
  if (wrapper.isNotMetatype || typeof wrapper.metatype !== 'function') {
    const instance = wrapper.instance as object | null | undefined;
    return typeof instance === 'object' && instance !== null
      ? (Object.getPrototypeOf(instance) as Record<string, unknown>)
      : undefined;
  }
  return (wrapper.metatype.prototype as Record<string, unknown> | undefined) ?? undefined;
}
