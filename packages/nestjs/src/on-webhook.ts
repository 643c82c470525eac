import {
  checkInput,
  rules,
  type Arguments,
  type EventSource,
  type EventTypeOf,
  type Handler,
  type HandlerOptions,
  type HandlerTransaction,
  type PayloadOf,
} from '@paggio/core';

export const ON_WEBHOOK = Symbol.for('paggio:on-webhook');

/** The events that a method handles. */
export interface Subscription {
  source: string;
  eventType: string | readonly string[];
  options: OnWebhookOptions;
}

export interface OnWebhookOptions extends HandlerOptions {
  /**
   * Name of the Paggio instance, for an app that has several.
   * @default 'default'
   */
  instance?: string;
}

const decoratorOptions: Arguments = [
  ['options', rules.members({ instance: rules.optional(rules.text(1, 100)) }, { open: true })],
];

type Decorator<Payload, Tx> = <T extends Handler<Payload, Tx>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/**
 * Makes a method of a provider or controller a destination of events, as `paggio.on` does. Its name in the database is
 * `<Class>.<method>` unless the options give one. Guards, pipes, interceptors and filters of the app do not run,
 * because they are for requests. A new request-scoped provider is made for each event, with the event as its `REQUEST`.
 * @param source the name of a provider, `api` for events that the app publishes, or `*` for any
 * @param eventType an exact type, a prefix with `.*`, `*` for every type, or a list of these
 * @example
 * class Invoices {
 *   \@OnWebhook('stripe', 'invoice.paid', { transactional: true })
 *   async paid(event: WebhookEvent<Stripe.Event>, { tx }: HandlerContext<EntityManager>): Promise<void> {}
 * }
 */
export function OnWebhook<Source extends EventSource, Type extends EventTypeOf<Source>>(
  source: Source,
  eventType: Type | readonly Type[],
  options: OnWebhookOptions & { transactional: true },
): Decorator<PayloadOf<Source, Type>, HandlerTransaction>;
export function OnWebhook<Source extends EventSource, Type extends EventTypeOf<Source>>(
  source: Source,
  eventType: Type | readonly Type[],
  options?: OnWebhookOptions & { transactional?: false },
): Decorator<PayloadOf<Source, Type>, undefined>;
export function OnWebhook(
  source: string,
  eventType: string | readonly string[],
  options: OnWebhookOptions = {},
): MethodDecorator {
  checkInput(decoratorOptions, [options]);
  return (_target, _key, descriptor) => {
    const method = descriptor.value as object;
    const before = subscriptionsOf(method);
    Reflect.defineMetadata(ON_WEBHOOK, [...before, { source, eventType, options }], method);
  };
}

export function subscriptionsOf(method: object): readonly Subscription[] {
  return (Reflect.getMetadata(ON_WEBHOOK, method) as Subscription[] | undefined) ?? [];
}
