import { PaggioError } from '../errors';
import { intervalScheduler } from '../flow/scheduler';
import { typeHints } from '../handlers/handler-registry';
import { isGuessableKey } from '../secrets/master-key';
import type { HintListener } from '../storage/process-hints';
import { isSchemaMissing } from '../storage/sql-errors';
import { startRefusal } from '../storage/start-refusal';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { MaintenancePart } from './maintenance-part';
import type { ManagementPart } from './management-part';

export interface LifecycleParts {
  readonly context: Context;
  readonly database: DatabasePart;
  readonly delivery: DeliveryPart;
  readonly management: ManagementPart;
  readonly maintenance: MaintenancePart;
  readonly hintListener: HintListener;
}

/** Starts the work of this process and ends it, each once and in order. */
export class Lifecycle {
  private started: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private ending = false;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly parts: LifecycleParts) {}

  /** Whether `start` was called. */
  get isStarted(): boolean {
    return this.started !== undefined;
  }

  /** Whether `stop` was called. */
  get isStopping(): boolean {
    return this.stopping !== undefined;
  }

  /** Whether `quiesce` or `stop` was called. */
  get isEnding(): boolean {
    return this.ending;
  }

  start(): Promise<void> {
    this.started ??= this.open();
    return this.started;
  }

  whenEnding(listener: () => void): void {
    if (this.ending) listener();
    else this.endings.push(listener);
  }

  quiesce(): void {
    this.end();
    this.parts.management.feed.stop();
    this.parts.delivery.worker.quiesce();
  }

  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async open(): Promise<void> {
    const { context, database: part, delivery, hintListener, maintenance } = this.parts;
    const { options } = context;
    try {
      await part.database.open();
      this.warn();
      await part.register.enter();
      await this.openHandlers();
      await part.gate.look();
      await part.index.open();
      await part.quota.refresh();
      await part.hints.start(hintListener);
    } catch (error) {
      await part.database.close();
      throw asSchemaProblem(error);
    }
    if (options.roles.has('deliver')) await delivery.worker.open();
    maintenance.periodicWork.start(options.scheduler ?? intervalScheduler);
  }

  /** Reports what is weak about the database and the master key; none of it keeps the gateway from working. */
  private warn(): void {
    const { options, telemetry } = this.parts.context;
    const { weakSettings: settings, role } = this.parts.database.database;
    if (settings.length > 0) telemetry.emit({ type: 'durability.weak', settings });
    if (role.excess.length > 0)
      telemetry.emit({ type: 'role.privileged', role: role.name, rights: role.excess, hint: ROLE_HINT });
    if (isGuessableKey(options.masterKey)) telemetry.emit({ type: 'master_key.guessable' });
  }

  private async openHandlers(): Promise<void> {
    const { database, handlerStore } = this.parts.database;
    const { configurationChanged, registry } = this.parts.delivery;
    const { all } = registry;
    if (all.length === 0) return;
    // Unknown types are allowed, so this only warns. Every host shows Node's warnings.
    for (const hint of all.flatMap(typeHints))
      process.emitWarning(hint, { type: 'PaggioWarning', code: 'PAGGIO_EVENT_TYPE' });
    if (all.some(({ transactional }) => transactional)) await handlerStore.tryTransactions(database.transactions);
    configurationChanged(await handlerStore.register(all));
  }

  private end(): void {
    this.ending = true;
    for (const listener of this.endings.splice(0)) listener();
  }

  private async close(): Promise<void> {
    this.end();
    if (!this.started) return;
    await this.started.catch(() => undefined);
    const { context, database, delivery, management, maintenance } = this.parts;
    management.feed.stop();
    maintenance.periodicWork.stop();
    await management.replayRunner.stop();
    await delivery.worker.stop(context.options.stopGraceMs);
    await database.hints.stop();
    await database.database.close();
  }
}

const ROLE_HINT =
  'Connect as a role that owns the schema paggio and nothing else: docs/deploy.md, "A database role with no more rights than needed".';

/** With `migrations: 'off'`, a missing or outdated schema shows only when a statement needs more of it. */
function asSchemaProblem(error: unknown): unknown {
  if (!isSchemaMissing(error)) return startRefusal(error) ?? error;
  return new PaggioError('CONFLICT', 'The database schema does not match this version of Paggio', {
    hint: 'Run paggio migrate with a user that may change the schema; paggio migrate --sql shows what it does.',
    cause: error,
  });
}
