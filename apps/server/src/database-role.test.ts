import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPaggio, migrate, type TelemetryEvent } from '@paggio/core';
import { capture, createTestDatabase, owner, query, Recorder, type TestDatabase } from '@paggio/core/testing';
import { copyClusterFiles, startEarlierDatabase, throwAwayDirectory } from '@paggio/embedded-database/testing';
import axios from 'axios';
import { Client } from 'pg';
import { logTelemetry } from './event-log';
import { createLogger } from './logger';
import { LocalServer } from './testing/local-server';
import { ServerProcess } from './testing/server-process';

const isFull = process.env['PAGGIO_FULL'] !== undefined;
const masterKey = 'cd'.repeat(32);
const env = { PAGGIO_MASTER_KEY: masterKey, PAGGIO_ALLOWED_NETWORKS: '127.0.0.0/8' };
const SCRIPT = readFileSync(join(__dirname, '../../../scripts/database-role.sql'), 'utf8');

/** Statements that an attacker could try. Each of them must be refused. */
const REACHES = [
  `copy (select 1) to program 'true'`,
  `copy paggio.events from program 'true'`,
  `copy (select 1) to '/tmp/paggio-out'`,
  `select pg_read_file('postgresql.conf')`,
  `select lo_import('/etc/hostname')`,
  `create table public.t (id int)`,
  `create schema another`,
  `create role another superuser`,
  `alter role current_user bypassrls`,
  `set session authorization postgres`,
  `select rolpassword from pg_authid`,
];

/** Proves by statements over its own connection that a role owns Paggio's schema and has no access to anything else. */
async function expectConfined(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `select current_setting('is_superuser') as super, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
         (select array_agg(distinct o) from (select relowner::regrole::text as o from pg_class where relnamespace = 'paggio'::regnamespace
            union select nspowner::regrole::text from pg_namespace where nspname = 'paggio') as all_of_it) as owners
       from pg_roles where rolname = current_user`,
  );
  expect(rows).toEqual([
    {
      super: 'off',
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      owners: [decodeURIComponent(new URL(url).username)],
    },
  ]);
  for (const statement of REACHES)
    expect([statement, await client.query(statement).catch((error: Error) => error.message)]).toEqual([
      statement,
      expect.stringMatching(/permission denied|must be superuser|Only roles with/),
    ]);
  await client.end();
}

function warningsOf({ output }: LocalServer): TelemetryEvent[] {
  return output.telemetry.filter(({ type }) => type === 'role.privileged');
}

/** Sends a webhook, waits for its delivery, and finds it again. */
async function expectWorking(server: LocalServer, recorder: Recorder): Promise<string> {
  const { data: endpoint } = await server
    .api()
    .post('/api/v1/endpoints', { name: 'confined', destination_url: recorder.url() });
  const before = recorder.requests.length;
  const sent = await axios.post(server.url + new URL(endpoint.webhook_url).pathname, '{"type":"a"}');
  await recorder.received(before + 1);
  const id = sent.headers['paggio-event-id'] as string;
  expect((await server.api().get(`/api/v1/events/${id}`)).data.id).toBe(id);
  return id;
}

/** Starts a process that does what a server does first. Loading the whole server takes over a second of CPU time. */
function startDatabaseOnly(at: string): ChildProcess {
  const built = join(__dirname, '../../../packages/embedded-database/dist/index.js');
  const program = 'require(process.argv[1]).startEmbeddedDatabase({ directory: process.argv[2] })';
  return spawn(process.execPath, ['-e', program, built, at], { stdio: 'ignore' });
}

let directory: string;
let recorder: Recorder;

beforeEach(async () => {
  directory = throwAwayDirectory('paggio-confined-');
  recorder = await Recorder.start();
});

afterEach(async () => {
  await recorder.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('with the embedded database', () => {
  /** The connection string of the server itself. */
  function productUrl(): string {
    const port = readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3];
    const password = readFileSync(join(directory, 'paggio.password'), 'utf8').trim();
    return `postgres://paggio:${password}@127.0.0.1:${port}/postgres`;
  }

  test('the server captures, delivers and migrates as a role that owns only its schema', async () => {
    copyClusterFiles(directory);
    const server = await LocalServer.start({ PAGGIO_ALLOWED_NETWORKS: '127.0.0.0/8' }, directory);
    await expectWorking(server, recorder);
    await expectConfined(productUrl());
    // This checks the server's own connections, not only those of the test.
    expect(
      await query(
        productUrl(),
        `select distinct usename from pg_stat_activity where application_name like 'paggio %' order by 1`,
      ),
    ).toEqual([{ usename: 'paggio' }]);
    expect(warningsOf(server)).toEqual([]);
    await server.stop();
  }, 60_000);

  test('a data directory of the previous version is handed over with its events, even if the server is killed on the way', async () => {
    copyClusterFiles(directory);
    const earlier = await startEarlierDatabase(directory);
    const before = createPaggio({ database: { url: earlier.url }, masterKey });
    const warnings: TelemetryEvent[] = [];
    before.subscribe((one) => one.type === 'role.privileged' && warnings.push(one));
    await before.start();
    expect(warnings).toMatchObject([{ role: 'postgres', rights: ['SUPERUSER', 'BYPASSRLS'] }]);
    const user = { ...owner, userId: 'operator' };
    const { endpoint } = await before.admin.endpoints.create(user, { name: 'old' });
    const id = await capture(before, endpoint.slug, '{"type":"old"}');
    await before.stop();

    // The new server waits for a table that a reader holds, in the middle of the hand-over, and is killed there.
    const reader = new Client({ connectionString: earlier.url });
    reader.on('error', () => undefined);
    await reader.connect();
    await reader.query('begin; select from paggio.state');
    const killed = isFull ? ServerProcess.spawn(env, directory) : startDatabaseOnly(directory);
    while ((await query(earlier.url, WAITING)).length === 0) await new Promise((done) => setTimeout(done, 20));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await query(earlier.url, `select to_regrole('paggio') as role`)).toEqual([{ role: null }]);
    await reader.end();

    const server = await LocalServer.start(env, directory);
    const { data: events } = await server.api().get('/api/v1/events');
    expect(events.data).toMatchObject([{ id, event_type: 'old' }]);
    expect((await server.api().get(`/api/v1/endpoints/${endpoint.id}`)).data.name).toBe('old');
    await expectWorking(server, recorder);
    await expectConfined(productUrl());
    await server.stop();
    await earlier.stop();
  }, 60_000);
});

describe("with the user's own PostgreSQL, by scripts/database-role.sql", () => {
  const name = randomBytes(4).toString('hex');
  const roles = { app: `paggio_app_${name}`, admin: `paggio_admin_${name}`, mighty: `paggio_mighty_${name}` };
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    const admin = new URL(database.url);
    const databaseName = admin.pathname.slice(1);
    await query(database.url, `alter database ${databaseName} owner to current_user`);
    for (const role of Object.values(roles)) {
      if ((await query(database.url, `select from pg_roles where rolname = '${role}'`)).length > 0)
        await query(database.url, `drop owned by ${role} cascade; drop role ${role}`);
    }
    await database.drop();
  });

  const as = (role: string, password = 'p4ss'): string =>
    Object.assign(new URL(database.url), { username: role, password }).href;

  async function run(url: string, role: string, password = 'p4ss'): Promise<void> {
    const client = new Client({
      connectionString: url,
      options: `-c paggio.role=${role} -c paggio.password=${password}`,
    });
    await client.connect();
    try {
      await client.query(SCRIPT);
    } finally {
      await client.end();
    }
  }

  test('on an empty database the server works as the new role, which has no further access', async () => {
    await run(database.url, roles.app);
    const server = await LocalServer.start({ ...env, DATABASE_URL: as(roles.app) }, directory);
    await expectWorking(server, recorder);
    await expectConfined(as(roles.app));
    expect(warningsOf(server)).toEqual([]);
    await server.stop();
  }, 60_000);

  test("a superuser's schema is handed over while an earlier server uses it, and a second run changes nothing", async () => {
    const earlier = await LocalServer.start({ ...env, DATABASE_URL: database.url }, directory);
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line: string) => void lines.push(line) });
    for (const warning of warningsOf(earlier)) logTelemetry(logger, warning);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        level: 40,
        msg: 'role.privileged',
        rights: ['SUPERUSER', 'BYPASSRLS'],
        hint: expect.stringContaining('docs/deploy.md'),
      },
    ]);
    const id = await expectWorking(earlier, recorder);
    await run(database.url, roles.app);
    await run(database.url, roles.app, 'another');
    await expectWorking(earlier, recorder);
    await expectConfined(as(roles.app, 'another'));
    await earlier.stop();
    const server = await LocalServer.start({ ...env, DATABASE_URL: as(roles.app, 'another') }, directory);
    expect((await server.api().get(`/api/v1/events/${id}`)).data.id).toBe(id);
    await expectWorking(server, recorder);
    await server.stop();
  }, 90_000);

  test('the script and a transaction that wait for each other both finish', async () => {
    await migrate(database.url);
    const other = new Client({ connectionString: database.url });
    await other.connect();
    const [last] = await query<{ name: string }>(
      database.url,
      `select relname as name from pg_class where relnamespace = 'paggio'::regnamespace and relkind = 'r' order by ctid desc`,
    );
    // The side that looks for a deadlock first is ended: the script, after a second.
    await other.query(`set deadlock_timeout = '1min'`);
    await other.query('begin');
    await other.query(`lock table paggio.${last?.name}`);
    const handedOver = run(database.url, roles.app);
    let held: { name: string } | undefined;
    do {
      [held] = await query<{ name: string }>(
        database.url,
        `select c.relname as name from pg_locks l join pg_class c on c.oid = l.relation
          where l.mode = 'AccessExclusiveLock' and l.granted and c.relnamespace = 'paggio'::regnamespace
            and c.relkind = 'r' and c.relname <> '${last?.name}'
            and l.pid in (select pid from pg_locks where not granted)`,
      );
    } while (held === undefined);
    await other.query(`lock table paggio.${held.name}`);
    await other.query('commit');
    await other.end();
    await handedOver;
    await expectConfined(as(roles.app));
  }, 60_000);

  test('an administrator who is not a superuser hands over their own schema', async () => {
    await query(
      database.url,
      `create role ${roles.admin} login createrole password 'p4ss'; alter database ${new URL(database.url).pathname.slice(1)} owner to ${roles.admin}`,
    );
    const before = createPaggio({ database: { url: as(roles.admin) }, masterKey });
    const warnings: TelemetryEvent[] = [];
    before.subscribe((one) => one.type === 'role.privileged' && warnings.push(one));
    await before.start();
    await before.stop();
    expect(warnings).toEqual([]);
    await run(as(roles.admin), roles.app);
    await run(as(roles.admin), roles.app);
    await expectConfined(as(roles.app));
  }, 60_000);

  test('a role with further rights, or an empty name, is refused and nothing changes', async () => {
    await query(database.url, `create role ${roles.mighty} superuser`);
    await expect(run(database.url, roles.mighty)).rejects.toThrow(/has rights that Paggio does not need/);
    await expect(run(database.url, new URL(database.url).username)).rejects.toThrow(/choose another name/);
    await expect(run(database.url, '')).rejects.toThrow(/must not be empty/);
    await expect(query(database.url, SCRIPT)).rejects.toThrow(/paggio.role/);
    expect(await query(database.url, `select to_regnamespace('paggio') as schema`)).toEqual([{ schema: null }]);
  });
});

test('a role that bypasses row security is reported at the start', async () => {
  const database = await createTestDatabase();
  const role = `paggio_bypass_${randomBytes(4).toString('hex')}`;
  await query(
    database.url,
    `create role ${role} login bypassrls password 'p4ss'; create schema paggio authorization ${role}`,
  );
  const url = Object.assign(new URL(database.url), { username: role, password: 'p4ss' }).href;
  const paggio = createPaggio({ database: { url }, masterKey });
  const warnings: TelemetryEvent[] = [];
  paggio.subscribe((one) => one.type === 'role.privileged' && warnings.push(one));
  await paggio.start();
  await paggio.stop();
  expect(warnings).toMatchObject([{ role, rights: ['BYPASSRLS'] }]);
  await query(database.url, `drop owned by ${role} cascade; drop role ${role}`);
  await database.drop();
});

const WAITING = `select from pg_locks join pg_stat_activity using (pid) where not granted and query like '%alter role paggio%'`;
