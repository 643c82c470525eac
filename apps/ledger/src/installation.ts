import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createKeyText, migrate, type PaggioOptions, type Role } from '@paggio/core';
import { Client } from 'pg';
import { Gateway } from './gateway/gateway';
import { setUp, type EndpointOptions, type SetUp } from './gateway/set-up';

/** What the processes of one gateway share: a database with the schema, a key and endpoints. */
export class Installation {
  readonly key = createKeyText('live');
  /** Paths of the endpoints' webhook URLs. */
  paths: string[] = [];
  private readonly masterKey = randomBytes(32).toString('hex');

  private constructor(
    readonly directory: string,
    /** The ledger's own URL of the database, which still works when the gateway is cut off. */
    public databaseUrl: string,
  ) {}

  /** An empty database in a cluster. */
  static async empty(clusterUrl: string, directory: string): Promise<Installation> {
    return new Installation(directory, await createDatabase(clusterUrl, 'template1'));
  }

  /**
   * A database with the schema of this version, copied from a template that is made once for each cluster.
   * @param tablespace where the database is stored. Default: with the others
   */
  static async fresh(clusterUrl: string, directory: string, tablespace?: string): Promise<Installation> {
    let template = templates.get(clusterUrl);
    if (!template) {
      template = createDatabase(clusterUrl, 'template1').then(async (url) => {
        await migrate(url);
        return new URL(url).pathname.slice(1);
      });
      templates.set(clusterUrl, template);
    }
    return new Installation(directory, await createDatabase(clusterUrl, await template, tablespace));
  }

  /**
   * Makes the schema, the key, and an endpoint for each of these options.
   * @param how the code that does it. Default: that of this version
   */
  async setUp(
    endpoints: readonly EndpointOptions[],
    how: (settings: SetUp) => Promise<string[]> = setUp,
  ): Promise<void> {
    const { databaseUrl, key, masterKey } = this;
    this.paths = await how({ databaseUrl, key, masterKey, endpoints });
  }

  /** Drops the database, when no process uses it any more. */
  async drop(clusterUrl: string): Promise<void> {
    await query(clusterUrl, `drop database ${new URL(this.databaseUrl).pathname.slice(1)} with (force)`);
  }

  /** Call this when the same database is on another server. */
  movedTo(clusterUrl: string): void {
    const url = new URL(clusterUrl);
    url.pathname = new URL(this.databaseUrl).pathname;
    this.databaseUrl = url.href;
  }

  /** A process of this gateway, not started. @param url how it reaches the database. Default: directly */
  gateway(roles: readonly Role[], options: Partial<PaggioOptions> = {}, url = this.databaseUrl): Promise<Gateway> {
    return Gateway.at({
      options: {
        database: { url },
        publicUrl: 'http://ledger.test',
        allowedNetworks: ['127.0.0.0/8'],
        apiRateLimit: null,
        roles,
        ...options,
        masterKey: this.masterKey,
      },
      logPath: join(this.directory, 'gateway.log'),
    });
  }

  rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.databaseUrl, sql, values);
  }
}

/** Names of the databases to copy, by the URL of their cluster. */
const templates = new Map<string, Promise<string>>();

async function createDatabase(clusterUrl: string, template: string, tablespace = 'pg_default'): Promise<string> {
  const name = `ledger_${randomBytes(6).toString('hex')}`;
  await query(clusterUrl, `create database ${name} template ${template} tablespace ${tablespace}`);
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs a statement on a connection of its own, as an operator with a console would. */
export async function query<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query(sql, values)).rows as Row[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A connection for many statements in a row, because making one takes longer than most statements. */
export class KeptConnection {
  private kept: { url: string; client: Promise<Client> } | undefined;

  constructor(private readonly installation: Pick<Installation, 'databaseUrl'>) {}

  /** Connects again if the connection has failed, or if the database has moved to another server. */
  async rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const { databaseUrl: url } = this.installation;
    if (this.kept?.url !== url) await this.close();
    this.kept ??= { url, client: connect(url) };
    try {
      return (await (await this.kept.client).query(sql, values)).rows as Row[];
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.client.then((client) => client.end()).catch(() => undefined);
  }
}
