import { unknownOption } from '../input/shape';
import { resolveConnection, type Connection } from './connection';
import type { TransactionalDataSource, TransactionalPool } from './transaction-source';

/**
 * The parts of a host's TypeORM DataSource (0.3 or 1) that Paggio uses: where its database is, and transactions for
 * handlers. Paggio reads and writes its own tables on its own connections.
 */
export interface HostDataSource extends Partial<TransactionalDataSource> {
  options: object;
}

/** The parts of a host's pool of `pg` that Paggio uses: its configuration, and transactions for handlers. */
export interface HostPool extends TransactionalPool {
  options: object;
}

/** Where the database is. `password` is called for each new connection. */
export type DatabaseOption =
  { url: string; password?: () => string | Promise<string> } | { dataSource: HostDataSource } | { pool: HostPool };

type Fail = (field: string, message: string) => void;
type Settings = Record<string, unknown>;

/** Settings of pg that say where the database is. Paggio takes over all of them. */
const taken: ReadonlySet<string> = new Set([
  'connectionString',
  'host',
  'port',
  'user',
  'password',
  'database',
  'ssl',
  'sslnegotiation',
  'options',
  'stream',
  'enableChannelBinding',
  'scramMaxIterations',
]);

/** Settings of pg that say how the app uses its connections, not where they lead. Paggio ignores them. */
const ofTheApp: ReadonlySet<string> = new Set([
  'max',
  'min',
  'poolSize',
  'idleTimeoutMillis',
  'connectionTimeoutMillis',
  'allowExitOnIdle',
  'maxUses',
  'maxLifetimeSeconds',
  'log',
  'Promise',
  'onConnect',
  'verify',
  'types',
  'binary',
  'pipeline',
  'client_encoding',
  'application_name',
  'fallback_application_name',
  'statement_timeout',
  'query_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'keepAlive',
  'keepAliveInitialDelayMillis',
]);

interface Given {
  url?: unknown;
  password?: unknown;
  dataSource?: unknown;
  pool?: unknown;
}
const names = ['url', 'password', 'dataSource', 'pool'];

/** Returns the connection that an option describes. Reports every mistake to `fail`. */
export function connectionOf(database: DatabaseOption | undefined, fail: Fail): Connection {
  const given = (typeof database === 'object' && database !== null ? database : {}) as Given;
  for (const name of Object.keys(given))
    if (!names.includes(name)) fail('database', `database.${name}: ${unknownOption(name, names)}`);
  if ('url' in given) return ofUrl(given.url, given.password, fail);
  if ('password' in given) fail('database', 'database.password goes with database.url only.');
  if ('dataSource' in given) return ofDataSource(given.dataSource, fail);
  if ('pool' in given) return ofPool(given.pool, fail);
  fail('database', 'database must be { url: "postgres://..." }, { dataSource } or { pool: a Pool of pg }.');
  return {};
}

function ofUrl(url: unknown, password: unknown, fail: Fail): Connection {
  if (url === undefined || url === null || url === '') {
    fail('database', `database.url is ${url === '' ? 'empty' : String(url)}: is the environment variable set?`);
    return {};
  }
  const problem = typeof url === 'string' ? databaseUrlProblem(url) : 'must be a string.';
  if (problem !== null) {
    fail('database', `database.url ${problem}`);
    return {};
  }
  const connection = resolve({ connectionString: url }, 'database.url', fail);
  if (password === undefined) return connection;
  if (typeof password !== 'function')
    fail('database', 'database.password must be a function that returns the password.');
  return { ...connection, password: password as () => string };
}

/** Says what is wrong with the URL of a database, in words that follow its name; null if nothing is. */
export function databaseUrlProblem(url: string): string | null {
  if (!/^postgres(ql)?:\/\/./.test(url)) return SHAPE;
  const authority = /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host.includes(',') || url.split(/[?&]/).some((part) => /^host=/.test(part) && /,|%2c/i.test(part)))
    return 'names several hosts, which is not supported: give the host that takes writes, or a name that leads to it.';
  try {
    resolveConnection({ connectionString: url });
  } catch (error) {
    return unreadable(error);
  }
  return null;
}

const SHAPE = 'must look like postgres://user:password@host:5432/name.';

function unreadable(error: unknown): string {
  if (error instanceof URIError)
    return 'cannot be decoded: write a % in the user, password or name as %25 (percent-encoding).';
  const { code, path, message } = error as { code?: string; path?: string; message?: string };
  if (typeof path === 'string') return `names a file that cannot be read (${String(code)}): ${path}.`;
  if (code === 'ERR_INVALID_URL')
    return `${SHAPE.slice(0, -1)}; percent-encode other characters than letters and digits in user and password.`;
  return `is not understood: ${String(message)}`;
}

function ofDataSource(dataSource: unknown, fail: Fail): Connection {
  const options = (dataSource as { options?: unknown } | null | undefined)?.options;
  if (typeof options !== 'object' || options === null) {
    fail('database', 'database.dataSource must be a DataSource of TypeORM.');
    return {};
  }
  const { type, replication, extra, ...single } = options as Settings;
  if (type !== 'postgres') fail('database', 'database.dataSource must be a DataSource of type postgres.');
  const master = replication === undefined || replication === null ? single : (replication as Settings)['master'];
  if (typeof master !== 'object' || master === null) {
    fail('database', 'database.dataSource has replication without a master.');
    return {};
  }
  const { url, host, port, username, password, database, ssl } = master as Settings;
  const where = 'database.dataSource';
  const fields = { connectionString: url, host, port, user: username, password, database, ssl };
  return resolve({ ...fields, ...understood((extra ?? {}) as Settings, `${where}: extra`, fail) }, where, fail);
}

function ofPool(pool: unknown, fail: Fail): Connection {
  const { connect, options } = (pool ?? {}) as { connect?: unknown; options?: unknown };
  if (typeof connect !== 'function' || typeof options !== 'object' || options === null) {
    fail('database', 'database.pool must be a Pool of pg.');
    return {};
  }
  return resolve(understood(options as Settings, 'database.pool: option', fail), 'database.pool', fail);
}

/** Returns the settings that say where the database is. An unknown setting might say so too, so it is refused. */
function understood(settings: Settings, where: string, fail: Fail): Settings {
  // pg hides the password and makes it readable by name only.
  const found: Settings = {};
  for (const name of new Set([...Object.keys(settings), ...taken])) {
    if (taken.has(name)) {
      if (settings[name] !== undefined || Object.hasOwn(settings, name)) found[name] = settings[name];
    } else if (!ofTheApp.has(name)) {
      fail('database', `${where} "${name}" is not understood by Paggio. Give it the database as { url } instead.`);
    }
  }
  if (found['stream'] !== undefined && typeof found['stream'] !== 'function')
    fail('database', `${where} "stream" must be a function: one socket does not serve several connections.`);
  return found;
}

function resolve(settings: Settings, where: string, fail: Fail): Connection {
  try {
    return resolveConnection(settings);
  } catch (error) {
    fail('database', `${where} ${unreadable(error)}`);
    return {};
  }
}
