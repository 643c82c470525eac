import type { DataSource } from 'typeorm';
import { Pool, type PoolConfig } from 'pg';
import { PaggioError } from '../errors';
import type { ResolvedOptions } from '../options';
import { apiKeySchema } from './entities/api-key';
import { destinationSchema } from './entities/destination';
import { endpointSchema } from './entities/endpoint';
import { migrations, SCHEMA_PROBE } from './migrations';
import { QuietSource } from './quiet-source';
import { QuietClient, SurvivingClient } from './surviving-client';
import {
  DataSourceTransactions,
  OwnTransactions,
  PoolTransactions,
  type TransactionSource,
} from './transaction-source';

export interface DatabaseRole {
  name: string;
  excess: readonly ('SUPERUSER' | 'BYPASSRLS')[];
}

export interface DatabaseSettings {
  connection: PoolConfig;
  /** What the boot is allowed to do to the schema. */
  migrations: 'on-start' | 'check' | 'off';
  transactions: ResolvedOptions['transactions'];
  transactionConnections: number;
}

// Every statement is bounded on both sides: by the server, and by the driver for a network that swallows packets.
const STATEMENT_TIMEOUT_MS = 8_000;
const QUERY_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A process that stands still in the middle of a transaction loses its locks after this, before others give up on them. */
const IDLE_TRANSACTION_MS = 5_000;
/** The same for the transactions of handlers, which wait for what the handler does: the longest time-out and more. */
const IDLE_HANDLER_MS = 90_000;

/** Connections: 2 capture, 2 settle, 2 lease, 4 management and 1 to listen; for transactional handlers up to 4 more. */
export class Database {
  /** Writes of the group commit, so that no slow read can hold up an acknowledgement. */
  readonly capture: Pool;
  /** What became of deliveries. */
  readonly settle: Pool;
  /**
   * Claims and renewals. They do not wait for the disk: a lease that a crash of the database forgets is a delivery that
   * is due again, as if its worker had died. What is settled is written after it and waits.
   */
  readonly lease: Pool;
  /** Of handlers. */
  readonly transactions: TransactionSource;
  /** Management rows and lists, with TypeORM's repositories for endpoints and keys. */
  readonly source: DataSource;
  /** Settings of the server that let it forget what it has committed. Known once it is open. */
  weakSettings: readonly string[] = [];
  /** The role that it connects as, with the rights that it does not need. Known once it is open. */
  role: DatabaseRole = { name: '', excess: [] };

  constructor(private readonly settings: DatabaseSettings) {
    this.capture = this.pool('capture', 2, DURABLE);
    this.settle = this.pool('settle', 2, DURABLE);
    this.lease = this.pool('lease', 2, `set synchronous_commit = off`);
    const host = settings.transactions;
    if (host === null) this.transactions = new OwnTransactions(() => this.handlerPool(settings.transactionConnections));
    else if ('pool' in host) this.transactions = new PoolTransactions(host.pool);
    else this.transactions = new DataSourceTransactions(host.dataSource);
    this.source = new QuietSource({
      type: 'postgres',
      schema: 'paggio',
      ...typeormConnection(settings.connection),
      entities: [endpointSchema, destinationSchema, apiKeySchema],
      migrations,
      migrationsTableName: 'migrations',
      synchronize: false,
      installExtensions: false,
      logging: false,
      poolSize: 4,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      applicationName: applicationName('management'),
      poolErrorHandler: () => undefined,
      extra: {
        Client: QuietClient,
        statement_timeout: STATEMENT_TIMEOUT_MS,
        query_timeout: QUERY_TIMEOUT_MS,
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      },
    });
  }

  /**
   * Connects and brings the schema up to date, or checks it.
   * @throws PaggioError `UNAVAILABLE` when the database does not answer, `CONFLICT` when its schema is behind
   */
  async open(): Promise<void> {
    try {
      await this.check();
      await this.source.initialize();
      if (this.settings.migrations === 'on-start') await this.migrate();
      else if (this.settings.migrations === 'off') await this.rows(SCHEMA_PROBE);
      else if (this.settings.migrations === 'check' && (await this.behind())) {
        throw new PaggioError('CONFLICT', 'The database schema is behind this version of Paggio', {
          hint: 'Run paggio migrate with a user that may change the schema (paggio migrate --sql shows what it does), or start with migrations: "on-start".',
        });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      this.capture.end(),
      this.settle.end(),
      this.lease.end(),
      this.transactions.close(),
      this.source.isInitialized ? this.source.destroy() : Promise.resolve(),
    ]);
  }

  /** How busy the pools are; management's is TypeORM's own. */
  pools(): { pool: string; total: number; idle: number; waiting: number }[] {
    const { capture, settle, lease } = this;
    const driver = this.source.driver as unknown as { master?: Pool };
    return Object.entries({ capture, settle, lease, management: driver.master }).flatMap(([name, pool]) =>
      pool ? [{ pool: name, total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }] : [],
    );
  }

  /** Rows of a management query. */
  rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    return this.source.query<T[]>(sql, values);
  }

  /** A connection of its own, for LISTEN and for locks that belong to a connection. */
  client(purpose: 'listen' | 'boot'): SurvivingClient {
    return new QuietClient({
      ...this.settings.connection,
      application_name: applicationName(purpose),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
  }

  private pool(purpose: string, max: number, setUp: string): Pool {
    return this.survivor(purpose, {
      max,
      idleTimeoutMillis: 0,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      onConnect: async (client) => void (await client.query(setUp)),
    });
  }

  /**
   * Without limits for single statements: a handler has the time that it was given. Its errors are whole, as it runs
   * statements of the app.
   */
  private handlerPool(max: number): Pool {
    return this.survivor('handler', {
      Client: SurvivingClient,
      max,
      connectionTimeoutMillis: 0,
      idle_in_transaction_session_timeout: IDLE_HANDLER_MS,
      onConnect: async (client) => void (await client.query(DURABLE)),
    });
  }

  private survivor(purpose: string, config: PoolConfig): Pool {
    const pool = new Pool({
      ...this.settings.connection,
      Client: QuietClient,
      application_name: applicationName(purpose),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      ...config,
    });
    // The pool tells of idle clients whose connection ended.
    pool.on('error', () => undefined);
    return pool;
  }

  private async check(): Promise<void> {
    const client = this.client('boot');
    try {
      await client.connect();
      const { rows } = await client.query<Boot>(BOOT);
      const version = Number(rows[0]?.version);
      if (version < 140_000) {
        throw new PaggioError('CONFLICT', `PostgreSQL 14 or newer is needed; this is ${Math.floor(version / 10_000)}`, {
          hint: 'Point the database URL to a newer server.',
        });
      }
      this.weakSettings = rows[0]?.weak ?? [];
      this.role = { name: rows[0]?.role ?? '', excess: rows[0]?.excess ?? [] };
      if (rows[0]?.readonly) throw unavailable('The database is a read-only standby', undefined);
    } catch (error) {
      throw error instanceof PaggioError ? error : unreachable(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async behind(): Promise<boolean> {
    const [row] = await this.rows<{
      present: boolean;
    }>(`select to_regclass('paggio.migrations') is not null as present`);
    return !row?.present || (await this.source.showMigrations());
  }

  /**
   * One process at a time, whoever comes first. The lock is polled for: a session that waits inside
   * `pg_advisory_lock` holds a snapshot that can block another's index build for ever.
   */
  private async migrate(): Promise<void> {
    const lock = this.client('boot');
    await lock.connect();
    try {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const { rows } = await lock.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
          MIGRATION_LOCK,
        ]);
        if (rows[0]?.held) break;
        if (performance.now() > deadline)
          throw unavailable('Another process has held the migration lock for a minute', undefined);
        await new Promise((done) => setTimeout(done, 50));
      }
      if (!(await this.behind())) return;
      // Asked first, because CREATE SCHEMA IF NOT EXISTS needs the right to create even when it is there.
      const { rows } = await lock.query<{ present: boolean }>(
        `select to_regnamespace('paggio') is not null as present`,
      );
      if (!rows[0]?.present) await lock.query('create schema paggio');
      await this.source.runMigrations({ transaction: 'each' });
    } finally {
      // Ending the session releases its lock, also when the statement above failed.
      await lock.end().catch(() => undefined);
    }
  }
}

interface Boot {
  version: string;
  readonly: boolean;
  weak: string[];
  role: string;
  excess: DatabaseRole['excess'];
}

// `synchronous_commit` is not among them: our own sessions set it.
const BOOT = `
  select current_user as role,
    array(select right_name from pg_roles, lateral (values ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls)) as r (right_name, held)
      where rolname = current_user and held) as excess,
    current_setting('server_version_num') as version, pg_is_in_recovery() as readonly,
    array(select name || ' = off' from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off' order by name) as weak`;

// An acknowledgement promises a commit on disk, whatever the role's default is.
const DURABLE = `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')`;

/** What `pg_stat_activity` shows: which connections of an app are Paggio's, and what for. */
function applicationName(purpose: string): string {
  return `paggio ${purpose}`;
}

const MIGRATION_LOCK = 7_236_611_893;

function typeormConnection(connection: PoolConfig): object {
  const { connectionString, user, ...rest } = connection;
  return connectionString ? { url: connectionString, ...rest } : { username: user, ...rest };
}

/** What a connection that cannot be made means. */
export function unreachable(cause: unknown): PaggioError {
  return unavailable(`The database does not answer: ${reason(cause)}`, cause);
}

function unavailable(message: string, cause: unknown): PaggioError {
  return new PaggioError('UNAVAILABLE', message, {
    hint: 'Check the database URL, that the server runs, and that this machine may connect to it.',
    retryAfterSeconds: 5,
    cause,
  });
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0]) return reason(error.errors[0]);
  return error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
}
