import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  captureFromGitHub,
  createTestDatabase,
  DeliveryProcess,
  gitHub,
  owner,
  query,
  Recorder,
  startGateway,
  testMasterKey,
} from '@paggio/core/testing';
import { MasterKeyFiles, masterKeyId } from '@paggio/core';
import { run } from './index';

const isFull = process.env['PAGGIO_FULL'] !== undefined;
const KILLS = isFull ? 40 : 1;
const ENDPOINTS = 30;
/** The pause between two changes. Changing faster would only make the test longer. */
const PAUSE_MS = isFull ? 20 : 60;

async function paggio(args: string[], env: Record<string, string>): Promise<[number, string, string]> {
  let [out, err] = ['', ''];
  const streams = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  return [await run(['node', 'paggio', 'rotate-master-key', ...args], env, streams), out, err];
}

test('a rotation that is killed at any moment finishes when it is run again, while webhooks and changes go on', async () => {
  const database = await createTestDatabase();
  const recorder = await Recorder.start();
  const first = await startGateway({ roles: ['api'] }, {}, database);
  const ids: string[] = [];
  for (let n = 0; n < ENDPOINTS; n++) {
    const input = { name: `e${n}`, verification: gitHub, headers: { 'X-Own': '0' }, destinationUrl: recorder.url() };
    ids.push((await first.paggio.admin.endpoints.create(owner, input)).endpoint.id);
  }
  const secrets = await Promise.all(ids.map((id) => first.paggio.admin.endpoints.revealSecret(owner, id)));
  await first.stop();
  await query(database.url, `update paggio.master_keys set entered_at = now() - interval '1 hour'`);

  const next = randomBytes(32);
  const env = {
    DATABASE_URL: database.url,
    PAGGIO_MASTER_KEY: next.toString('base64'),
    PAGGIO_MASTER_KEY_PREVIOUS: `${testMasterKey.toString('hex')},`,
  };
  const gateway = await startGateway({ masterKey: next, previousMasterKeys: [testMasterKey] }, {}, database);
  // The other gateway has its own keys and connections in any case. Only the full check gives it its own process.
  const roles = ['deliver'] as const;
  const second = isFull
    ? await DeliveryProcess.start(database, { current: next, previous: [testMasterKey] })
    : await startGateway({ masterKey: next, previousMasterKeys: [testMasterKey], roles }, {}, database);
  let running = true;
  const headers = new Map<string, string>();
  const events: string[] = [];
  const load = (async () => {
    for (let n = 1; running; n++) {
      const id = ids[n % ids.length] as string;
      await gateway.paggio.admin.endpoints.update(owner, id, { headers: { 'X-Own': `${n}` } });
      headers.set(id, `${n}`);
      const { slug } = await gateway.paggio.admin.endpoints.get(owner, id);
      events.push(await captureFromGitHub(gateway.paggio, slug, 'push', '{}'));
      await sleep(PAUSE_MS);
    }
  })();

  const bin = join(__dirname, '../bin/paggio.js');
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [bin, 'rotate-master-key', '--rate', '20'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    // The first run is killed when it reports progress. The others are killed at any moment after their first line,
    // which comes before the first statement, or end by themselves.
    if (kill === 0) while (!/\d+\/\d+/.test(String(await Promise.race([once(lines, 'line'), exited]))));
    else {
      await Promise.race([once(lines, 'line'), exited]);
      await Promise.race([sleep(Math.random() * 800), exited]);
    }
    child.kill('SIGKILL');
    await exited;
    if (kill === 0) {
      const [counts] = await query<{ stale: number; changed: number }>(
        database.url,
        `select count(*) filter (where verification like 'v1:${masterKeyId(testMasterKey)}:%')::int as stale,
           count(*) filter (where secret like 'v1:${masterKeyId(next)}:%')::int as changed from paggio.endpoints`,
      );
      expect(counts?.stale).toBeGreaterThan(0);
      expect(counts?.changed).toBeGreaterThan(0);
    }
  }
  const [one, other] = await Promise.all([paggio([], env), paggio([], env)]);
  expect([one[0], one[2], other[0], other[2]]).toEqual([0, '', 0, '']);
  expect(one[1]).toContain('No longer needed');
  running = false;
  await load;
  await recorder.received(events.length);
  await gateway.stop();
  await ('kill' in second ? second.kill() : second.stop());

  const after = await startGateway({ masterKey: next, roles: ['api'] }, {}, database);
  expect(await Promise.all(ids.map((id) => after.paggio.admin.endpoints.revealSecret(owner, id)))).toEqual(secrets);
  for (const id of ids)
    expect((await after.paggio.admin.endpoints.get(owner, id)).headers).toEqual({ 'X-Own': headers.get(id) ?? '0' });
  const delivered = new Set(recorder.requests.map((request) => request.headers['webhook-id']));
  expect(events.filter((id) => !delivered.has(id))).toEqual([]);
  await after.stop();
  await recorder.stop();
  await database.drop();
}, 300_000);

test('a dry run counts and changes nothing, and wrong keys and options are explained in a sentence', async () => {
  const database = await createTestDatabase();
  const { paggio: gateway, stop } = await startGateway({}, {}, database);
  await gateway.admin.endpoints.create(owner, { name: 'one' });
  await stop();
  const env = {
    DATABASE_URL: database.url,
    PAGGIO_MASTER_KEY: randomBytes(32).toString('base64'),
    PAGGIO_MASTER_KEY_PREVIOUS: testMasterKey.toString('base64'),
  };
  const counted = expect.stringMatching(/1 stored secrets would be encrypted with/);
  expect(await paggio(['--dry-run'], env)).toEqual([0, counted, '']);
  expect(await paggio(['--dry-run'], env)).toEqual([0, counted, '']);
  expect(await paggio([], { ...env, PAGGIO_MASTER_KEY_PREVIOUS: '' })).toEqual([
    1,
    expect.any(String),
    expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS'),
  ]);
  for (const [wrong, text] of [
    [{ PAGGIO_MASTER_KEY: Buffer.alloc(32).toString('hex') }, 'guess'],
    [{ PAGGIO_MASTER_KEY_PREVIOUS: 'short' }, 'PAGGIO_MASTER_KEY_PREVIOUS: key 1'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL'],
  ] as const)
    expect(await paggio([], { ...env, ...wrong })).toEqual([1, '', expect.stringContaining(text)]);
  expect(await paggio(['--rate', 'fast'], env)).toEqual([1, '', expect.stringContaining('--rate')]);
  await database.drop();
});

test('in a data directory a rotation makes a new key once and keeps the old one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'paggio-rotate-'));
  const args = ['--data-dir', directory];
  expect(await paggio(args, {})).toEqual([1, '', expect.stringContaining('no master key')]);
  new MasterKeyFiles(directory).keys();
  const old = readFileSync(join(directory, 'master-key'), 'utf8');
  expect(await paggio(args, {})).toEqual([0, expect.stringContaining('Created a new master key'), '']);
  expect(readFileSync(join(directory, 'master-key.previous'), 'utf8')).toBe(old);
  const made = readFileSync(join(directory, 'master-key'), 'utf8');
  expect(await paggio(args, {})).toEqual([0, expect.stringContaining('already exists'), '']);
  expect(readFileSync(join(directory, 'master-key'), 'utf8')).toBe(made);
  expect((await paggio([...args, '--dry-run'], {}))[0]).toBe(1);
  expect((await paggio(args, { PAGGIO_MASTER_KEY: 'x' }))[2]).toContain('PAGGIO_MASTER_KEY is set');
  rmSync(directory, { recursive: true });
});
