import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createKeyText, createPaggio, type Owner, type PaggioOptions, type Role } from '@paggio/core';
import { Client } from 'pg';
import { Gateway } from './gateway/gateway';
import { SECRET } from './message';

const operator: Owner = { userId: 'operator', mode: 'live' };

/** Retries that end within seconds, so that a run does not wait for hours. */
const RETRY = { max_attempts: 8, base_seconds: 1, factor: 1.5, cap_seconds: 4, floor_seconds: 0.2 };

export interface EndpointOptions {
  destinationUrl: string;
  concurrency?: number;
  timeoutSeconds?: number;
  retry?: object;
}

/** A database with a schema, a key and endpoints: what the processes of one gateway share. */
export class Installation {
  readonly key = createKeyText('live');
  /** Of the endpoints' webhook URLs. */
  readonly paths: string[] = [];
  private readonly masterKey = randomBytes(32);

  private constructor(
    readonly directory: string,
    /** For the ledger itself: it is not cut off when the gateway is. */
    readonly databaseUrl: string,
  ) {}

  /** Makes a database in a cluster, and in it the schema and an endpoint for each of these. */
  static async create(
    clusterUrl: string,
    directory: string,
    endpoints: readonly EndpointOptions[],
  ): Promise<Installation> {
    const name = `ledger_${randomBytes(6).toString('hex')}`;
    await query(clusterUrl, `create database ${name}`);
    const url = new URL(clusterUrl);
    url.pathname = `/${name}`;
    const installation = new Installation(directory, url.href);
    const paggio = createPaggio({
      database: { url: url.href },
      masterKey: installation.masterKey,
      allowedNetworks: ['127.0.0.0/8'],
      publicUrl: 'http://ledger.test',
      roles: ['api'],
    });
    await paggio.start();
    try {
      await paggio.keys.createFirst(operator.userId, installation.key);
      for (const [index, options] of endpoints.entries()) {
        const { endpoint } = await paggio.endpoints.create(operator, {
          name: `ledger ${index + 1}`,
          concurrency: 16,
          timeoutSeconds: 2,
          retry: RETRY,
          verification: { provider: 'github', secrets: [SECRET] },
          ...options,
        });
        installation.paths.push(new URL(endpoint.webhookUrl).pathname);
      }
    } finally {
      await paggio.stop();
    }
    return installation;
  }

  /** A process of this gateway, not started. @param url by which it reaches the database, when not directly */
  gateway(roles: readonly Role[], options: Partial<PaggioOptions> = {}, url = this.databaseUrl): Promise<Gateway> {
    return Gateway.at({
      options: {
        database: { url },
        publicUrl: 'http://ledger.test',
        allowedNetworks: ['127.0.0.0/8'],
        apiRateLimit: null,
        roles,
        ...options,
        masterKey: this.masterKey.toString('hex'),
      },
      logPath: join(this.directory, 'gateway.log'),
    });
  }

  rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.databaseUrl, sql, values);
  }
}

/** Runs a statement as an operator with a console would. */
export async function query<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as Row[];
  } finally {
    await client.end().catch(() => undefined);
  }
}
