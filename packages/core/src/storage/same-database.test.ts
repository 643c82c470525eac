import { Client } from 'pg';
import { DataSource } from 'typeorm';
import type { HostDataSource } from './database-option';
import { resolveOptions, type PaggioOptions } from '../options';
import { createPaggio } from '../index';
import { createTestDatabase, hostPool, query, testMasterKey, type TestDatabase } from '../testing';

/** Empty databases. A test that starts a gateway has its own. */
let empty: TestDatabase;
let other: TestDatabase;
/** The database of the current test. */
let database: TestDatabase;

beforeAll(async () => ([empty, other] = await Promise.all([createTestDatabase(), createTestDatabase()])));
beforeEach(() => void (database = empty));
afterEach(async () => void (database !== empty && (await database.drop())));
afterAll(async () => void (await Promise.all([empty.drop(), other.drop()])));

const schemaIn = async ({ url }: TestDatabase): Promise<boolean> =>
  (await query<{ there: boolean }>(url, `select to_regnamespace('paggio') is not null as there`))[0]?.there === true;

function partsOf({ url }: TestDatabase): {
  host: string;
  port: number;
  username: string;
  password: string;
  database: string;
} {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    username,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}

const ways: [string, () => object][] = [
  ['url', () => ({ url: database.url })],
  ['fields', () => partsOf(database)],
  [
    'replication',
    () => ({ replication: { master: partsOf(database), slaves: [partsOf(database)] }, host: 'nowhere.invalid' }),
  ],
  ['replication by url', () => ({ replication: { master: { url: database.url }, slaves: [] } })],
  [
    'extra fields',
    () => {
      const { username: user, ...rest } = partsOf(database);
      return { host: 'nowhere.invalid', extra: { ...rest, user, max: 3 } };
    },
  ],
  ['extra connectionString', () => ({ host: 'nowhere.invalid', extra: { connectionString: database.url } })],
  ['a function for the password', () => ({ ...partsOf(database), password: () => partsOf(database).password })],
];

/** A start connects in the same way whatever the options look like. The full check starts with each of them. */
const STARTED = new Set(process.env['PAGGIO_FULL'] ? ways.map(([way]) => way) : ['a function for the password']);

test.each(ways)('a DataSource that is configured by %s gives Paggio its database', async (way, options) => {
  if (STARTED.has(way)) database = await createTestDatabase();
  const dataSource = new DataSource({ type: 'postgres', installExtensions: false, ...options() } as never);
  const paggio = createPaggio({ database: { dataSource }, masterKey: testMasterKey });
  // Its address is known only once it is connected.
  await expect(paggio.start()).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining('initialised'),
  });
  expect(await schemaIn(database)).toBe(false);
  await dataSource.initialize();
  const given: PaggioOptions = { database: { dataSource }, masterKey: testMasterKey };
  const { connection, transactions } = resolveOptions(given);
  expect(transactions).toEqual({ dataSource });
  const client = new Client(connection);
  await client.connect();
  const { rows } = await client.query('select current_database() as name');
  await client.end();
  expect(rows).toEqual([{ name: partsOf(database).database }]);
  if (STARTED.has(way)) {
    const again = createPaggio(given);
    await again.start();
    await again.stop();
    expect(await schemaIn(database)).toBe(true);
  }
  await dataSource.destroy();
});

test('a pool of pg gives Paggio its database and its handlers their transactions', async () => {
  database = await createTestDatabase();
  const pool = hostPool({ connectionString: database.url });
  const options: PaggioOptions = { database: { pool }, masterKey: testMasterKey };
  expect(resolveOptions(options).transactions).toEqual({ pool });
  const paggio = createPaggio(options);
  await paggio.start();
  await paggio.stop();
  await pool.end();
  expect(await schemaIn(database)).toBe(true);
});

test('connections of the app to another database are refused before a schema is created', async () => {
  const pool = hostPool({ connectionString: other.url });
  const dataSource = new DataSource({ type: 'postgres', url: other.url, installExtensions: false });
  await dataSource.initialize();
  const elsewhere: HostDataSource = {
    options: { type: 'postgres', url: database.url },
    transaction: (work) => dataSource.transaction(work),
  };
  for (const given of [
    { database: { dataSource: elsewhere } },
    { database: { pool: { options: { connectionString: database.url }, connect: () => pool.connect() } } },
    { database: { url: database.url }, transactions: { pool } },
    { database: { url: database.url }, transactions: { dataSource } },
  ])
    await expect(createPaggio({ ...given, masterKey: testMasterKey }).start()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: "The DataSource or pool of the app leads to another database than Paggio's own connections",
    });
  await pool.end();
  await dataSource.destroy();
  expect([await schemaIn(database), await schemaIn(other)]).toEqual([false, false]);
});

test('transactions that are read-only are refused', async () => {
  const pool = hostPool({ connectionString: database.url, options: '-c default_transaction_read_only=on' });
  const paggio = createPaggio({ database: { url: database.url }, transactions: { pool }, masterKey: testMasterKey });
  await expect(paggio.start()).rejects.toMatchObject({ message: expect.stringContaining('read-only transactions') });
  await pool.end();
});

test('TLS and every other setting of a connection are used, and unknown settings are refused by name', async () => {
  const resolve = (options: object): ReturnType<typeof resolveOptions>['connection'] =>
    resolveOptions({
      database: { dataSource: { options: { type: 'postgres', ...options } } },
      masterKey: testMasterKey,
    }).connection;
  const ssl = { ca: 'ca', rejectUnauthorized: true };
  const stream = (): never => undefined as never;
  const password = (): string => 'x';
  expect(resolve({ host: 'h', ssl }).ssl).toBe(ssl);
  expect(resolve({ host: 'h', ssl: true, extra: { ssl } }).ssl).toBe(ssl);
  expect(resolve({ replication: { master: { host: 'm', ssl }, slaves: [] } })).toMatchObject({ host: 'm', ssl });
  expect(resolve({ url: 'postgres://u:p@h/d', ssl })).toMatchObject({ host: 'h', database: 'd', ssl });
  expect(resolve({ url: 'postgres://u:p@h/d?sslmode=no-verify' }).ssl).toEqual({ rejectUnauthorized: false });
  expect(
    resolve({ host: 'h', password, extra: { stream, options: '-c role=x', sslnegotiation: 'direct', ssl } }),
  ).toMatchObject({
    password,
    stream,
    options: '-c role=x',
    sslnegotiation: 'direct',
  });
  for (const extra of [
    { Client: class {} },
    { connection: {} },
    { sslmode: 'require' },
    { replication: 'database' },
    { hosts: [] },
    { stream: {} },
  ])
    expect(() => resolve({ host: 'h', extra })).toThrow(new RegExp(`"${Object.keys(extra)[0]}"`));
  expect(() => resolve({ replication: { slaves: [] } })).toThrow('replication without a master');
  expect(() => resolve({ type: 'mysql' })).toThrow('type postgres');
  for (const pool of [{}, null, { connect: () => undefined }])
    expect(() => resolveOptions({ database: { pool: pool as never }, masterKey: testMasterKey })).toThrow(
      'must be a Pool of pg',
    );
});
