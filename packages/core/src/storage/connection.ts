import { userInfo } from 'node:os';
import { Client, defaults, type ClientConfig, type PoolConfig } from 'pg';

/** Where a database is and how to get in, with nothing left open that pg would take from somewhere else. */
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

/** The values that pg has before an app changes them. */
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
 * Resolves a configuration of pg as pg does: a URL goes before single fields, and `PG...` variables before defaults. The
 * defaults are those of pg itself and not `pg.defaults`, which the app may have set for a database of its own.
 * @throws what pg throws for a URL that it cannot read, or for a file that the URL names
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
    // Named apart, because it is not enumerable there.
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

/** `work` is synchronous, so nobody else sees the defaults meanwhile. */
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

/** The user that libpq would take too. */
function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
