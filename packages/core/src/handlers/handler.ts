import type { RetryInput, RetryPolicy } from '../endpoints/retry-policy';
import type { Duration } from '../input/duration';
import type { Mode } from '../principal';
import type { Transaction } from '../storage/statements';
import type { WebhookEvent } from './webhook-event';

/**
 * The types of payloads, by source and event type. It is empty: the app declares the payloads that it knows, and so
 * types its handlers.
 * @example
 * declare module '@paggio/core' {
 *   interface WebhookEvents {
 *     stripe: { 'invoice.paid': Stripe.InvoicePaidEvent };
 *   }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface WebhookEvents {}

/**
 * The type of the app's transactions, if they have more than a `query`.
 * @example
 * declare module '@paggio/core' {
 *   interface HandlerTypes {
 *     transaction: EntityManager;
 *   }
 * }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface HandlerTypes {}

/** The `tx` of a transactional handler. */
export type HandlerTransaction = HandlerTypes extends { transaction: infer T } ? T : Transaction;

/** The editor offers sources with declared types. Every other text is allowed too. */
export type EventSource = keyof WebhookEvents | (string & {});
export type EventTypeOf<Source> =
  (Source extends keyof WebhookEvents ? keyof WebhookEvents[Source] & string : never) | (string & {});

/** Without a declaration, the payload has the type that the handler gives it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Undeclared = any;

/**
 * The declared payload of a source and type. A pattern gets the union of all that match. `any` when nothing is
 * declared.
 */
export type PayloadOf<Source, Type> = Source extends keyof WebhookEvents
  ? DeclaredPayload<WebhookEvents[Source], Type>
  : Undeclared;
type DeclaredPayload<Declared, Type> = [MatchingTypes<Declared, Type>] extends [never]
  ? Undeclared
  : Declared[MatchingTypes<Declared, Type>];
type MatchingTypes<Declared, Type> = Type extends '*'
  ? keyof Declared
  : Type extends `${infer Prefix}.*`
    ? Extract<keyof Declared, `${Prefix}.${string}`>
    : Extract<keyof Declared, Type>;

export interface HandlerContext<Tx = undefined> {
  /**
   * The transaction of a transactional handler, which also settles its delivery. Paggio commits it or rolls it back.
   */
  readonly tx: Tx;
  /** Aborted when the time is up, when another process has taken over the delivery, and at the end of a stop. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
}

/**
 * A function of the app that handles events. If it returns, the event counts as delivered. If it throws, the retry
 * policy decides about another attempt, and a `PermanentFailure` ends the delivery. It has the type of a method, so
 * that a handler may give its `tx` a more exact type, such as `HandlerContext<EntityManager>` or
 * `HandlerContext<PoolClient>`.
 */
export type Handler<Payload = unknown, Tx = undefined> = {
  handle(event: WebhookEvent<Payload>, context: HandlerContext<Tx>): unknown;
}['handle'];

export interface HandlerOptions {
  /**
   * The name of the handler in the database: 1 to 100 letters, digits and `. _ : * , / -`. Pending deliveries belong to
   * the name, so a new name makes another handler.
   * @default source and types, such as `stripe:invoice.paid`
   */
  name?: string;
  /**
   * Runs the handler in a database transaction that also settles the delivery. The handler's writes and the result of
   * the delivery are committed together, or neither is.
   * @default false
   */
  transactional?: boolean;
  /**
   * Longest time of an attempt: whole seconds from `'1s'` to `'1h'`. After it the attempt's signal is aborted, and the
   * attempt has failed.
   * @default the endpoint's
   */
  timeout?: Duration;
  /** @default the endpoint's */
  retry?: RetryInput;
  /** Attempts at the same time, of all processes together (1 to 1000). @default the endpoint's */
  concurrency?: number;
  /**
   * Handles only events of these endpoints, given as ids, slugs or names. Two users may use the same name, so set
   * `userId` too if users create endpoints.
   * @default all endpoints
   */
  endpoint?: string | readonly string[];
  /** Handles only events of this user's endpoints. @default the endpoints of all users */
  userId?: string;
  /** Handles events of endpoints in this mode, because test events should not act like live ones. @default 'live' */
  mode?: Mode | 'any';
  /**
   * Handles unverified events too. Anybody can send such events to an endpoint without verification.
   * @default false
   */
  unverified?: boolean;
}

/** A handler as it was registered, with its settings checked. */
export interface RegisteredHandler {
  name: string;
  source: string;
  /** An empty list means all types. */
  eventTypes: readonly string[];
  endpoints: readonly string[];
  userId: string | null;
  mode: Mode | null;
  unverified: boolean;
  timeoutSeconds: number | null;
  retry: RetryPolicy | null;
  concurrency: number | null;
  transactional: boolean;
  handle: Handler<unknown, HandlerTransaction | undefined>;
}
