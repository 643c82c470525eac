import type { RetryInput, RetryPolicy } from '../endpoints/retry-policy';
import type { Duration } from '../input/duration';
import type { Mode } from '../principal';
import type { Transaction } from '../storage/statements';
import type { WebhookEvent } from './webhook-event';

/**
 * What payloads look like, by source and event type. Empty: the app declares those it knows, and its handlers are typed.
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
 * What the app's transactions are, where that is more than a `query`.
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

/** Sources with declared types are offered; every other text is allowed too. */
export type EventSource = keyof WebhookEvents | (string & {});
export type EventTypeOf<Source> =
  (Source extends keyof WebhookEvents ? keyof WebhookEvents[Source] & string : never) | (string & {});

/** Nothing is declared: what the handler says its payload is, it is. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Undeclared = any;

/** The declared payload of a source and type; all that a pattern may meet; `any` where nothing is declared. */
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
  /** Of a transactional handler: the transaction that its delivery is settled in. Paggio commits it and rolls it back. */
  readonly tx: Tx;
  /** Aborted when the time is up, when another process has taken the delivery over, and at the end of a stop. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
}

/**
 * Returns: delivered. Throws: tried again by the retry policy, or given up for a `PermanentFailure`. Typed as a method is,
 * so that a handler may say more exactly what its `tx` is: `HandlerContext<EntityManager>`, `HandlerContext<PoolClient>`.
 */
export type Handler<Payload = unknown, Tx = undefined> = {
  handle(event: WebhookEvent<Payload>, context: HandlerContext<Tx>): unknown;
}['handle'];

export interface HandlerOptions {
  /**
   * What the handler is known by in the database: 1 to 100 letters, digits and `. _ : * , / -`. Deliveries that wait
   * belong to the name. Another name is another handler.
   * @default source and types, such as `stripe:invoice.paid`
   */
  name?: string;
  /**
   * Runs the handler in a database transaction, which also settles the delivery: what it writes and that it was done
   * become true together, or neither.
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
  /** Only of these endpoints: ids, slugs or names. Names belong to users: give `userId` too where users make endpoints. */
  endpoint?: string | readonly string[];
  /** Only of this user's endpoints. @default everybody's */
  userId?: string;
  /** Events of test endpoints should not do what live ones do. @default 'live' */
  mode?: Mode | 'any';
  /**
   * Also events whose sender nobody vouches for: of endpoints without verification anybody can send them.
   * @default false
   */
  unverified?: boolean;
}

/** A handler as it was registered, with its settings checked. */
export interface RegisteredHandler {
  name: string;
  source: string;
  /** Empty: all. */
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
