import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client, type ClientConfig, type Pool } from 'pg';
import { createTestDatabase, hostPool, query, type TestDatabase } from '../testing';
import { QuietSource } from './quiet-source';
import { databaseUnavailable, failureOf, isSchemaMissing } from './sql-errors';
import type { StatementFailure } from '../flow/group-writer';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await query(database.url, 'create table public.t (n int primary key)');
});
afterAll(() => database.drop());

async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail');
}

/** Returns the error of some work on a connection to the database. */
async function onClient(work: (client: Client) => Promise<unknown>, config: ClientConfig = {}): Promise<unknown> {
  const client = new Client({ connectionString: database.url, ...config });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await errorOf(() => work(client));
  } finally {
    await client.end();
  }
}

const failing = (sql: string): Promise<unknown> => onClient((client) => client.query(sql));

/** Returns the error of some work on a URL where `serve` plays the server. */
async function serving(serve: (socket: Socket) => void, work: (url: string) => Promise<unknown>): Promise<unknown> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await errorOf(() => work(`postgres://a:b@127.0.0.1:${(server.address() as AddressInfo).port}/c`));
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const silent = (): void => undefined;
const ready = (socket: Socket): void => {
  // The answer means that authentication succeeded and the server is ready for a query.
  socket.once('data', () => socket.write(Buffer.from('5200000008000000005a0000000549', 'hex')));
};

function connecting(config: ClientConfig): Promise<unknown> {
  const client = new Client(config);
  client.on('error', () => undefined);
  return client.connect();
}

async function inPool(config: ClientConfig & { max?: number }, work: (pool: Pool) => Promise<unknown>): Promise<void> {
  const pool = hostPool(config);
  try {
    await work(pool);
  } finally {
    // Do not wait: a test may keep a connection that never returns to the pool.
    void pool.end();
  }
}

const cases: [name: string, StatementFailure, said: string | RegExp, make: () => Promise<unknown>][] = [
  ['a value that is not valid', 'bad_data', '22P02', () => failing(`select 'x'::int`)],
  ['a key that exists already', 'bad_data', '23505', () => failing('insert into public.t values (1), (1)')],
  [
    'a row that another transaction holds',
    'conflict',
    '55P03',
    async () => {
      const other = new Client({ connectionString: database.url });
      await other.connect();
      await other.query('begin; lock table public.t');
      const error = await failing('begin; lock table public.t nowait');
      await other.end();
      return error;
    },
  ],
  [
    'a statement that the server ends',
    'timeout',
    '57014',
    () => onClient((client) => client.query('select pg_sleep(5)'), { statement_timeout: 50 }),
  ],
  [
    'a statement that the driver gives up',
    'timeout',
    'Query read timeout',
    () => onClient((client) => client.query('select pg_sleep(0.3)'), { query_timeout: 50 }),
  ],
  [
    'a statement that the driver gives up, inside TypeORM',
    'timeout',
    /Query read timeout/,
    async () => {
      const source = new QuietSource({
        type: 'postgres',
        url: database.url,
        installExtensions: false,
        extra: { query_timeout: 50 },
      });
      await source.initialize();
      const error = await errorOf(() => source.query('select pg_sleep(0.3)'));
      await source.destroy();
      return error;
    },
  ],
  ['a database that is read-only', 'unavailable', '25006', () => failing('begin read only; insert into t values (9)')],
  [
    'a session that an administrator ends',
    'unavailable',
    '57P01',
    () => failing('select pg_terminate_backend(pg_backend_pid())'),
  ],
  [
    'a role without free connections',
    'unavailable',
    '53300',
    async () => {
      const role = `full_${database.url.split('/').pop() ?? ''}`;
      await query(database.url, `create role ${role} login password 'x' connection limit 0`);
      const url = Object.assign(new URL(database.url), { username: role, password: 'x' });
      const error = await errorOf(() => connecting({ connectionString: url.href }));
      await query(database.url, `drop role ${role}`);
      return error;
    },
  ],
  [
    'a port where nobody listens',
    'unavailable',
    'ECONNREFUSED',
    () => errorOf(() => connecting({ host: '127.0.0.1', port: 1 })),
  ],
  [
    'an unknown host',
    'unavailable',
    /^(ENOTFOUND|EAI_AGAIN)$/,
    () => errorOf(() => connecting({ host: 'nowhere.invalid' })),
  ],
  [
    'a connection that is reset',
    'unavailable',
    'ECONNRESET',
    () =>
      serving(
        (socket) => void socket.once('data', () => socket.resetAndDestroy()),
        (connectionString) => connecting({ connectionString }),
      ),
  ],
  [
    'a connection that the other side ends',
    'unavailable',
    'Connection terminated unexpectedly',
    () =>
      serving(
        (socket) => void socket.once('data', () => socket.end()),
        (connectionString) => connecting({ connectionString }),
      ),
  ],
  [
    'a connection that this side ends',
    'unavailable',
    'Connection terminated',
    async () => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      const error = errorOf(() => client.query('select pg_sleep(5)'));
      await client.end();
      return error;
    },
  ],
  [
    'a server that does not answer',
    'unavailable',
    'timeout expired',
    () => serving(silent, (connectionString) => connecting({ connectionString, connectionTimeoutMillis: 50 })),
  ],
  [
    'a server that does not answer a pool',
    'unavailable',
    'Connection terminated due to connection timeout',
    () =>
      serving(silent, (connectionString) =>
        inPool({ connectionString, connectionTimeoutMillis: 50 }, (pool) => pool.query('select 1')),
      ),
  ],
  [
    'a pool whose connections are all in use',
    'unavailable',
    'timeout exceeded when trying to connect',
    () =>
      errorOf(() =>
        inPool({ connectionString: database.url, max: 1 }, async (pool) => {
          const client = await pool.connect();
          // From here on: on a busy machine the first connection may take longer.
          pool.options.connectionTimeoutMillis = 50;
          await pool.query('select 1').finally(() => client.release());
        }),
      ),
  ],
  [
    'a client whose connection broke',
    'unavailable',
    'Client has encountered a connection error and is not queryable',
    () =>
      serving(ready, async (connectionString) => {
        const client = new Client({ connectionString });
        const broken = new Promise((done) => client.once('end', done));
        client.on('error', () => undefined);
        await client.connect();
        (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(new Error('broken'));
        await broken;
        await client.query('select 1');
      }),
  ],
  [
    'a client that was closed',
    'unavailable',
    'Client was closed and is not queryable',
    () =>
      errorOf(async () => {
        const client = new Client({ connectionString: database.url });
        await client.connect();
        await client.end();
        await client.query('select 1');
      }),
  ],
  ['a statement with a syntax error', 'other', '42601', () => failing('selekt 1')],
  ['an error that only mentions a timeout', 'other', /timeout/, async () => new Error('A timeout of something else')],
  ['an error of Node', 'other', 'ENOENT', async () => Object.assign(new Error('x'), { code: 'ENOENT' })],
  ['a text instead of an error', 'other', /gone/, async () => 'Connection terminated, gone'],
];

test.each(cases)('%s: %s', async (_name, failure, said, make) => {
  const error = await make();
  const { code, message } = error as { code?: string; message?: string };
  expect(code ?? message ?? error).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
  expect(failureOf(error)).toBe(failure);
  const shown = databaseUnavailable(error);
  if (failure === 'unavailable' || failure === 'timeout')
    expect(shown).toMatchObject({ code: 'UNAVAILABLE', hint: 'Send the request again.', retryAfterSeconds: 5 });
  else expect(shown).toBeNull();
});

test('a missing error is a fault like any other', () => {
  expect([undefined, null, 0].map(failureOf)).toEqual(['other', 'other', 'other']);
});

test.each([
  ['a table', 'select * from public.gone', true],
  ['a column', 'select gone from public.t', true],
  ['a schema', 'create table gone.t (n int)', true],
  ['a function', 'select public.gone()', false],
])('a missing object is recognised when it is %s', async (_name, sql, expected) => {
  expect(isSchemaMissing(await failing(sql))).toBe(expected);
});
