import * as driver from 'pg';
import { Pool, type PoolConfig } from 'pg';
import { ConnectPause } from './connect-pause';
import type { Connection } from './connection';
import { PaggioError } from '../errors';
import { defaultTiming, type Timing } from '../flow/timing';
import { apiKeySchema } from './entities/api-key';
import { destinationSchema } from './entities/destination';
import { endpointSchema } from './entities/endpoint';
import { migrations, SCHEMA_PROBE } from './migrations';
import { OpenConnections } from './open-connections';
import { QuietSource } from './quiet-source';
import { refuseTransactionPooler } from './pooler';
import { refuseOtherDatabase } from './same-database';
import { readOnly, startRefusal, unreachable } from './start-refusal';
import { handlerSettings, sessionSettings, type SessionLimits } from './session-settings';
import { QuietClient, SurvivingClient, type OwnClientConfig } from './surviving-client';
import {
  DataSourceTransactions,
  OwnTransactions,
  PoolTransactions,
  type HostTransactions,
  type TransactionSource,
} from './transaction-source';

export interface DatabaseRole {
  name: string;
  excess: readonly ('SUPERUSER' | 'BYPASSRLS')[];
}

export interface DatabaseSettings {
  connection: Connection;
  /** Whether a start migrates the schema, checks it, or only probes for the newest migration. */
  migrations: 'on-start' | 'check' | 'off';
  /** Where transactions for handlers come from; null for connections of Paggio's own. */
  transactions: HostTransactions | null;
  transactionConnections: number;
  /** A statement for every new connection of `lease`. */
  leaseSession?: string | undefined;
}

/**
 * The limit for idle transactions of handlers, which wait for what the handler does. It exceeds the longest timeout.
 */
const IDLE_HANDLER_MS = 90_000;

/** How long `close` waits for connections that do not say that they have closed. */
const CLOSE_MS = 1_000;

/** Connections: 2 capture, 2 settle, 2 lease, 4 management and 1 to listen; for transactional handlers up to 4 more. */
export class Database {
  /** For the group commit and look-ups that senders wait for, so that no slow read can hold up an acknowledgement. */
  readonly capture: Pool;
  /** For the results of deliveries. */
  readonly settle: Pool;
  /**
   * For claims and renewals. Their commits do not wait for the disk: if a crash of the database forgets a lease, the
   * delivery is due again, as if its worker had died. Settling comes after it and waits for the disk.
   */
  readonly lease: Pool;
  /** For the transactions of handlers. */
  readonly transactions: TransactionSource;
  /** For management rows and lists, with TypeORM's repositories for endpoints and keys. */
  readonly source: QuietSource;
  /** Server settings that weaken durability, such as `fsync = off`. Known once the database is open. */
  weakSettings: readonly string[] = [];
  /** The role of the connections, with rights that Paggio does not need. Known once the database is open. */
  role: DatabaseRole = { name: '', excess: [] };

  private readonly pause = new ConnectPause();
  private readonly connections = new OpenConnections();

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly timing: Timing = defaultTiming,
  ) {
    this.capture = this.pool('capture', 'durable');
    this.settle = this.pool('settle', 'durable');
    this.lease = this.pool('lease', 'forgetful', settings.leaseSession);
    const host = settings.transactions;
    if (host === null) this.transactions = new OwnTransactions(() => this.handlerPool(settings.transactionConnections));
    else if ('pool' in host) this.transactions = new PoolTransactions(host.pool);
    else this.transactions = new DataSourceTransactions(host.dataSource);
    this.source = new QuietSource({
      type: 'postgres',
      // TypeORM would look for the driver by its name, and would not find it in a bundle.
      driver,
      schema: 'paggio',
      database: settings.connection.database,
      entities: [endpointSchema, destinationSchema, apiKeySchema],
      migrations,
      migrationsTableName: 'migrations',
      synchronize: false,
      installExtensions: false,
      logging: false,
      poolSize: 4,
      connectTimeoutMS: this.timing.connectMs,
      applicationName: applicationName('management'),
      poolErrorHandler: () => undefined,
      extra: {
        ...settings.connection,
        Client: QuietClient,
        // Some periodic work comes once a minute, and with a shorter time it would open its connections each time.
        idleTimeoutMillis: 90_000,
        pause: this.pause,
        open: this.connections,
        query_timeout: this.timing.queryMs,
        setUp: this.setUpFor('default'),
      },
    });
  }

  /**
   * Connects and brings the schema up to date, or checks it.
   * @throws PaggioError `UNAVAILABLE` when the database does not answer now; `CONFLICT` when its schema is behind, or when it
   *   cannot be used as it is, with the next step
   */
  async open(): Promise<void> {
    try {
      await this.check();
      await this.source.initialize();
      if (this.settings.migrations === 'on-start') await this.migrate();
      else if (this.settings.migrations === 'off') await this.rows(SCHEMA_PROBE);
      else if (this.settings.migrations === 'check' && (await this.behind())) {
        throw new PaggioError('CONFLICT', 'The database schema is older than this version of Paggio', {
          hint: 'Run paggio migrate with a user that may change the schema (paggio migrate --sql shows what it does), or start with migrations: "on-start".',
        });
      }
    } catch (error) {
      await this.close();
      throw startRefusal(error) ?? error;
    }
  }

  /** Resolves when the server has ended the sessions too, or after a second. */
  async close(): Promise<void> {
    await Promise.allSettled([
      this.capture.end(),
      this.settle.end(),
      this.lease.end(),
      this.transactions.close(),
      this.source.isInitialized ? this.source.destroy() : Promise.resolve(),
    ]);
    await this.connections.closed(CLOSE_MS);
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

  /**
   * Rows of a short look-up that a sender waits for, such as an endpoint or a key. Slow lists may hold every connection of
   * management for seconds, so this takes a connection of `capture`.
   * @param name the name of the prepared statement; the same for the same text
   */
  async lookUp<T extends object>(name: string, text: string, values: unknown[] = []): Promise<T[]> {
    this.source.checkOpen();
    return (await this.capture.query<T>({ name, text, values })).rows;
  }

  /**
   * Returns a client with its own connection, for LISTEN and for locks that belong to a connection. A `probe` keeps the
   * settings of the role and the database, because nothing is known about the server yet.
   */
  client(purpose: 'listen' | 'boot' | 'probe'): SurvivingClient {
    return new QuietClient({
      ...this.settings.connection,
      application_name: applicationName(purpose),
      connectionTimeoutMillis: this.timing.connectMs,
      query_timeout: this.timing.queryMs,
      keepAlive: true,
      ...(purpose === 'probe' ? {} : { setUp: this.setUpFor('default') }),
    });
  }

  /** The server limits the time of every statement. The driver does too, for a network that swallows packets. */
  private setUpFor(commit: SessionLimits['commit'], planning: SessionLimits['planning'] = 'for_values'): string {
    const { statementMs, idleTransactionMs } = this.timing;
    return sessionSettings({ statementMs, idleTransactionMs, commit, planning });
  }

  private pool(purpose: string, commit: SessionLimits['commit'], session?: string): Pool {
    return this.survivor(purpose, {
      max: 2,
      idleTimeoutMillis: 0,
      query_timeout: this.timing.queryMs,
      // These pools run the same few statements again and again. Planning one takes several times as long as running it.
      setUp: [this.setUpFor(commit, 'once'), ...(session === undefined ? [] : [session])].join('; '),
    });
  }

  /**
   * Makes the pool for handlers. It does not limit single statements, because a handler has its own timeout. It runs
   * statements of the app, so errors stay whole, and parsers and other settings are those of the app, its role and its
   * database.
   */
  private handlerPool(max: number): Pool {
    return this.survivor('handler', {
      Client: SurvivingClient,
      max,
      connectionTimeoutMillis: 0,
      setUp: handlerSettings(IDLE_HANDLER_MS),
    });
  }

  private survivor(purpose: string, config: PoolConfig & OwnClientConfig): Pool {
    const own: PoolConfig & OwnClientConfig = {
      ...this.settings.connection,
      Client: QuietClient,
      pause: this.pause,
      open: this.connections,
      application_name: applicationName(purpose),
      connectionTimeoutMillis: this.timing.connectMs,
      keepAlive: true,
      ...config,
    };
    const pool = new Pool(own);
    // The pool emits an error when the connection of an idle client ends.
    pool.on('error', () => undefined);
    return pool;
  }

  /** Checks, before anything is written, what the server is and whether the app's connections lead to it too. */
  private async check(): Promise<void> {
    const client = this.client('probe');
    try {
      await client.connect();
      const { rows } = await client.query<Boot>(BOOT);
      const [boot] = rows as [Boot];
      await refuseTransactionPooler(client, boot.pid, () => this.client('probe'));
      const problem = problemOf(boot);
      if (problem !== null) throw problem;
      this.weakSettings = boot.weak;
      this.role = { name: boot.role, excess: boot.excess };
      if (this.settings.transactions !== null) {
        // Limits of the role could end the session that holds the lock.
        await client.query(this.setUpFor('default'));
        await refuseOtherDatabase(client, this.transactions);
      }
    } catch (error) {
      throw unreachable(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async behind(): Promise<boolean> {
    const [row] = await this.rows<{
      present: boolean;
    }>(`select to_regclass('paggio.migrations') is not null as present`);
    if (!row?.present) return true;
    const done = await this.rows<{ name: string }>('select name from paggio.migrations');
    return this.source.migrations.some((migration) => !done.some(({ name }) => name === migration.name));
  }

  /**
   * Migrates the schema, one process at a time. It polls for the lock, because a session that waits inside
   * `pg_advisory_lock` holds a snapshot that can block another session's index build for ever.
   */
  private async migrate(): Promise<void> {
    // Most starts have nothing to migrate, and need no lock to know it.
    if (!(await this.behind())) return;
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
          throw new PaggioError('UNAVAILABLE', 'Another process has held the migration lock for a minute', {
            hint: 'Another process may still be migrating: look for "paggio boot" in pg_stat_activity, then start again.',
            retryAfterSeconds: 5,
          });
        await new Promise((done) => setTimeout(done, 50));
      }
      if (!(await this.behind())) return;
      // Asked first, because CREATE SCHEMA IF NOT EXISTS needs the right to create even if the schema exists.
      const { rows } = await lock.query<{ present: boolean }>(
        `select to_regnamespace('paggio') is not null as present`,
      );
      if (!rows[0]?.present) await lock.query('create schema paggio');
      await this.source.runMigrations({ transaction: 'each' });
    } finally {
      // Ending the session releases its lock, even if a migration failed.
      await lock.end().catch(() => undefined);
    }
  }
}

interface Boot {
  pid: number;
  version: string;
  standby: boolean;
  readonly: boolean;
  encoding: string;
  weak: string[];
  role: string;
  excess: DatabaseRole['excess'];
}

// Runs on a connection without settings of ours, so it reads those of the role and the database.
const BOOT = `
  select pg_backend_pid() as pid, current_user as role,
    array(select right_name from pg_roles, lateral (values ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls)) as r (right_name, held)
      where rolname = current_user and held) as excess,
    current_setting('server_version_num') as version, pg_is_in_recovery() as standby,
    current_setting('default_transaction_read_only')::boolean as readonly, current_setting('server_encoding') as encoding,
    array(select name || ' = off' from unnest(array['fsync', 'full_page_writes']) name where current_setting(name) = 'off')
      || array(select 'synchronous_commit = off (overridden on the connections of Paggio)'
        where current_setting('synchronous_commit') = 'off') as weak`;

function problemOf({ version, standby, readonly, encoding }: Boot): PaggioError | null {
  const major = Math.floor(Number(version) / 10_000);
  if (major < 14)
    return new PaggioError('CONFLICT', `Paggio needs PostgreSQL 14 or newer; this is ${major}`, {
      hint: 'Point the database URL to a newer server.',
    });
  if (encoding !== 'UTF8')
    return new PaggioError('CONFLICT', `The database has the encoding ${encoding}, but Paggio needs UTF8`, {
      hint: `Create another database with create database <name> encoding 'UTF8' template template0, and point the database URL to it.`,
    });
  if (standby)
    return new PaggioError('UNAVAILABLE', 'The database is a read-only standby', {
      hint: 'Point the database URL to the primary.',
      retryAfterSeconds: 5,
    });
  return readonly ? readOnly() : null;
}

/** The name in `pg_stat_activity`. It shows which connections of an app are Paggio's, and what they are for. */
function applicationName(purpose: string): string {
  return `paggio ${purpose}`;
}

const MIGRATION_LOCK = 7_236_611_893;
