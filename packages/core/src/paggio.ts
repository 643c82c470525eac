import { PaggioAdmin } from './assembly/admin';
import { assemble, type Assembly } from './assembly/assemble';
import { PaggioHost } from './assembly/host';
import type { Readiness } from './assembly/process-status';
import { PaggioError } from './errors';
import type {
  EventSource,
  EventTypeOf,
  Handler,
  HandlerOptions,
  HandlerTransaction,
  PayloadOf,
} from './handlers/handler';
import type { PaggioOptions } from './options';
import { toPublishInput, type OwnEvent } from './publish/own-event';
import type { PublishedDelivery } from './publish/publishing';
import { checkArguments } from './rules/operations';
import type { Transaction } from './storage/statements';
import type { TelemetryEventType, TelemetryListener } from './telemetry/telemetry';

/** A webhook gateway: its use cases, and the work that it does between `start` and `stop`. `createPaggio` makes one. */
export class Paggio {
  /** Endpoints, events, replays, keys and everything else that the management API offers. */
  readonly admin: PaggioAdmin;
  /** For adapters of web frameworks. */
  readonly host: PaggioHost;
  private readonly assembly: Assembly;

  constructor(assembly: Assembly) {
    this.assembly = assembly;
    this.admin = new PaggioAdmin(assembly);
    this.host = new PaggioHost(assembly);
    checkArguments(this);
  }

  /**
   * Connects, migrates and begins to deliver. A second call waits for the first.
   * @throws PaggioError `UNAVAILABLE` or `CONFLICT` with what to do next
   */
  start(): Promise<void> {
    return this.assembly.lifecycle.start();
  }

  /**
   * Makes a function of the app a destination for every event from `source` with this type, at any endpoint. It has the
   * same attempts, retries, pauses, replays and dead letters as a URL. Call it before `start`.
   * @param source name of a provider, `api` for events that the app publishes, `*` for any
   * @param eventType exact, a prefix with `.*`, `*` for every type, or a list of these
   * @example
   * paggio.on('stripe', 'invoice.paid', async (event) => markPaid(event.payload));
   * paggio.on('stripe', 'invoice.paid', (event, { tx }) => markPaid(tx, event.payload), { transactional: true });
   * @throws PaggioError `BAD_REQUEST` with everything that is wrong; `CONFLICT` for a second handler with the same
   *   name, or after `start`
   */
  on<Source extends EventSource, Type extends EventTypeOf<Source>>(
    source: Source,
    eventType: Type | readonly Type[],
    handler: Handler<PayloadOf<Source, Type>, HandlerTransaction>,
    options: HandlerOptions & { transactional: true },
  ): this;
  on<Source extends EventSource, Type extends EventTypeOf<Source>>(
    source: Source,
    eventType: Type | readonly Type[],
    handler: Handler<PayloadOf<Source, Type>>,
    options?: HandlerOptions & { transactional?: false },
  ): this;
  on(
    source: string,
    eventType: string | readonly string[],
    handler: Handler<never, HandlerTransaction & undefined>,
    options?: HandlerOptions,
  ): this {
    if (this.assembly.lifecycle.isStarted) {
      throw new PaggioError('CONFLICT', 'Handlers are registered before start()', {
        hint: 'Call on() first: events that arrive in between would not reach the handler.',
      });
    }
    this.assembly.delivery.registry.add(source, eventType, handler, options);
    return this;
  }

  /**
   * Publishes an event of the app to its user's endpoints. With `tx` it is written in a transaction of the app (a pg
   * client, or TypeORM's EntityManager): it exists when that commits, and never if it does not. It is delivered within
   * about a second of the commit.
   * @throws PaggioError `VALIDATION_FAILED`, `NOT_FOUND` when an endpoint is not the user's, `IDEMPOTENCY_KEY_CONFLICT`
   */
  async publish(event: OwnEvent, options: { tx?: Transaction } = {}): Promise<PublishedDelivery[]> {
    const { options: settings, publishing } = this.host;
    const { owner, input } = toPublishInput(event, options, settings.bodyLimit);
    return publishing.publish(owner, input, options.tx);
  }

  /** Stops claiming, finishes attempts under way within the grace time, releases the rest, and disconnects. */
  stop(): Promise<void> {
    return this.assembly.lifecycle.stop();
  }

  /**
   * Calls `listener` for every telemetry event, or for those of one type. Exceptions of a listener are ignored.
   * @returns a function that ends the subscription
   * @example
   * const unsubscribe = paggio.subscribe('destination.paused', ({ reason }) => alert(reason));
   * @throws PaggioError `VALIDATION_FAILED` for a type that does not exist
   */
  subscribe(listener: TelemetryListener): () => void;
  subscribe<Type extends TelemetryEventType>(type: Type, listener: TelemetryListener<Type>): () => void;
  subscribe(typeOrListener: TelemetryEventType | TelemetryListener, listener?: TelemetryListener): () => void {
    const { telemetry } = this.assembly.context;
    return typeof typeOrListener === 'function'
      ? telemetry.subscribe(typeOrListener)
      : telemetry.subscribeTo(typeOrListener, listener as TelemetryListener);
  }

  /** Whether this process can take its part in the work. Never rejects. */
  readiness(): Promise<Readiness> {
    return this.assembly.status.readiness();
  }
}

/**
 * Makes a gateway on your PostgreSQL database. Nothing is connected before `start`.
 * @example
 * const paggio = createPaggio({
 *   database: { url: process.env.DATABASE_URL! },
 *   masterKey: process.env.PAGGIO_MASTER_KEY!,
 * });
 * await paggio.start();
 * @throws PaggioError `BAD_REQUEST` that names every wrong option
 */
export function createPaggio(options: PaggioOptions): Paggio {
  return new Paggio(assemble(options));
}
