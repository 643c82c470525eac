import { randomBytes } from 'node:crypto';
import { Client, defaults, types } from 'pg';
import { DataSource } from 'typeorm';
import type { PublishedDelivery } from '../publish/publishing';
import {
  createTestDatabase,
  hostPool,
  migratedDatabase,
  owner,
  query,
  startGateway,
  type TestDatabase,
} from '../testing';
import { walk } from '../testing/walk';
import { resolveConnection } from './connection';
import { Database } from './database';
import { plannerSwitches } from './session-settings';

const full = process.env['PAGGIO_FULL'] !== undefined;

let stock: object;

beforeAll(async () => {
  const first = await migratedDatabase();
  stock = await walk(first);
  await first.drop();
}, 60_000);

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A database that is dropped after the test. */
async function own(making: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await making;
  ends.push(() => database.drop());
  return database;
}

/** Every type with a parser of its own in pg, and some without one. */
const oids = Object.values(types.builtins).map(Number);
const arrays = [
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1014, 1015, 1016, 1017, 1021, 1022, 1028, 1040, 1041, 1115,
  1182, 1183, 1185, 1187, 1231, 1270, 199, 2951, 3807, 3907,
];

/** Changes to pg that an app may make before and after it creates a gateway. They are undone at the end. */
async function withGarbage<T>(work: () => Promise<T>): Promise<T> {
  const kept: Record<string, unknown> = { ...defaults };
  const garbage = (): string => 'garbage';
  const parsers = ([...oids, ...arrays] as number[]).flatMap((oid) =>
    (['text', 'binary'] as const).map((format) => ({
      oid,
      format,
      parser: types.getTypeParser(oid, format as 'text'),
    })),
  );
  for (const { oid, format } of parsers) types.setTypeParser(oid, format as 'text', garbage);
  Object.assign(defaults, {
    host: 'nowhere.invalid',
    port: 1,
    user: 'nobody',
    database: 'none',
    password: 'wrong',
    ssl: true,
    sslnegotiation: 'garbage',
    options: '-c nonsense=1',
    client_encoding: 'LATIN1',
    binary: true,
    rows: 1,
    max: 1,
    application_name: 'app',
    statement_timeout: 1,
    lock_timeout: 1,
    idle_in_transaction_session_timeout: 1,
    query_timeout: 1,
    connectionString: 'postgres://nowhere.invalid/none',
    parseInputDatesAsUTC: true,
  });
  try {
    return await work();
  } finally {
    for (const { oid, format, parser } of parsers) types.setTypeParser(oid, format as 'text', parser);
    for (const name of Object.keys(defaults)) if (!(name in kept)) Reflect.deleteProperty(defaults, name);
    for (const [name, value] of Object.entries(kept))
      if (name !== 'parseInt8') Object.assign(defaults, { [name]: value });
  }
}

test("neither the app's type parsers nor its pg defaults affect a connection of Paggio", async () => {
  // An empty one, because the migrations run on such connections too.
  const database = await own(createTestDatabase());
  // The transactions of handlers read with the app's parsers, so text must stay readable.
  expect(await withGarbage(() => walk(database))).toEqual(stock);
}, 60_000);

test.each(['pool', 'dataSource'])(
  "in transactions of the app's %s Paggio's statements use their own parsers, whatever the app's settings",
  async (kind) => {
    const database = await own(migratedDatabase());
    const name = new URL(database.url).pathname.slice(1);
    await query(
      database.url,
      `alter database "${name}" set DateStyle = 'German'; alter database "${name}" set bytea_output = 'escape'`,
    );
    const pool = hostPool({ connectionString: database.url });
    const dataSource = new DataSource({ type: 'postgres', url: database.url, installExtensions: false });
    await dataSource.initialize();
    const parsers = oids.map((oid) => ({ oid, parser: types.getTypeParser(oid, 'text') }));
    for (const { oid } of parsers) types.setTypeParser(oid, 'text', () => 'garbage');
    try {
      expect(await walk(database, { transactions: kind === 'pool' ? { pool } : { dataSource } })).toEqual(stock);
      const gateway = await startGateway({ roles: ['capture', 'api'] }, {}, database);
      const event = { userId: owner.userId, eventType: 'order.paid', payload: {}, idempotencyKey: 'in-a-transaction' };
      const publish = async (): Promise<PublishedDelivery | undefined> => {
        if (kind === 'dataSource')
          return (await dataSource.transaction((tx) => gateway.paggio.publish(event, { tx })))[0];
        const client = await pool.connect();
        await client.query('begin');
        const [made] = await gateway.paggio.publish(event, { tx: client });
        await client.query('commit');
        client.release();
        return made;
      };
      const [first, second] = [await publish(), await publish()];
      await gateway.stop();
      expect([first?.created, second?.created, second?.eventId]).toEqual([true, false, first?.eventId]);
    } finally {
      for (const { oid, parser } of parsers) types.setTypeParser(oid, 'text', parser);
      await dataSource.destroy();
      await pool.end();
    }
  },
  60_000,
);

/** Defaults that a database or a role may have, and the values in our sessions. */
const settings: [name: string, theirs: string, ours: string][] = [
  ['DateStyle', 'SQL, DMY', 'ISO, MDY'],
  ['IntervalStyle', 'sql_standard', 'postgres'],
  ['TimeZone', 'Asia/Kathmandu', 'UTC'],
  ['bytea_output', 'escape', 'hex'],
  ['extra_float_digits', '-15', '1'],
  ['array_nulls', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['search_path', 'elsewhere', 'pg_catalog'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['statement_timeout', '3s', '8s'],
  ['lock_timeout', '1', '0'],
  ['idle_session_timeout', '2s', '0'],
  ['idle_in_transaction_session_timeout', '1', '5s'],
  ['synchronous_commit', 'off', 'on'],
  ['exit_on_error', 'on', 'off'],
  ['jit', 'on', 'off'],
  ['jit_above_cost', '0', '0'],
  ['plan_cache_mode', 'force_custom_plan', 'auto'],
  ['enable_seqscan', 'off', 'on'],
  ['enable_indexscan', 'off', 'on'],
  ['enable_bitmapscan', 'off', 'on'],
  ['enable_nestloop', 'off', 'on'],
  ['enable_hashjoin', 'off', 'on'],
  ['row_security', 'off', 'off'],
  ['work_mem', '64kB', '64kB'],
  ['random_page_cost', '1.1', '1.1'],
];

test("every switch of this server's planner is known", async () => {
  const switches = await query<{ name: string }>(
    process.env['PAGGIO_TEST_DATABASE_URL'] as string,
    `select name from pg_settings where starts_with(name, 'enable_') and boot_val = 'on'`,
  );
  expect(switches.length).toBeGreaterThan(15);
  expect(switches.map(({ name }) => name).filter((name) => !plannerSwitches.includes(name))).toEqual([]);
});

async function shown(client: { query(sql: string): Promise<{ rows: Record<string, unknown>[] }> }): Promise<string[]> {
  const names = settings.map(([name]) => `current_setting('${name}') as "${name}"`).join(', ');
  const { rows } = await client.query(`select ${names}`);
  return settings.map(([name]) => `${name} = ${String(rows[0]?.[name])}`);
}

test.each(['database', 'role'])(
  'the settings of a %s do not change how Paggio works',
  async (kind) => {
    // The walk also migrates. The settings of a role come to a session as those of a database do, so the short form only
    // checks the sessions of a role.
    const walks = full || kind === 'database';
    const database = await own(walks ? createTestDatabase() : migratedDatabase());
    const name = `settings_${randomBytes(6).toString('hex')}`;
    const url = new URL(database.url);
    const target = kind === 'database' ? `database "${url.pathname.slice(1)}"` : `role ${name}`;
    if (kind === 'role') {
      await query(
        database.url,
        `create role ${name} login ${walks ? '' : 'superuser'} password 'x'; grant create on database "${url.pathname.slice(1)}" to ${name}`,
      );
      url.username = name;
      url.password = 'x';
    }
    const changes = settings.map(([setting, theirs]) =>
      `alter ${target} set ${setting} = '${theirs}'`.replace("'SQL, DMY'", "'SQL', 'DMY'"),
    );
    await query(database.url, changes.join('; '));
    if (walks) expect(await walk({ ...database, url: url.href })).toEqual(stock);

    // Proves that the settings were there, and checks our settings on every kind of connection.
    const host = new Client({ connectionString: url.href }).on('error', () => undefined);
    await host.connect();
    const isSet = await shown(host);
    expect(isSet).toContain('default_transaction_isolation = serializable');
    expect(isSet).toContain('jit = on');
    await host.end();
    const connection = resolveConnection({ connectionString: url.href });
    const direct = new Database({ connection, migrations: 'check', transactions: null, transactionConnections: 1 });
    await direct.open();
    const durable = settings.map(([setting, , ours]) => `${setting} = ${ours}`);
    const forgetful = durable.map((one) => one.replace('synchronous_commit = on', 'synchronous_commit = off'));
    const plannedOnce = (all: string[]): string[] =>
      all.map((one) =>
        one
          .replace('plan_cache_mode = auto', 'plan_cache_mode = force_generic_plan')
          .replace('enable_seqscan = on', 'enable_seqscan = off'),
      );
    for (const pool of [direct.capture, direct.settle]) expect(await shown(pool)).toEqual(plannedOnce(durable));
    expect(await shown(direct.lease)).toEqual(plannedOnce(forgetful));
    const management = { query: async (sql: string) => ({ rows: await direct.rows<Record<string, unknown>>(sql) }) };
    expect(await shown(management)).toEqual(forgetful);
    const listener = direct.client('listen');
    await listener.connect();
    expect(await shown(listener)).toEqual(forgetful);
    await listener.end();
    await direct.close();
    if (kind === 'role') await query(database.url, `drop owned by ${name} cascade; drop role ${name}`);
  },
  90_000,
);
