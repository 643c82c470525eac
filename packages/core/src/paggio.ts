import { Audit } from './audit/audit';
import { Authority } from './keys/authority';
import { Capture } from './capture/capture';
import { CaptureLimits } from './capture/capture-limits';
import { Handshakes } from './capture/handshakes';
import { PublishedKeys } from './verification/published-keys';
import { EventWriter } from './capture/event-writer';
import { RefusalTally } from './capture/refusal-tally';
import { StorageQuota } from './usage/storage-quota';
import { SignedIngest } from './capture/signed-ingest';
import { TestEvents } from './capture/test-event';
import { AddressGuard, type Blocked, type Resolve } from './transport/address-guard';
import { axiosTransport } from './transport/axios-transport';
import { Connector } from './transport/connector';
import { EgressProxy } from './transport/egress-proxy';
import { Hops } from './delivery/hops';
import { TlsTrust } from './transport/tls-trust';
import type { Transport } from './transport/transport';
import { isUndiciPackage, noTransport, noUndici } from './transport/own-undici';
import { undiciTransport } from './transport/undici-transport';
import { Chores } from './maintenance/chores';
import { ClockWatch } from './maintenance/clock-watch';
import { DeliveryWorker } from './delivery/worker';
import { EventFeed } from './feed/event-feed';
import { EndpointDirectory } from './endpoints/endpoint-directory';
import { Endpoints } from './endpoints/endpoints';
import { Routing } from './endpoints/routing';
import { Events } from './events/events';
import type {
  EventSource,
  EventTypeOf,
  Handler,
  HandlerOptions,
  HandlerTransaction,
  PayloadOf,
} from './handlers/handler';
import { HandlerRegistry, typeHints } from './handlers/handler-registry';
import { HandlerRunner } from './handlers/handler-runner';
import { Handlers } from './handlers/handlers';
import { GrowthWatch } from './maintenance/growth-watch';
import { checkArguments } from './rules/operations';
import { Keys } from './keys/keys';
import { PaggioError } from './errors';
import { resolveOptions, type PaggioOptions, type ResolvedOptions } from './options';
import { ChannelSender } from './notifications/channel-sender';
import { Notifications } from './notifications/notifications';
import { Notifier } from './notifications/notifier';
import { toPublishInput, type OwnEvent } from './publish/own-event';
import { Publishing, type PublishedDelivery } from './publish/publishing';
import { Rejections } from './rejections/rejections';
import { BulkReplayRunner } from './replay/bulk-replay-runner';
import { BulkReplays } from './replay/bulk-replays';
import { Replays } from './replay/replays';
import { intervalScheduler } from './flow/scheduler';
import { AuditStore } from './audit/audit-store';
import { Database } from './storage/database';
import { PostgresEndpointLoader } from './endpoints/endpoint-loader';
import { BulkReplayStore } from './replay/bulk-replay-store';
import { EndpointStore } from './endpoints/endpoint-store';
import { ChangeLog } from './events/change-log';
import { EventIndex } from './events/event-index';
import { EventStore } from './events/event-store';
import { HandlerStore } from './handlers/handler-store';
import { KeyStore } from './keys/key-store';
import { isGuessableKey } from './secrets/master-key';
import { MasterKeyRegister } from './secrets/master-key-register';
import { MasterKeyRotation, type RotationOptions, type RotationResult } from './rotation/master-key-rotation';
import { countAlerts, NotificationStore } from './notifications/notification-store';
import { PostgresIntake } from './capture/event-intake';
import { PostgresRecord } from './delivery/delivery-store';
import { PostgresWaker, type WakerListener } from './storage/process-hints';
import { PostgresRejectionLog } from './rejections/rejection-store';
import { PublishStore } from './publish/publish-store';
import { QueueStore } from './delivery/queue-store';
import { ReplayStore } from './replay/replay-store';
import { RequestSeal } from './events/request-seal';
import { Retention } from './events/retention';
import { SealGate } from './secrets/seal-gate';
import { SecretBox } from './secrets/secret-box';
import { startRefusal } from './storage/start-refusal';
import { StatStore } from './stats/stat-store';
import type { Transaction } from './storage/statements';
import { SessionStore } from './sessions/session-store';
import { sweepKeys } from './maintenance/sweep';
import { UsageStore } from './usage/usage-store';
import { VerificationStore } from './verification/verification-store';
import { Words } from './events/dictionary';
import { RefusedSignIns } from './sessions/refused-sign-ins';
import { IDLE_MS, Sessions } from './sessions/sessions';
import { Statistics } from './stats/stats';
import { Telemetry, type Listener } from './telemetry/telemetry';
import { defaultTiming, type Timing } from './flow/timing';
import { Explanations } from './verification/explanations';

export interface Readiness {
  ready: boolean;
  /** What is wrong, for people; null when ready. */
  reason: string | null;
  /** Number of the newest migration in the database; null: it does not answer. */
  migration: number | null;
  /** Seconds that the delivery which has been due for longest waits; 0: none is late. Null: unknown. */
  lagSeconds: number | null;
}

/** Numbers of this moment, for metrics. */
export interface Gauges {
  /** Deliveries that are not over, up to `GAUGE_LIMIT`. */
  pending: number;
  lagSeconds: number;
  /** Destinations that are failing: as in `Health`, of all users. */
  failingDestinations: number;
  /** Everything in Paggio's schema, with its indexes, on the disk of the database. */
  storedBytes: number;
  pools: { pool: string; total: number; idle: number; waiting: number }[];
  /** How far the clock of this process is ahead of the database's, in milliseconds; null: not known yet. */
  clockSkewMs: number | null;
}

/** What tests put in the place of the world outside: names, hosts that are not theirs, and the time that things take. */
export interface Internals {
  resolve?: Resolve;
  transport?: (real: Transport) => Transport;
  timing?: Partial<Timing>;
}

/** A webhook gateway: its use cases, and the work behind them between `start` and `stop`. */
export class Paggio {
  readonly options: ResolvedOptions;
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

  private readonly telemetry = new Telemetry();
  private readonly clock = new ClockWatch(this.telemetry);
  private readonly database: Database;
  private readonly worker: DeliveryWorker;
  private readonly replayRunner: BulkReplayRunner;
  private readonly waker: PostgresWaker;
  private readonly directory: EndpointDirectory;
  private readonly box: SecretBox;
  private readonly register: MasterKeyRegister;
  private readonly rotation: MasterKeyRotation;
  private readonly intake: PostgresIntake;
  private readonly gate: SealGate;
  private readonly queueStore: QueueStore;
  private readonly usage: UsageStore;
  private readonly quota: StorageQuota;
  private readonly index: EventIndex;
  private readonly registry = new HandlerRegistry();
  private readonly handlerStore: HandlerStore;
  private readonly configurationChanged: (version: number) => void;
  private readonly chores: Chores;
  private readonly origins = new Set<string>();
  private mountPath = '';
  private publicBase: string;
  private started: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private ending = false;
  private readonly endings: (() => void)[] = [];

  constructor(options: PaggioOptions, internals: Internals = {}) {
    this.options = resolveOptions(options);
    const timing: Timing = { ...defaultTiming, ...internals.timing };
    this.bodyMs = timing.bodyMs;
    const { roles } = this.options;
    this.publicBase = this.options.publicUrl;
    this.origins.add(new URL(this.publicBase).origin);
    if (this.options.ingestUrl !== null) this.origins.add(this.options.ingestUrl);
    this.database = new Database(this.options, timing);
    this.queueStore = new QueueStore(this.database);
    const unreadable = oncePerMinute((error) => this.telemetry.emit({ type: 'fault', where: 'secrets', error }));
    this.box = new SecretBox(this.options.masterKey, this.options.previousMasterKeys, unreadable);
    this.register = new MasterKeyRegister(this.database, this.box, timing.attendMs);
    this.rotation = new MasterKeyRotation(this.database, this.box, timing.attendMs);
    const observe = (version: number): void => this.directory.observe(version);
    const changed = (version: number): void => {
      observe(version);
      this.waker.announce('change');
      this.worker.reconsider();
    };
    this.configurationChanged = changed;
    const { telemetry } = this;
    const { allowedNetworks, allowedPorts, nat64Prefixes } = this.options;
    const tellBlocked = (blocked: Blocked): void => telemetry.emit({ type: 'address.blocked', ...blocked });
    const guard = new AddressGuard(allowedNetworks, internals.resolve, allowedPorts, tellBlocked, nat64Prefixes);
    const hops = new Hops(this.options.masterKey);
    const { egressProxy, egressProxyTarget, certificateAuthorities } = this.options;
    const trust = new TlsTrust(certificateAuthorities);
    const proxy = egressProxy === null ? null : new EgressProxy(egressProxy, egressProxyTarget, trust);
    const connector = new Connector(guard, trust, proxy);
    const real = this.realTransport(connector);
    const transport = internals.transport?.(real) ?? real;
    const keys = new PublishedKeys(transport);
    this.directory = new EndpointDirectory(
      new PostgresEndpointLoader(this.database, this.box, keys, unreadable, timing.timeoutSecondMs),
    );
    const ownOrigins = (): ReadonlySet<string> => this.origins;
    this.handlerStore = new HandlerStore(this.database, timing.crewMs);
    const endpointStore = new EndpointStore(this.database);
    this.handlers = new Handlers({ store: this.handlerStore, destinations: endpointStore, changed });
    const routing = new Routing({ directory: this.directory, handlers: this.handlerStore, changed });
    const seal = new RequestSeal(this.box);
    this.gate = new SealGate(this.database, timing.crewMs);
    const record = new PostgresRecord(
      this.database.settle,
      this.database.lease,
      observe,
      this.options.pauseFailingAfterMs,
      seal,
      this.gate,
      timing,
    );
    this.worker = new DeliveryWorker({
      record,
      handlers: new HandlerRunner({
        registry: this.registry,
        transactions: this.database.transactions,
        record,
        telemetry: this.telemetry,
        timing,
      }),
      directory: this.directory,
      transport,
      hops,
      telemetry: this.telemetry,
      announce: (what) => this.waker.announce(what),
      maxInFlight: this.options.maxInFlight,
      timing,
    });
    const hints: WakerListener = {
      onWork: () => this.worker.wake(),
      onReplay: () => {
        if (roles.has('deliver')) this.replayRunner.kick();
      },
      onChange: () => {
        this.directory.distrust();
        // Keys that another process has revoked.
        this.keys.distrust();
        this.worker.reconsider();
      },
      onTime: (databaseMs, askedAt, tookMs) => this.clock.compare(databaseMs, askedAt, tookMs),
    };
    this.waker = new PostgresWaker(this.database, hints, timing.reconnectMs);
    const rejectionLog = new PostgresRejectionLog(this.database, seal);
    this.rejections = new Rejections(rejectionLog, this.directory);
    const { directory } = this;
    this.intake = new PostgresIntake(this.database.capture, observe, this.options.dedupWindowMs, timing);
    this.usage = new UsageStore(this.database);
    const { storageQuotaPerEndpoint, storageQuotaPerUser, storageQuotaUnverified } = this.options;
    const quotas = {
      perEndpoint: storageQuotaPerEndpoint,
      perUser: storageQuotaPerUser,
      unverified: storageQuotaUnverified,
    };
    const quota = new StorageQuota(quotas, this.usage);
    this.quota = quota;
    const writer = new EventWriter({
      routing,
      intake: this.intake,
      quota,
      handoff: roles.has('deliver') ? this.worker : null,
      announce: () => this.waker.announce('work'),
      seal,
      gate: this.gate,
      telemetry,
    });
    const wake = (): void => {
      if (roles.has('deliver')) this.worker.wake();
      else this.waker.announce('work');
    };
    const fault = (where: string, error: unknown): void => telemetry.emit({ type: 'fault', where, error });
    this.audit = new Audit(new AuditStore(this.database), (error) => fault('audit', error));
    this.authority = new Authority(this.audit);
    const { audit, authority } = this;
    const mountPath = (): string => this.mountPath;
    this.ingest = new SignedIngest({ directory, writer, quota });
    const webhookBase = (): string =>
      this.options.ingestUrl === null ? this.baseUrl : this.options.ingestUrl + this.mountPath;
    const { bodyLimit } = this.options;
    this.testEvents = new TestEvents({ directory, writer, audit, bodyLimit, mountPath, webhookBase });
    const publishStore = new PublishStore(this.database);
    const wakeSoon = soon(wake);
    this.publishing = new Publishing({
      store: publishStore,
      directory,
      routing,
      quota,
      telemetry,
      mountPath,
      wake,
      wakeSoon,
    });
    this.endpoints = new Endpoints({
      store: endpointStore,
      box: this.box,
      guard,
      webhookBase,
      ownOrigins,
      authority,
      dedupWindowMs: this.options.dedupWindowMs,
      changed,
    });
    const handshakes = new Handshakes({
      transport,
      keepSecret: (endpoint, secret) => this.endpoints.keepVerificationSecret(endpoint, endpoint.id, secret),
    });
    const words = new Words();
    const log = new ChangeLog(this.database);
    const index = new EventIndex(this.database, log, words, countAlerts);
    this.index = index;
    this.events = new Events(new EventStore(this.database, index, words, seal), directory);
    const verifications = new VerificationStore(this.database, this.box);
    const { events, rejections } = this;
    this.explanations = new Explanations({ events, rejections, directory, store: verifications, bodyLimit });
    const refusals = new RefusalTally(telemetry);
    const { captureRateLimit: endpointRate, captureRateLimitPerUser: userRate } = this.options;
    this.capture = new Capture({
      directory,
      limits: new CaptureLimits({ endpoint: endpointRate, user: userRate }),
      quota,
      refusals,
      writer,
      rejections: rejectionLog,
      handshakes,
      bodyLimit,
      explain: (endpoint, request) => this.explanations.explain(endpoint, request),
      telemetry,
      timing,
    });
    this.feed = new EventFeed({ log, events: this.events, telemetry, timing });
    this.stats = new Statistics(new StatStore(this.database), index, endpointStore);
    this.replays = new Replays({
      events: this.events,
      directory: this.directory,
      routing,
      store: new ReplayStore(this.database),
      transport,
      hops,
      guard,
      ownOrigins,
      authority,
      telemetry: this.telemetry,
      stagingHost: this.options.stagingHost,
      localUrl: this.options.localUrl,
      wake,
    });
    this.bulkReplays = new BulkReplays({
      store: new BulkReplayStore(this.database),
      endpoints: endpointStore,
      directory: this.directory,
      routing,
      created: () => {
        if (roles.has('deliver')) this.replayRunner.kick();
        else this.waker.announce('replay');
      },
    });
    this.replayRunner = new BulkReplayRunner({
      replays: this.bulkReplays,
      wake: () => this.worker.wake(),
      onFault: (error) => fault('replays', error),
    });
    const notificationStore = new NotificationStore(this.database, this.box, endpointStore);
    const sender = new ChannelSender(transport);
    this.notifications = new Notifications({ store: notificationStore, guard, ownOrigins, sender, audit });
    const sessionStore = new SessionStore(this.database);
    const { retentionMs } = this.options;
    this.chores = new Chores({
      roles,
      worker: this.worker,
      replays: this.replayRunner,
      waker: this.waker,
      notifier: new Notifier({ store: notificationStore, sender, onFault: (error) => fault('notifications', error) }),
      index,
      gate: this.gate,
      attend: () => this.register.attend().catch(tellOrThrow(unreadable)),
      retention: retentionMs === null ? null : new Retention(this.database, retentionMs),
      quota,
      refusals,
      growth: retentionMs === null ? new GrowthWatch(telemetry, () => this.usage.onDisk()) : null,
      judgeUsage: async () => {
        for (const filled of await this.usage.judge(quotas)) telemetry.emit({ type: 'storage.filling', ...filled });
      },
      sweep: async () => {
        await sweepKeys(this.database);
        await sessionStore.sweep(IDLE_MS);
        await this.bulkReplays.sweep();
        await rejectionLog.sweep();
        await log.sweep(await index.position());
      },
      timing,
      onFault: fault,
    });
    this.keys = new Keys(new KeyStore(this.database), authority, changed, timing.keyCachedMs);
    const refused = new RefusedSignIns(this.keys, this.audit, (happening) => telemetry.emit(happening));
    this.sessions = new Sessions(sessionStore, refused);
    checkArguments(this);
  }

  /** @throws PaggioError `BAD_REQUEST` when this process is to deliver and cannot: nothing may be acknowledged then */
  private realTransport(connector: Connector): Transport {
    const { roles, transport } = this.options;
    if (transport !== 'undici') return axiosTransport(transport.axios, connector);
    if (isUndiciPackage()) return undiciTransport(connector);
    if (roles.has('deliver')) throw noUndici();
    return noTransport;
  }

  /**
   * Connects, migrates and begins to deliver. Called again, it waits for the first call.
   * @throws PaggioError `UNAVAILABLE` or `CONFLICT` with what to do next
   */
  start(): Promise<void> {
    this.started ??= this.open();
    return this.started;
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
    if (this.started) {
      throw new PaggioError('CONFLICT', 'Handlers are registered before start()', {
        hint: 'Call on() first: events that arrive in between would not reach the handler.',
      });
    }
    this.registry.add(source, eventType, handler, options);
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
    return this.ending;
  }

  /** Calls `listener` once, with the first `quiesce` or `stop`: at once when that was before. */
  whenEnding(listener: () => void): void {
    if (this.ending) listener();
    else this.endings.push(listener);
  }

  /** Claims nothing more, while requests are still taken in: the first step of an orderly end. */
  quiesce(): void {
    this.end();
    this.feed.stop();
    this.worker.quiesce();
  }

  /** Stops claiming, finishes what is in flight within the grace time, gives the rest back, and disconnects. */
  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  /** Hears what happens; returns what ends it. */
  subscribe(listener: Listener): () => void {
    return this.telemetry.subscribe(listener);
  }

  /** Called by a host that mounts Paggio below a path: it is part of every `webhook_url`. */
  mountedAt(path: string): void {
    this.mountPath = path;
  }

  /** Called by a host that learns its address late: the base of links, and of `webhook_url` without an `ingestUrl`. */
  publishedAt(publicUrl: string): void {
    this.origins.delete(new URL(this.publicBase).origin);
    this.publicBase = publicUrl.replace(/\/$/, '');
    this.listeningAt(publicUrl);
  }

  /**
   * What a proxy takes away in front of the mount path: empty, or with a slash in front and none at the end. A public URL whose
   * path ends with the mount path names the place of Paggio already, so that part is not counted twice.
   */
  get publicPath(): string {
    const trimmed = new URL(this.publicBase).pathname.replace(/^\/+|(?<!\/)\/+$/g, '');
    const path = trimmed === '' ? '' : `/${trimmed}`;
    return path.endsWith(this.mountPath) ? path.slice(0, path.length - this.mountPath.length) : path;
  }

  /** Where people reach Paggio, with the mount path. Senders may have an origin of their own: `ingestUrl`. */
  get baseUrl(): string {
    return new URL(this.publicBase).origin + this.publicPath + this.mountPath;
  }

  /** Whether people and senders come in by https. */
  isPublicOverTls(): boolean {
    return this.publicBase.startsWith('https:');
  }

  /** An address of this very process. Deliveries to it would come back without end. */
  listeningAt(url: string): void {
    this.origins.add(new URL(url).origin);
  }

  async readiness(): Promise<Readiness> {
    const unknown = { ready: false, migration: null, lagSeconds: null };
    if (!this.started || this.stopping) return { ...unknown, reason: this.stopping ? 'stopping' : 'not started' };
    try {
      const state = await this.queueStore.state();
      // It may answer and store nothing, as with a full disk.
      const reason = this.intake.isTroubled ? 'events cannot be stored' : this.worker.trouble;
      return { ready: reason === null, reason, ...state };
    } catch {
      return { ...unknown, reason: 'the database does not answer' };
    }
  }

  /** @throws when the database does not answer */
  async gauges(): Promise<Gauges> {
    const [{ lagSeconds }, pending, failingDestinations, storedBytes] = await Promise.all([
      this.queueStore.state(),
      this.queueStore.pending(),
      this.queueStore.failing(),
      this.usage.onDisk(),
    ]);
    return {
      pending,
      lagSeconds,
      failingDestinations,
      storedBytes,
      pools: this.database.pools(),
      clockSkewMs: this.clock.skewMs,
    };
  }

  /**
   * Encrypts everything that is stored under one of `previousMasterKeys` again under `masterKey`, beside all other work:
   * the same as `paggio rotate-master-key`.
   * @throws PaggioError `CONFLICT` when a secret cannot be decrypted, or when another process goes on encrypting under an
   *   older key; what could be encrypted again has been
   */
  async rotateMasterKey(options: RotationOptions = {}): Promise<RotationResult> {
    try {
      const result = await this.rotation.run(options);
      const { keyId, values, removable } = result;
      if (!options.dryRun) this.telemetry.emit({ type: 'master_key.rotated', keyId, values, removable });
      return result;
    } catch (error) {
      if (!options.signal?.aborted) this.telemetry.emit({ type: 'fault', where: 'master_key', error });
      throw error;
    }
  }

  private async open(): Promise<void> {
    try {
      await this.database.open();
      this.warn();
      await this.register.enter();
      await this.openHandlers();
      await this.gate.look();
      await this.index.open();
      await this.quota.refresh();
      await this.waker.start();
    } catch (error) {
      await this.database.close();
      throw asSchemaProblem(error);
    }
    if (this.options.roles.has('deliver')) await this.worker.open();
    this.chores.start(this.options.scheduler ?? intervalScheduler);
  }

  /** Reports what is weak about the database; none of it keeps the gateway from working. */
  private warn(): void {
    const { weakSettings: settings, role } = this.database;
    if (settings.length > 0) this.telemetry.emit({ type: 'durability.weak', settings });
    if (role.excess.length > 0)
      this.telemetry.emit({ type: 'role.privileged', role: role.name, rights: role.excess, hint: ROLE_HINT });
    if (isGuessableKey(this.options.masterKey)) this.telemetry.emit({ type: 'master_key.guessable' });
  }

  private async openHandlers(): Promise<void> {
    const { all } = this.registry;
    if (all.length === 0) return;
    // Unknown types are legal, so this stops nothing. Every host shows warnings of Node.
    for (const hint of all.flatMap(typeHints))
      process.emitWarning(hint, { type: 'PaggioWarning', code: 'PAGGIO_EVENT_TYPE' });
    if (all.some(({ transactional }) => transactional))
      await this.handlerStore.tryTransactions(this.database.transactions);
    this.configurationChanged(await this.handlerStore.register(all));
  }

  private end(): void {
    this.ending = true;
    for (const listener of this.endings.splice(0)) listener();
  }

  private async close(): Promise<void> {
    this.end();
    if (!this.started) return;
    await this.started.catch(() => undefined);
    this.feed.stop();
    this.chores.stop();
    await this.replayRunner.stop();
    await this.worker.stop(this.options.stopGraceMs);
    await this.waker.stop();
    await this.database.close();
  }
}

/** An error that says what the operator has to do goes to `tell`. */
function tellOrThrow(tell: (error: Error) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof PaggioError)) throw error;
    tell(error);
  };
}

const TOLD_MS = 60_000;
const MAX_TOLD = 100;

/** Passes on each error once a minute, told apart by its message: in a flood of requests the log stays readable. */
function oncePerMinute(tell: (error: Error) => void): (error: Error) => void {
  const told = new Map<string, number>();
  return (error) => {
    const now = performance.now();
    if (now - (told.get(error.message) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return;
    if (told.size >= MAX_TOLD) told.clear();
    told.set(error.message, now);
    tell(error);
  };
}

/** With `migrations: 'off'` a schema that is missing or behind shows in a statement that needs more of it. */
function asSchemaProblem(error: unknown): unknown {
  const { code } = error as { code?: string };
  // Undefined table, column and schema.
  if (code !== '42P01' && code !== '42703' && code !== '3F000') return startRefusal(error) ?? error;
  return new PaggioError('CONFLICT', 'The database has not the schema that this version of Paggio needs', {
    hint: 'Run paggio migrate with a user that may change the schema; paggio migrate --sql shows what it does.',
    cause: error,
  });
}

/** After these times a transaction that is about to commit usually has. A late one is found by the next look for work. */
const ROLE_HINT =
  'Connect as a role that owns the schema paggio and nothing else: docs/deploy.md, "A database role with no more rights than needed".';

const SOON_MS = [20, 100, 400];

/** Calls `wake` a few times in a while, however often it is asked to. */
function soon(wake: () => void): () => void {
  const waiting = new Set<number>();
  return () => {
    for (const ms of SOON_MS) {
      if (waiting.has(ms)) continue;
      waiting.add(ms);
      setTimeout(() => {
        waiting.delete(ms);
        wake();
      }, ms).unref();
    }
  };
}

/**
 * A gateway on a PostgreSQL of yours. Nothing is connected before `start`.
 * @example
 * const paggio = createPaggio({ database: { url: process.env.DATABASE_URL }, masterKey: process.env.PAGGIO_MASTER_KEY });
 * await paggio.start();
 * @throws PaggioError `BAD_REQUEST` that names every wrong option
 */
export function createPaggio(options: PaggioOptions): Paggio {
  return new Paggio(options);
}
