import { rmSync } from 'node:fs';
import { startEmbeddedDatabase } from '@paggio/embedded-database';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import {
  capture,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  testMasterKey,
  until,
  type TestDatabase,
  type TestGateway,
} from '../testing';
import { createPaggio } from '../index';

const full = process.env['PAGGIO_FULL'] !== undefined;

/** A process that captures, and another one that delivers from the same database. */
let front: TestGateway;
let worker: TestGateway;
let database: TestDatabase;

beforeAll(async () => {
  front = await startGateway({ roles: ['capture', 'api'] });
  ({ database } = front);
  worker = await startGateway({ roles: ['deliver'] }, {}, database);
});

afterAll(async () => {
  await worker.stop();
  await front.stop();
});

const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;

test('terminated connections of every kind lose nothing and stop nothing [CRA-07]', async () => {
  const gateway = await startGateway();
  const recorder = await Recorder.start();
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'kill',
    destinationUrl: recorder.url(),
    concurrency: 50,
  });
  const acknowledged: string[] = [];
  let refused = 0;
  let stop = false;
  const senders = Array.from({ length: 8 }, async () => {
    while (!stop) {
      try {
        acknowledged.push(await capture(gateway.paggio, endpoint.slug, '{}'));
      } catch {
        refused++;
      }
    }
  });
  // Until a connection ended with events on it: only then it shows that those were not acknowledged.
  for (let round = 0; round < (full ? 20 : 5) || refused === 0; round++) {
    await query(gateway.database.url, terminate);
    const before = acknowledged.length;
    await until(gateway.paggio, async () => (acknowledged.length > before + 10 ? true : undefined));
  }
  stop = true;
  await Promise.all(senders);
  expect(acknowledged.length).toBeGreaterThan(full ? 200 : 50);
  await query(gateway.database.url, `update paggio.deliveries set due_at = now() where state = 'pending'`);
  await until(gateway.paggio, async () => {
    const [row] = await query<{ count: number }>(
      gateway.database.url,
      `select count(*)::int as count from paggio.deliveries where state = 'pending'`,
    );
    return row?.count === 0 ? true : undefined;
  });
  const delivered = new Set(recorder.requests.map((request) => request.headers['webhook-id']));
  expect(acknowledged.filter((id) => !delivered.has(id))).toEqual([]);
  await gateway.stop();
  await recorder.stop();
}, 90_000);

test('a worker whose lease was taken over cannot overwrite the newer state [CRA-03]', async () => {
  const answers: (() => void)[] = [];
  const recorder = await Recorder.start((_request, response, count) =>
    count === 1 ? void answers.push(() => response.writeHead(500).end()) : response.writeHead(200).end(),
  );
  const { endpoint } = await front.paggio.admin.endpoints.create(owner, {
    name: 'fence',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
    retry: { maxAttempts: 1 },
  });
  const id = await capture(front.paggio, endpoint.slug, '{}');
  await recorder.received(1);
  // A second worker does this after the lease has expired: it claims, delivers and settles.
  await query(
    database.url,
    `update paggio.deliveries set state = 'delivered', attempt_count = 1, lease_token = null, due_at = null where event_id = '${id}'`,
  );
  const failed = new Promise<void>((done) =>
    worker.paggio.subscribe((event) => event.type === 'attempt.finished' && event.eventId === id && done()),
  );
  answers[0]?.();
  await failed;
  // Results are settled in order: once this event is delivered, the late result was handled.
  await settled(worker.paggio, owner, await capture(front.paggio, endpoint.slug, '{}'));
  const rows = await query(
    database.url,
    `select state, attempt_count, (select count(*)::int from paggio.all_attempts where event_id = '${id}') as attempts
     from paggio.deliveries where event_id = '${id}'`,
  );
  expect(rows).toEqual([{ state: 'delivered', attempt_count: 1, attempts: 0 }]);
  await recorder.stop();
});

test("a dead worker's deliveries are taken over when their lease expires", async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await front.paggio.admin.endpoints.create(owner, { name: 'x', destinationUrl: recorder.url() });
  // Paused, so that the living worker does not take it before the dead one has.
  await front.paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const id = await capture(front.paggio, endpoint.slug, '{}');
  await query(
    database.url,
    `update paggio.deliveries set lease_token = gen_random_uuid(), due_at = now() + interval '1 second' where event_id = '${id}'`,
  );
  await front.paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  expect(await settled(worker.paggio, owner, id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
  await recorder.stop();
});

test('with capture and delivery in two processes, work and changes reach the other process at once [EMB-07]', async () => {
  const { paggio } = front;
  const [first, second] = [await Recorder.start(), await Recorder.start()];
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'x', destinationUrl: first.url() });
  for (let n = 0; n < (full ? 20 : 6); n++) {
    const recorder = n % 2 === 0 ? first : second;
    await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: recorder.url() });
    await settled(worker.paggio, owner, await capture(paggio, endpoint.slug, '{}'));
    expect([first.requests.length, second.requests.length]).toEqual([Math.ceil((n + 1) / 2), Math.floor((n + 1) / 2)]);
  }
  await Promise.all([first.stop(), second.stop()]);
}, 60_000);

test('a killed database causes 503 and no exit; acknowledged events are all there, and delivery goes on [CRA-06]', async () => {
  const directory = throwAwayDirectory('paggio-fault-');
  copyClusterFiles(directory);
  let cluster = await startEmbeddedDatabase({ directory });
  const port = new URL(cluster.url).port;
  const paggio = createPaggio({
    database: { url: cluster.url },
    masterKey: testMasterKey,
    allowedNetworks: ['127.0.0.0/8'],
  });
  await paggio.start();
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'db', destinationUrl: recorder.url() });
  const acknowledged: string[] = [];
  const codes = new Set<string>();
  let stop = false;
  const senders = Array.from({ length: 8 }, async () => {
    while (!stop) {
      try {
        acknowledged.push(await capture(paggio, endpoint.slug, '{}'));
      } catch (error) {
        codes.add((error as { code: string }).code);
        await new Promise((done) => setTimeout(done, 10));
      }
    }
  });
  for (let kill = 0; kill < (full ? 3 : 1); kill++) {
    const before = acknowledged.length;
    await until(paggio, async () => (acknowledged.length > before + 50 ? true : undefined));
    process.kill(cluster.pid, 'SIGKILL');
    cluster = await startEmbeddedDatabase({ directory, settings: { port } });
  }
  const before = acknowledged.length;
  await until(paggio, async () => (acknowledged.length > before + 50 ? true : undefined));
  stop = true;
  await Promise.all(senders);
  await query(cluster.url, `update paggio.deliveries set due_at = now() where state = 'pending'`);
  const pending = `select count(*)::int as count from paggio.deliveries where state = 'pending'`;
  await until(paggio, async () =>
    (await query<{ count: number }>(cluster.url, pending))[0]?.count === 0 ? true : undefined,
  );
  const delivered = new Set(recorder.requests.map((request) => request.headers['webhook-id']));
  expect(acknowledged.filter((id) => !delivered.has(id))).toEqual([]);
  expect(codes.size).toBeGreaterThan(0);
  await paggio.stop();
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
  await recorder.stop();
}, 180_000);

test('no secret is stored unencrypted in the database [AUZ-20]', async () => {
  const secrets = ['CANARY_endpoint_secret_01', 'CANARY_provider_secret_02', 'CANARY_header_value_03'];
  await front.paggio.admin.endpoints.create(owner, {
    name: 'canary',
    secret: secrets[0],
    headers: { 'X-Token': secrets[2] as string },
    verification: { provider: 'github', secrets: [secrets[1] as string] },
  });
  const all = { ...owner, scopes: new Set(['read', 'admin'] as const), keyId: null };
  const { key } = await front.paggio.admin.keys.create(all, { name: 'canary' });
  const tables = ['endpoints', 'destinations', 'api_keys', 'state', 'events', 'rejections'];
  const rows = await Promise.all(
    tables.map((table) => query<{ row: string }>(database.url, `select t::text as row from paggio.${table} t`)),
  );
  const dump = rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
  expect(dump).toContain('canary');
  for (const secret of [...secrets, key]) expect(dump.includes(secret)).toBe(false);
});
