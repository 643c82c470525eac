import { assemble, type Assembly } from './assembly/assemble';
import type { Gauges, Readiness } from './assembly/process-status';
import type { Audit } from './audit/audit';
import type { Capture } from './capture/capture';
import type { SignedIngest } from './capture/signed-ingest';
import type { TestEvents } from './capture/test-event';
import type { Endpoints } from './endpoints/endpoints';
import { PaggioError } from './errors';
import type { Events } from './events/events';
import type { EventFeed } from './feed/event-feed';
import type {
  EventSource,
  EventTypeOf,
  Handler,
  HandlerOptions,
  HandlerTransaction,
  PayloadOf,
} from './handlers/handler';
import type { Handlers } from './handlers/handlers';
import type { Authority } from './keys/authority';
import type { Keys } from './keys/keys';
import type { Notifications } from './notifications/notifications';
import type { PaggioOptions, ResolvedOptions } from './options';
import type { PublicAddress } from './public-address';
import { toPublishInput, type OwnEvent } from './publish/own-event';
import type { PublishedDelivery, Publishing } from './publish/publishing';
import type { Rejections } from './rejections/rejections';
import type { BulkReplays } from './replay/bulk-replays';
import type { Replays } from './replay/replays';
import type { RotationOptions, RotationResult } from './rotation/master-key-rotation';
import { checkArguments } from './rules/operations';
import type { Sessions } from './sessions/sessions';
import type { Statistics } from './stats/stats';
import type { Transaction } from './storage/statements';
import type { Listener } from './telemetry/telemetry';
import type { Explanations } from './verification/explanations';

/** A webhook gateway: its use cases, and the work behind them between `start` and `stop`. `createPaggio` makes one. */
export class Paggio {
  readonly options: ResolvedOptions;
  readonly address: PublicAddress;
  readonly capture: Capture;
  readonly ingest: SignedIngest;
  readonly publishing: Publishing;
  readonly testEvents: TestEvents;
  readonly endpoints: Endpoints;
  readonly events: Events;
  readonly replays: Replays;
  readonly bulkReplays: BulkReplays;
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly authority: Authority;
  readonly feed: EventFeed;
  readonly stats: Statistics;
  readonly notifications: Notifications;
  readonly rejections: Rejections;
  readonly explanations: Explanations;
  readonly handlers: Handlers;

  /** A sender has this long to send a body, in milliseconds. */
  readonly bodyMs: number;

  private readonly assembly: Assembly;

  constructor(assembly: Assembly) {
    this.assembly = assembly;
    const { capture, context, management } = assembly;
    this.options = context.options;
    this.address = context.address;
    this.bodyMs = context.timing.bodyMs;
    this.capture = capture.capture;
    this.ingest = capture.ingest;
    this.publishing = capture.publishing;
    this.testEvents = capture.testEvents;
    this.endpoints = management.endpoints;
    this.events = management.events;
    this.replays = management.replays;
    this.bulkReplays = management.bulkReplays;
    this.keys = management.keys;
    this.sessions = management.sessions;
    this.audit = management.audit;
    this.authority = management.authority;
    this.feed = management.feed;
    this.stats = management.stats;
    this.notifications = management.notifications;
    this.rejections = management.rejections;
    this.explanations = management.explanations;
    this.handlers = management.handlers;
    checkArguments(this);
  }

  /**
   * Connects, migrates and begins to deliver. Called again, it waits for the first call.
   * @throws PaggioError `UNAVAILABLE` or `CONFLICT` with what to do next
   */
  start(): Promise<void> {
    return this.assembly.lifecycle.start();
  }

  /**
   * Makes a function of the app a destination: of every event from `source` with this type, at whatever endpoint. It has
   * the same attempts, retries, pause, replays and dead letters as a URL. To be called before `start`.
   * @param source name of a provider, `api` for what the app publishes, `*` for any
   * @param eventType exact, a prefix with `.*`, `*` for every type, or a list of these
   * @example
   * paggio.on('stripe', 'invoice.paid', async (event) => markPaid(event.payload));
   * paggio.on('stripe', 'invoice.paid', (event, { tx }) => markPaid(tx, event.payload), { transactional: true });
   * @throws PaggioError `BAD_REQUEST` with everything that is wrong; `CONFLICT` for a second one of a name, or after `start`
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
    const { owner, input } = toPublishInput(event, options, this.options.bodyLimit);
    return this.publishing.publish(owner, input, options.tx);
  }

  /** Whether `quiesce` or `stop` was called: requests that arrive slowly are then no longer waited for. */
  get isEnding(): boolean {
    return this.assembly.lifecycle.isEnding;
  }

  /** Calls `listener` once, with the first `quiesce` or `stop`: at once when that was before. */
  whenEnding(listener: () => void): void {
    this.assembly.lifecycle.whenEnding(listener);
  }

  /** Claims nothing more, while requests are still taken in: the first step of an orderly end. */
  quiesce(): void {
    this.assembly.lifecycle.quiesce();
  }

  /** Stops claiming, finishes what is in flight within the grace time, gives the rest back, and disconnects. */
  stop(): Promise<void> {
    return this.assembly.lifecycle.stop();
  }

  /** Hears what happens; returns what ends it. */
  subscribe(listener: Listener): () => void {
    return this.assembly.context.telemetry.subscribe(listener);
  }

  /** Whether this process can take its part in the work. Never rejects. */
  readiness(): Promise<Readiness> {
    return this.assembly.status.readiness();
  }

  /** @throws when the database does not answer */
  gauges(): Promise<Gauges> {
    return this.assembly.status.gauges();
  }

  /**
   * Encrypts everything that is stored under one of `previousMasterKeys` again under `masterKey`, beside all other work:
   * the same as `paggio rotate-master-key`.
   * @throws PaggioError `CONFLICT` when a secret cannot be decrypted, or when another process goes on encrypting under an
   *   older key; what could be encrypted again has been
   */
  async rotateMasterKey(options: RotationOptions = {}): Promise<RotationResult> {
    const { context, database } = this.assembly;
    try {
      const result = await database.rotation.run(options);
      const { keyId, values, removable } = result;
      if (!options.dryRun) context.telemetry.emit({ type: 'master_key.rotated', keyId, values, removable });
      return result;
    } catch (error) {
      if (!options.signal?.aborted) context.reportFault('master_key', error);
      throw error;
    }
  }
}

/**
 * A gateway on a PostgreSQL of yours. Nothing is connected before `start`.
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
