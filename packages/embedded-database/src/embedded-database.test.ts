import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedDatabaseError, startEmbeddedDatabase } from './index';
import { copyClusterFiles, throwAwayDirectory } from './testing';

const KILLS = process.env['PAGGIO_FULL'] ? 5 : 2;

let directory: string;

beforeEach(() => {
  directory = throwAwayDirectory('paggio-embedded-');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows as T[];
}

test('runs with fsync on, keeps its data after a stop, and answers only with its password', async () => {
  // The tests of several processes make the files in a first start. Here, only the full check does.
  if (!process.env['PAGGIO_FULL']) copyClusterFiles(directory);
  const first = await startEmbeddedDatabase({ directory });
  expect(await ask(first.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await ask(first.url, 'create table paggio.kept as select 42 as answer');
  const wrong = new URL(first.url);
  wrong.password = 'wrong';
  await expect(ask(wrong.href, 'select 1')).rejects.toThrow(/password/);
  await first.stop();

  const second = await startEmbeddedDatabase({ directory });
  expect(second.adopted).toBe(false);
  expect(await ask(second.url, 'select answer from paggio.kept')).toEqual([{ answer: 42 }]);
  await second.stop();
}, 60_000);

test('joins a running server, and recovers one that was killed', async () => {
  copyClusterFiles(directory);
  const first = await startEmbeddedDatabase({ directory });
  await ask(first.url, 'create table paggio.kept as select 1 as one');
  const adopted = await startEmbeddedDatabase({ directory });
  expect(adopted).toMatchObject({ adopted: true, pid: first.pid });

  process.kill(first.pid, 'SIGKILL');
  const recovered = await startEmbeddedDatabase({ directory });
  expect(recovered.adopted).toBe(false);
  expect(await ask(recovered.url, 'select one from paggio.kept')).toEqual([{ one: 1 }]);
  await recovered.stop();
}, 60_000);

test('a server killed at this very moment is not taken for a running one', async () => {
  copyClusterFiles(directory);
  let database = await startEmbeddedDatabase({ directory });
  for (let kill = 0; kill < KILLS; kill++) {
    process.kill(database.pid, 'SIGKILL');
    // Immediately, while the killed process is still in the process table.
    const next = await startEmbeddedDatabase({ directory });
    expect(next.pid).not.toBe(database.pid);
    expect(await ask(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    database = next;
  }
  await database.stop();
}, 90_000);

test('a server that ends slowly during a stop is not started again', async () => {
  copyClusterFiles(directory);
  const database = await startEmbeddedDatabase({ directory });
  const operator = new Client({ connectionString: database.superuserUrl });
  operator.on('error', () => undefined);
  await operator.connect();
  const operatorEnd = new Promise((done) => operator.once('end', done));
  // The server looks alive while the process loses its connection to it, like in the first moments of a crash.
  process.kill(database.pid, 'SIGSTOP');
  const others = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'user of%'`;
  expect((await operator.query(others)).rowCount).toBe(1);
  while ((await operator.query(others)).rowCount !== 0);
  process.kill(database.pid, 'SIGKILL');
  await operatorEnd;
  await database.stop();
  // A server that nobody asked for would be running by now, or would start soon.
  const lines = readFileSync(join(directory, 'postgres.log'), 'utf8').match(/starting PostgreSQL/g);
  expect(lines).toHaveLength(1);
  await expect(ask(database.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
}, 60_000);

test('a server used twice in one process is stopped by the second stop', async () => {
  copyClusterFiles(directory);
  const [first, second] = [await startEmbeddedDatabase({ directory }), await startEmbeddedDatabase({ directory })];
  await Promise.all([second.stop(), second.stop()]);
  expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await first.stop();
  await expect(ask(first.url, 'select 1 as one')).rejects.toThrow(/ECONNREFUSED/);
}, 60_000);

test('a damaged directory is a clear error and stays as it was', async () => {
  mkdirSync(join(directory, 'postgres'));
  writeFileSync(join(directory, 'postgres', 'something'), 'x');
  await expect(startEmbeddedDatabase({ directory })).rejects.toThrow(EmbeddedDatabaseError);
  await expect(startEmbeddedDatabase({ directory })).rejects.toThrow(/not a database/);
  writeFileSync(join(directory, 'postgres', 'PG_VERSION'), '18\n');
  await expect(startEmbeddedDatabase({ directory })).rejects.toThrow(/damaged/);
  writeFileSync(join(directory, 'postgres', 'PG_VERSION'), '9\n');
  await expect(startEmbeddedDatabase({ directory })).rejects.toThrow(/belong to PostgreSQL 9/);
  expect(execFileSync('ls', [join(directory, 'postgres')], { encoding: 'utf8' })).toBe('PG_VERSION\nsomething\n');
});

test('a use that ended with its server does not keep a later server alive', async () => {
  copyClusterFiles(directory);
  const first = await startEmbeddedDatabase({ directory });
  for (let kill = 0; kill < 2; kill++) {
    process.kill((kill === 0 ? first : await startEmbeddedDatabase({ directory })).pid, 'SIGKILL');
  }
  const last = await startEmbeddedDatabase({ directory });
  await first.stop();
  expect(await ask(last.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await last.stop();
  await expect(ask(last.url, 'select 1 as one')).rejects.toThrow(/ECONNREFUSED/);
}, 60_000);

test('a directory without PostgreSQL programs is a clear error', async () => {
  await expect(startEmbeddedDatabase({ directory, programs: directory })).rejects.toMatchObject({
    message: `There is no PostgreSQL in ${directory}.`,
    hint: expect.stringContaining('/usr/lib/postgresql/15/bin'),
  });
});

/** The directory of Debian and similar systems, with a directory for each version. */
const installed = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql').find((version) => Number(version) >= 14 && Number(version) < 18)
  : undefined;
const withInstalled = installed === undefined ? test.skip : test;
if (installed === undefined)
  process.stderr.write('\nNOT TESTED: the programs of another PostgreSQL, because the system has none of 14 to 17\n');

withInstalled(
  'the programs of another PostgreSQL can be used, and the embedded one refuses their files',
  async () => {
    const database = await startEmbeddedDatabase({ directory, programs: `/usr/lib/postgresql/${installed}/bin` });
    const [shown] = await ask<{ version: number }>(
      database.url,
      `select current_setting('server_version_num')::int / 10000 as version`,
    );
    expect(shown).toEqual({ version: Number(installed) });
    await database.stop();
    await expect(startEmbeddedDatabase({ directory })).rejects.toThrow(
      `belong to PostgreSQL ${installed}, but this is PostgreSQL 18.`,
    );
  },
  60_000,
);
