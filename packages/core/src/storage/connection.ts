import { userInfo } from 'node:os';
import { Client, defaults, type ClientConfig, type PoolConfig } from 'pg';

/** Where a database is and how to sign in. It is complete, so pg takes nothing from elsewhere. */
export type Connection = Pick<
  PoolConfig & { sslnegotiation?: string; enableChannelBinding?: boolean; scramMaxIterations?: number },
  | 'host'
  | 'port'
  | 'user'
  | 'password'
  | 'database'
  | 'ssl'
  | 'options'
  | 'stream'
  | 'client_encoding'
  | 'sslnegotiation'
  | 'enableChannelBinding'
  | 'scramMaxIterations'
>;

/** The defaults of pg before an app changes them. */
const STOCK = {
  host: 'localhost',
  port: 5432,
  user: undefined,
  database: undefined,
  password: null,
  connectionString: undefined,
  ssl: false,
  sslnegotiation: undefined,
  client_encoding: '',
  options: undefined,
  binary: false,
};

/**
 * Resolves a configuration of pg as pg does: a URL takes precedence over single fields, and `PG...` variables over
 * defaults. The defaults are those of pg itself and not `pg.defaults`, which the app may have set for its own database.
 * @throws the error of pg for a URL that it cannot read, or for a file that the URL names
 */
export function resolveConnection(config: ClientConfig & Partial<Connection>): Connection {
  const { user, password, database, host, port, ssl, options, sslnegotiation } = withStockDefaults(
    () => (new Client(config) as unknown as { connectionParameters: Connection }).connectionParameters,
  );
  const name = user ?? systemUser();
  return {
    host,
    port,
    user: name,
    // Named here, because pg makes it not enumerable.
    password: password ?? undefined,
    database: database ?? name,
    ssl: ssl ?? false,
    options,
    client_encoding: 'UTF8',
    sslnegotiation: sslnegotiation ?? 'postgres',
    ...(config.stream ? { stream: config.stream } : {}),
    ...(config.enableChannelBinding === undefined ? {} : { enableChannelBinding: config.enableChannelBinding }),
    ...(config.scramMaxIterations === undefined ? {} : { scramMaxIterations: config.scramMaxIterations }),
  };
}

/** Nobody else sees the changed defaults, because `work` is synchronous. */
function withStockDefaults<T>(work: () => T): T {
  const shared = defaults as unknown as Record<string, unknown>;
  const kept = Object.fromEntries(Object.keys(STOCK).map((name) => [name, shared[name]]));
  Object.assign(shared, STOCK);
  try {
    return work();
  } finally {
    Object.assign(shared, kept);
  }
}

/** The user of the operating system, which libpq would take too. */
function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
