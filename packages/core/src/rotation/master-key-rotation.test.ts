import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paggio } from '../paggio';
import {
  capture,
  captureFromGitHub,
  gitHub,
  migratedDatabase,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  testMasterKey,
  until,
  type TestDatabase,
} from '../testing';
import { Client } from 'pg';
import { masterKeyId } from '../secrets/master-key';
import { intervalScheduler, type Scheduler } from '../flow/scheduler';
import { resolveOptions } from '../options';
import { Database } from '../storage/database';
import { headersPlace } from '../endpoints/endpoint-secrets';
import { rotateMasterKey } from './master-key-rotation';
import { sealedColumns, type SealedColumn } from './sealed-columns';
import { SealedValues, type StaleValue } from './sealed-values';
import { SecretBox } from '../secrets/secret-box';

const full = process.env['PAGGIO_FULL'] !== undefined;

/** The roles of a process that has to capture or deliver nothing. Delivery alone opens two connections more. */
const API = { roles: ['api'] };
const FRONT = { roles: ['capture', 'api'] };
const old = testMasterKey;
let database: TestDatabase;
let next: Buffer;
const stops: (() => Promise<void>)[] = [];
const attendances = new WeakMap<Paggio, () => Promise<void>>();

beforeEach(async () => {
  database = await migratedDatabase();
  next = randomBytes(32);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await database.drop();
});

async function gateway(masterKey: Buffer, previousMasterKeys: Buffer[] = [], options: object = {}): Promise<Paggio> {
  // A process registers its key only when the test makes it do so.
  const scheduler: Scheduler = {
    every(name, intervalMs, task) {
      return name === 'paggio:master-key' ? () => undefined : intervalScheduler.every(name, intervalMs, task);
    },
  };
  const { paggio, stop, runPeriodicWork } = await startGateway(
    { masterKey, previousMasterKeys, scheduler, ...options },
    {},
    database,
  );
  stops.push(stop);
  attendances.set(paggio, () => runPeriodicWork('master-key'));
  return paggio;
}

/** Stops a process as if an hour ago, so that a rotation does not wait to see whether it still runs. */
async function retire(paggio: Paggio): Promise<void> {
  await paggio.stop();
  await query(database.url, `update paggio.master_keys set entered_at = entered_at - interval '1 hour'`);
}

async function attend(paggio: Paggio): Promise<void> {
  await attendances.get(paggio)?.();
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const rotate = (
  options = {},
  keys = { masterKey: next, previousMasterKeys: [old] },
): ReturnType<typeof rotateMasterKey> => rotateMasterKey({ url: database.url, ...keys }, options);

async function fill(paggio: Paggio, url: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const input = { name: `e${n}`, verification: gitHub, headers: { 'X-Own': `${n}` }, destinationUrl: url };
    ids.push((await paggio.admin.endpoints.create(owner, input)).endpoint.id);
  }
  return ids;
}

test('after a rotation the new key alone opens everything, and the old one is refused', async () => {
  const recorder = await Recorder.start();
  stops.push(() => recorder.stop());
  const before = await gateway(old, [], API);
  const ids = await fill(before, recorder.url(), 5);
  const secrets = await Promise.all(ids.map((id) => before.admin.endpoints.revealSecret(owner, id)));
  // The new key without the previous one cannot read existing values.
  await expect(gateway(next)).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining(masterKeyId(old)),
  });

  await retire(before);
  expect(await rotate({ dryRun: true })).toMatchObject({ values: 15, byKeyId: new Map([[masterKeyId(old), 15]]) });
  const seen: { done: number; total: number }[] = [];
  const result = await rotate({ onProgress: (progress: { done: number; total: number }) => seen.push(progress) });
  expect(result).toMatchObject({ values: 15, keyId: masterKeyId(next), removable: [masterKeyId(old)] });
  expect(seen.filter(({ done, total }) => total > 0 && done === total)).toHaveLength(3);
  expect(await rotate()).toMatchObject({ values: 0 });

  const after = await gateway(next);
  expect(await Promise.all(ids.map((id) => after.admin.endpoints.revealSecret(owner, id)))).toEqual(secrets);
  const { slug, headers } = await after.admin.endpoints.get(owner, ids[3] as string);
  expect(headers).toEqual({ 'X-Own': '3' });
  await captureFromGitHub(after, slug, 'push', '{}');
  await recorder.received(1);
  expect(recorder.requests[0]?.headers['x-own']).toBe('3');
  await expect(gateway(old)).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining(masterKeyId(next)),
  });
});

test('the TLS settings of a destination open with the new key alone', async () => {
  const before = await gateway(old, [], API);
  const pem = (name: string): string => readFileSync(join(__dirname, '../testing/tls', name), 'utf8');
  const tls = { certificate: pem('client.pem'), privateKey: pem('client-key.pem') };
  const destinations = [{ url: 'https://127.0.0.1:4999/', tls }];
  const { endpoint } = await before.admin.endpoints.create(owner, { name: 'tls', destinations });
  await retire(before);
  expect(await rotate()).toMatchObject({ values: 2, removable: [masterKeyId(old)] });
  const after = await gateway(next, [], API);
  const shown = await after.admin.endpoints.get(owner, endpoint.id);
  expect(shown.destinations[0]?.tls).toEqual(endpoint.destinations[0]?.tls);
  expect(shown.destinations[0]?.tls?.certificate).toMatchObject({ subject: 'CN=Paggio client' });
  const stored = await query(database.url, 'select tls from paggio.destinations');
  expect(stored).toEqual([{ tls: expect.stringMatching(`^v1:${masterKeyId(next)}:`) }]);
});

const credential = ['Authorization', 'Bearer secret'];
const isUnder = (key: Buffer): string => `sealed like 'v1:${masterKeyId(key)}:%'`;

test('credentials of events, of their copies and of refused requests open with the new key alone', async () => {
  const recorder = await Recorder.start();
  stops.push(() => recorder.stop());
  const before = await gateway(old);
  const { endpoint } = await before.admin.endpoints.create(owner, { name: 'open', destinationUrl: recorder.url() });
  const id = await capture(before, endpoint.slug, '{}', credential);
  const copy = await before.admin.replays.redeliver(owner, id);
  for (const one of [id, copy]) await settled(before, owner, one);
  const [guarded] = await fill(before, recorder.url(), 1);
  const { slug } = await before.admin.endpoints.get(owner, guarded as string);
  await expect(capture(before, slug, '{}', credential)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
  // Most events carry nothing encrypted, so the rotation skips more of them than it reads at once.
  await query(
    database.url,
    `insert into paggio.events (id, endpoint_id, user_id, mode, source, method, path, query, headers, body, received_at)
     select gen_random_uuid(), endpoint_id, user_id, mode, source, method, path, query, headers, body, received_at
     from paggio.events, generate_series(1, 1200) where id = '${id}'`,
  );
  await retire(before);
  // There are four values of the two endpoints, and three requests.
  expect(await rotate()).toMatchObject({ values: 7 });

  const after = await gateway(next);
  for (const one of [id, copy]) {
    expect(await after.admin.events.get(owner, one)).toMatchObject({ locked: false, rawHeaders: credential });
    expect(await settled(after, owner, await after.admin.replays.redeliver(owner, one))).toMatchObject({
      status: 'delivered',
    });
  }
  expect(recorder.requests.map(({ headers }) => headers['authorization'])).toEqual(Array(4).fill('Bearer secret'));
  const { items } = await after.admin.rejections.list(owner, null, { limit: 10, offset: 0, startingAfter: null });
  expect(await after.admin.rejections.get(owner, items[0]?.id as string)).toMatchObject({
    locked: false,
    rawHeaders: credential,
  });
});

test('a copy of an event that is committed after its original was rotated is rotated too', async () => {
  const before = await gateway(old, [], FRONT);
  const { endpoint } = await before.admin.endpoints.create(owner, {
    name: 'open',
    destinationUrl: 'http://127.0.0.1:4999/',
  });
  const id = await capture(before, endpoint.slug, '{}', credential);
  await retire(before);
  const client = new Client({ connectionString: database.url });
  await client.connect();
  stops.push(() => client.end());
  await client.query('begin');
  // The lowest id comes first in every pass.
  const copy = '00000000-0000-7000-8000-000000000000';
  await client.query(
    `insert into paggio.events (id, endpoint_id, user_id, mode, source, method, path, query, headers, body, sealed, origin_id, received_at)
     select $1, endpoint_id, user_id, mode, source, method, path, query, headers, body, sealed, id, received_at
     from paggio.events where id = $2`,
    [copy, id],
  );
  let ended = false;
  const rotation = rotate().finally(() => (ended = true));
  const looks = `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%from pg_locks%'`;
  await until(before, async () => (ended || (await query(database.url, looks)).length > 0 ? true : undefined));
  await client.query('commit');
  await rotation;
  expect(await query(database.url, `select 1 from paggio.events where ${isUnder(next)}`)).toHaveLength(2);
  expect(await (await gateway(next, [], API)).admin.events.get(owner, copy)).toMatchObject({ locked: false });
});

test('a process that lacks the key of an event shows it locked, and leaves it pending for one that has the key', async () => {
  const recorder = await Recorder.start();
  stops.push(() => recorder.stop());
  const unable = await gateway(old);
  const { endpoint } = await unable.admin.endpoints.create(owner, { name: 'open', destinationUrl: recorder.url() });
  const able = await gateway(next, [old], FRONT);
  const id = await capture(able, endpoint.slug, '{"a":1}', credential);
  const isPostponed = `select 1 from paggio.deliveries where event_id = '${id}' and lease_token is null and due_at > now() + interval '15 seconds'`;
  await until(unable, async () => ((await query(database.url, isPostponed)).length > 0 ? true : undefined));
  // Events that this process can decrypt are sent to the same destination.
  const plain = await capture(unable, endpoint.slug, '{}');
  expect(await settled(unable, owner, plain)).toMatchObject({ status: 'delivered' });
  expect(await unable.admin.events.get(owner, id)).toMatchObject({
    status: 'pending',
    attempts: [],
    locked: 'key_missing',
    rawHeaders: ['Authorization', '***'],
    body: Buffer.from('{"a":1}'),
  });
  expect(recorder.requests).toHaveLength(1);

  await unable.stop();
  await gateway(old, [next], { roles: ['deliver'] });
  // Time passes.
  await query(database.url, 'update paggio.deliveries set due_at = now() where due_at > now()');
  const event = await until(able, async () => {
    const one = await able.admin.events.get(owner, id);
    return one.status === 'pending' ? undefined : one;
  });
  expect(event).toMatchObject({ status: 'delivered', attempts: [{ number: 1 }] });
  expect(recorder.requests[1]?.headers['authorization']).toBe('Bearer secret');
});

test('a process does not start without a key that another process encrypts with', async () => {
  await gateway(old, [], API);
  await gateway(next, [old], API);
  await expect(gateway(old)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(masterKeyId(next)),
  });
  await gateway(old, [next], API);
});

test('a value that changes after it was read keeps the change', async () => {
  const paggio = await gateway(old, [], API);
  const [before, during] = (await fill(paggio, 'http://127.0.0.1:4999/', 2)) as [string, string];
  const options = { database: { url: database.url }, masterKey: next, previousMasterKeys: [old] };
  const direct = new Database(resolveOptions({ ...options, migrations: 'check' }));
  await direct.open();
  stops.push(() => direct.close());
  const column = sealedColumns.find((one) => one.table === 'endpoints' && one.column === 'headers') as SealedColumn;
  const values = new SealedValues(direct, column, new SecretBox(next, [old]));
  const page = ((await values.pages().next()).value ?? []) as StaleValue[];
  expect(page).toHaveLength(2);
  const changed = { 'X-Own': 'changed' };
  await paggio.admin.endpoints.update(owner, before, { headers: changed });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  stops.push(() => client.end());
  await client.query('begin');
  const sealed = new SecretBox(old).seal(JSON.stringify(changed), headersPlace(owner.userId, during));
  await client.query('update paggio.endpoints set headers = $1 where id = $2', [sealed, during]);
  let ended = false;
  const replaced = values.replace(page.map((value) => ({ ...value, becomes: 'overwritten' })));
  void replaced.finally(() => (ended = true));
  const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await until(paggio, async () => (ended || (await query(database.url, waits)).length > 0 ? true : undefined));
  await client.query('commit');
  expect(await replaced).toBe(0);
  for (const id of [before, during])
    expect(await paggio.admin.endpoints.get(owner, id)).toMatchObject({ headers: changed });
});

test('two rotations at once, and changes during them, lose nothing', async () => {
  const before = await gateway(old, [], API);
  const count = full ? 40 : 10;
  const ids = await fill(before, 'http://127.0.0.1:4999/', count);
  await retire(before);
  const paggio = await gateway(next, [old], API);
  let running = true;
  let changes = 0;
  const expected = new Map<string, string>();
  const change = async (mine: string[]): Promise<void> => {
    for (let n = 0; running; n++) {
      const id = mine[n % mine.length] as string;
      const value = `changed ${++changes}`;
      await paggio.admin.endpoints.update(owner, id, { headers: { 'X-Own': value } });
      expected.set(id, value);
      // Changes without a pause would only cost more.
      await new Promise((done) => setTimeout(done, full ? 0 : 40));
    }
  };
  const changing = [change(ids.slice(0, count / 2)), change(ids.slice(count / 2))];
  const waits: number[] = [];
  const valuesPerSecond = full ? 300 : 100;
  const results = await Promise.all([
    rotate({ valuesPerSecond }),
    rotate({ valuesPerSecond, onWait: () => waits.push(1) }),
    rotate({ valuesPerSecond, onWait: () => waits.push(2) }),
  ]);
  running = false;
  await Promise.all(changing);
  expect(results.map(({ keyId }) => keyId)).toEqual(Array(3).fill(masterKeyId(next)));
  expect(waits.length).toBeGreaterThan(0);
  const after = await gateway(next, [], API);
  for (const id of ids) {
    const { headers } = await after.admin.endpoints.get(owner, id);
    if (expected.has(id)) expect(headers).toEqual({ 'X-Own': expected.get(id) });
    await after.admin.endpoints.revealSecret(owner, id);
  }
});

test('a rotation that lacks a key names the values that need it, and encrypts all others again', async () => {
  const before = await gateway(old, [], API);
  await fill(before, 'http://127.0.0.1:4999/', 2);
  const third = randomBytes(32);
  const other = await gateway(third, [old], API);
  const [lost] = await fill(other, 'http://127.0.0.1:4999/', 1);
  await retire(before);
  await retire(other);
  await expect(rotate()).rejects.toMatchObject({
    code: 'CONFLICT',
    details: expect.arrayContaining([
      { field: `endpoints.secret of ${lost}`, message: expect.stringContaining(masterKeyId(third)) },
    ]),
  });
  // No key is declared removable. The old key still starts a process, and a rotation with all three keys finishes.
  expect(await rotate({}, { masterKey: next, previousMasterKeys: [old, third] })).toMatchObject({ values: 3 });
  await gateway(next, [], API);
});

test('the key of a process that starts with another current key during a rotation is not declared removable', async () => {
  const before = await gateway(old, [], API);
  await fill(before, 'http://127.0.0.1:4999/', 3);
  await retire(before);
  let late: Promise<Paggio> | undefined;
  const onProgress = (): void => void (late ??= gateway(old, [next], API));
  const refused = await failure(rotate({ valuesPerSecond: 3, onProgress }));
  await late;
  expect(refused).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(masterKeyId(old)) });
});

test('the old key is not declared removable while a process that writes nothing still has it as its current key', async () => {
  const before = await gateway(old, [next], API);
  await fill(before, 'http://127.0.0.1:4999/', 1);
  const silences: number[] = [];
  const onSilence = (ms: number): void => {
    silences.push(ms);
    void attend(before);
  };
  // This makes the wait a few seconds instead of ten.
  await query(database.url, `update paggio.master_keys set entered_at = clock_timestamp() - interval '7 seconds'`);
  expect(await failure(rotate({ onSilence }))).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(masterKeyId(old)),
  });
  expect(silences).toHaveLength(1);
  // All values are under the new key by now. A process that has only that key is still refused.
  await expect(gateway(next)).rejects.toMatchObject({ hint: expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS') });
  await retire(before);
  expect(await rotate({ onSilence })).toMatchObject({ values: 0, removable: [masterKeyId(old)] });
  expect(silences).toHaveLength(1);
});

test('a process reports that another one encrypts with a key that it lacks, and that its own key was replaced', async () => {
  const before = await gateway(old, [], API);
  const faults: unknown[] = [];
  before.subscribe((event) => event.type === 'fault' && faults.push(event.error));
  await attend(before);
  expect(faults).toEqual([]);
  await gateway(next, [old], API);
  await attend(before);
  expect(faults).toEqual([
    expect.objectContaining({
      message: expect.stringContaining(masterKeyId(next)),
      hint: expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS'),
    }),
  ]);
  await query(database.url, `delete from paggio.master_keys where id = '${masterKeyId(old)}'`);
  await attend(before);
  expect(faults.slice(1)).toEqual([
    expect.objectContaining({ message: expect.stringContaining(`${masterKeyId(old)}, which was replaced`) }),
  ]);
  // From then on no process starts without the key `old`.
  await expect(gateway(next)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('a webhook for an endpoint under a missing key is answered with 503, and is neither rejected nor lost', async () => {
  const before = await gateway(old, [], FRONT);
  const faults: unknown[] = [];
  before.subscribe((event) => event.type === 'fault' && faults.push(event.error));
  const other = await gateway(next, [old], API);
  const { endpoint } = await other.admin.endpoints.create(owner, { name: 'new', verification: gitHub });
  const { slug } = endpoint;
  const error = await captureFromGitHub(before, slug, 'push', '{}').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 503, retryAfterSeconds: 30 });
  // The answer to the sender does not mention keys, but the log does.
  expect(String(error)).not.toContain(masterKeyId(next));
  expect(faults.map(String).join()).toContain(masterKeyId(next));
  expect(await query(database.url, 'select 1 from paggio.rejections')).toEqual([]);
  // A process that has the key accepts the same request.
  const able = await gateway(old, [next], FRONT);
  expect(await captureFromGitHub(able, slug, 'push', '{}')).toEqual(expect.any(String));
});

test('an endpoint that a process cannot read delays no other delivery, and a process that can read it delivers', async () => {
  const recorder = await Recorder.start();
  stops.push(() => recorder.stop());
  const unable = await gateway(old);
  const able = await gateway(next, [old], FRONT);
  const sealed = await able.admin.endpoints.create(owner, { name: 'sealed', destinationUrl: recorder.url('/sealed') });
  const plain = await unable.admin.endpoints.create(owner, { name: 'plain', destinationUrl: recorder.url('/plain') });
  const waiting = await capture(able, sealed.endpoint.slug, '{}');
  // Several rounds are needed, because the delivery that this process cannot read is always due.
  for (let n = 0; n < 3; n++) {
    const id = await capture(able, plain.endpoint.slug, '{}');
    expect(await settled(unable, owner, id)).toMatchObject({ status: 'delivered' });
  }
  expect(recorder.requests.map(({ url }) => url)).toEqual(['/plain', '/plain', '/plain']);
  await gateway(old, [next], { roles: ['deliver'] });
  const event = await until(able, async () => {
    const one = await able.admin.events.get(owner, waiting);
    return one.status === 'pending' ? undefined : one;
  });
  // Released deliveries did not count as attempts.
  expect(event).toMatchObject({ status: 'delivered', attempts: [{ number: 1 }] });
});
