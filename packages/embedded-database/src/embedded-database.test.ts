import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedDatabaseError, startEmbeddedDatabase } from './index';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paggio-embedded-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows as T[];
}

test('starts with fsync on, keeps its data over a stop, and answers only to its password', async () => {
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

test('adopts the server that a killed process left behind, and recovers one that was killed itself', async () => {
  const first = await startEmbeddedDatabase({ directory });
  await ask(first.url, 'create table paggio.kept as select 1 as one');
  // As if this process had died: nobody owns the server any more.
  const dead = spawn('true');
  await once(dead, 'exit');
  writeFileSync(join(directory, 'owner.pid'), String(dead.pid));
  const adopted = await startEmbeddedDatabase({ directory });
  expect(adopted).toMatchObject({ adopted: true, pid: first.pid });

  process.kill(first.pid, 'SIGKILL');
  const recovered = await startEmbeddedDatabase({ directory });
  expect(recovered.adopted).toBe(false);
  expect(await ask(recovered.url, 'select one from paggio.kept')).toEqual([{ one: 1 }]);
  await recovered.stop();
}, 60_000);

test('a server that was killed this very moment is not taken for a running one', async () => {
  let database = await startEmbeddedDatabase({ directory });
  for (let kill = 0; kill < 5; kill++) {
    process.kill(database.pid, 'SIGKILL');
    // At once: the killed process is still in the process table.
    const next = await startEmbeddedDatabase({ directory });
    expect(next.pid).not.toBe(database.pid);
    expect(await ask(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    database = next;
  }
  await database.stop();
}, 90_000);

test('a server that another live process owns is shared and not stopped', async () => {
  const first = await startEmbeddedDatabase({ directory });
  const other = spawn('sleep', ['60']);
  writeFileSync(join(directory, 'owner.pid'), String(other.pid));
  const second = await startEmbeddedDatabase({ directory });
  await second.stop();
  expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  other.kill();
  await first.stop();
}, 60_000);

test('a damaged directory is a clear error and is left as it was', async () => {
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
