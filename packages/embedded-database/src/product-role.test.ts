import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedDatabaseError, startEmbeddedDatabase, type EmbeddedDatabase } from './index';
import { copyClusterFiles, query, startEarlierDatabase, throwAwayDirectory, type EarlierDatabase } from './testing';

let directory: string;

beforeEach(() => {
  directory = throwAwayDirectory('paggio-role-');
});

/** Everything that a test has started. A server runs until its last user stops. */
const started: { stop: () => Promise<void> }[] = [];

async function start(): Promise<EmbeddedDatabase> {
  const database = await startEmbeddedDatabase({ directory });
  started.push(database);
  return database;
}

async function startEarlier(): Promise<EarlierDatabase> {
  const database = await startEarlierDatabase(directory);
  started.push(database);
  return database;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((database) => database.stop()));
  rmSync(directory, { recursive: true, force: true });
});

/** One object of every kind that a schema may contain. */
const EVERY_KIND = `
  create schema paggio;
  create table paggio.kept (id serial primary key, always int generated always as identity, body text);
  create index on paggio.kept (body);
  insert into paggio.kept (body) values ('kept');
  create sequence paggio.numbers;
  create view paggio.shown as select body from paggio.kept;
  create materialized view paggio.copied as select body from paggio.kept;
  create table paggio.parts (day int) partition by range (day);
  create table paggio.part partition of paggio.parts for values from (1) to (2);
  create type paggio.mood as enum ('calm');
  create type paggio.pair as (a int, b int);
  create type paggio.span as range (subtype = int);
  create domain paggio.small as int check (value < 10);
  create function paggio.one() returns int language sql as 'select 1';
  create procedure paggio.nothing() language sql as 'select 1'`;

/** Names and owners of all objects in the schema, and of the schema itself. */
const OWNERS = `
  select 'schema' as name, nspowner::regrole::text as owner from pg_namespace where nspname = 'paggio'
  union all select relname, relowner::regrole::text from pg_class where relnamespace = 'paggio'::regnamespace
  union all select proname, proowner::regrole::text from pg_proc where pronamespace = 'paggio'::regnamespace
  union all select typname, typowner::regrole::text from pg_type where typnamespace = 'paggio'::regnamespace`;

async function owners(url: string): Promise<string[]> {
  const rows = await query<{ name: string; owner: string }>(url, OWNERS);
  expect(rows.length).toBeGreaterThan(20);
  return [...new Set(rows.map(({ owner }) => owner))];
}

test("the product's role has no right beyond its schema", async () => {
  copyClusterFiles(directory);
  const database = await start();
  const [role] = await query<Record<string, unknown>>(
    database.url,
    `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, current_setting('is_superuser') as setting,
       (select count(*)::int from pg_auth_members where member = current_user::regrole) as memberships
     from pg_roles where rolname = current_user`,
  );
  expect(role).toEqual({
    rolsuper: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolreplication: false,
    rolbypassrls: false,
    setting: 'off',
    memberships: 0,
  });
  for (const refused of [
    `copy (select 1) to program 'true'`,
    `copy (select 1) to '/tmp/paggio-copy'`,
    `select pg_read_file('/etc/passwd')`,
    `select pg_ls_dir('.')`,
    `select lo_import('/etc/passwd')`,
    `create table public.t (id int)`,
    `create temporary table t (id int)`,
    `create schema another`,
    `create database another`,
    `create role another`,
    `create extension pg_trgm`,
    `alter role paggio superuser`,
    `alter system set fsync = off`,
    `set role postgres`,
    `select rolpassword from pg_authid`,
    `load '/tmp/x.so'`,
    `create function paggio.f() returns int language c as '/tmp/x', 'x'`,
  ])
    expect([refused, await query(database.url, refused).catch((error: Error) => error.message)]).toEqual([
      refused,
      expect.stringMatching(/permission denied|must be|superuser|Only roles with|not allowed/i),
    ]);
  const elsewhere = new URL(database.url);
  elsewhere.pathname = '/template1';
  await expect(query(elsewhere.href, 'select 1')).rejects.toThrow(/permission denied/);
  await query(database.url, 'create table paggio.own (id int); drop table paggio.own');
  await database.stop();
}, 60_000);

test('passwords are in files that only their owner can read, and stay the same after a start', async () => {
  // The copied files were made by a first start too. Only the full check makes them again.
  if (!process.env['PAGGIO_FULL']) copyClusterFiles(directory);
  const first = await start();
  for (const file of ['postgres.password', 'paggio.password'])
    expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
  // The password is changed and the role gets rights. The next start corrects both.
  await query(first.superuserUrl, `alter role paggio superuser password 'other'; grant pg_read_server_files to paggio`);
  const again = await start();
  expect(again.url).toBe(first.url);
  expect(
    await query(
      again.url,
      `select current_setting('is_superuser') as super, pg_has_role('pg_read_server_files', 'member') as files`,
    ),
  ).toEqual([{ super: 'off', files: false }]);
  expect(readdirSync(directory).filter((name) => name.includes('.new'))).toEqual([]);
  await first.stop();
}, 60_000);

/** Makes a directory of an earlier version, with every kind of object in it. */
async function earlier(): Promise<void> {
  copyClusterFiles(directory);
  const { url, stop } = await startEarlier();
  await query(url, EVERY_KIND);
  expect(await owners(url)).toEqual(['postgres']);
  await stop();
}

test('a directory of an earlier version is handed over with everything in it', async () => {
  await earlier();
  const database = await start();
  expect(await owners(database.url)).toEqual(['paggio']);
  expect(await query(database.url, 'select body from paggio.kept')).toEqual([{ body: 'kept' }]);
  await query(database.url, `alter table paggio.kept add more int; select nextval('paggio.kept_id_seq')`);
  // An earlier version that uses it again adds an object of the superuser.
  await query(database.superuserUrl, 'create table paggio.later (id serial)');
  const again = await start();
  expect(await owners(again.url)).toEqual(['paggio']);
  await database.stop();
}, 60_000);

test('an interrupted hand-over leaves nothing half done, and the next start completes it', async () => {
  await earlier();
  // A password without its role, because a process died between the two.
  writeFileSync(join(directory, 'paggio.password'), 'made-before-the-role\n', { mode: 0o600 });
  const before = await startEarlier();
  const reader = new Client({ connectionString: before.url });
  reader.on('error', () => undefined);
  await reader.connect();
  await reader.query('begin; select from paggio.parts');
  const cut = start().catch((error: Error) => error);
  // The hand-over waits for this lock, after it made the role and moved some of the objects.
  while ((await query(before.url, WAITING)).length === 0) await new Promise((done) => setTimeout(done, 10));
  process.kill(before.pid, 'SIGKILL');
  expect(await cut).toBeInstanceOf(EmbeddedDatabaseError);

  const recovered = await startEarlier();
  expect(await owners(recovered.url)).toEqual(['postgres']);
  expect(await query(recovered.url, `select to_regrole('paggio') as role`)).toEqual([{ role: null }]);
  const database = await start();
  expect(await owners(database.url)).toEqual(['paggio']);
  expect(new URL(database.url).password).toBe('made-before-the-role');
  expect(await query(database.url, 'select body from paggio.kept')).toEqual([{ body: 'kept' }]);
  await database.stop();
}, 90_000);

test('several processes that start on one directory at once share one role', async () => {
  await earlier();
  const running = await startEarlier();
  const all = await Promise.all(Array.from({ length: 5 }, () => start()));
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  for (const { url, pid } of all) {
    expect(pid).toBe(running.pid);
    expect(await query(url, 'select body from paggio.kept')).toEqual([{ body: 'kept' }]);
  }
  await running.stop();
}, 60_000);

test('a wrong password file of the superuser is a clear error, and the server is stopped', async () => {
  copyClusterFiles(directory);
  const { stop } = await start();
  await stop();
  writeFileSync(join(directory, 'postgres.password'), 'wrong\n');
  await expect(start()).rejects.toMatchObject({
    name: 'EmbeddedDatabaseError',
    hint: expect.stringContaining('postgres.password'),
  });
  expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false);
}, 60_000);

const WAITING = `select from pg_locks join pg_stat_activity using (pid) where not granted and query like '%alter role paggio%'`;
