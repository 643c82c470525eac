import { rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { startEmbeddedDatabase } from '@paggio/embedded-database';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import {
  capture,
  DeliveryProcess,
  owner,
  query,
  Recorder,
  shortened,
  startGateway,
  TestScheduler,
  until,
  type TestGateway,
} from '../testing';

// No lease runs out by itself while these tests run. The server is young for as long as a check-in counts.
const timing = { ...shortened('deadAfterMs'), leaseMs: 600_000, checkInMs: 300, workerGroupMs: 1_500 };

let gateway: TestGateway;
let recorder: Recorder;
/** Requests that the destination has not answered. */
let held: ServerResponse[];
let holds: boolean;

beforeAll(async () => {
  gateway = await startGateway({ roles: ['capture', 'api'] }, { timing });
  recorder = await Recorder.start((_request, response) => void (holds ? held.push(response) : response.end()));
});

beforeEach(() => {
  [held, holds] = [[], true];
  recorder.requests.splice(0);
});

/** A process that runs on keeps its row. */
afterEach(async () => {
  if (!spare) await query(gateway.database.url, 'delete from paggio.workers');
});

afterAll(async () => {
  await spare?.kill();
  await gateway.stop();
  await recorder.stop();
});

/** The last test's process, if it runs on. To start one takes longer than most tests here. */
let spare: DeliveryProcess | undefined;

/** A process that holds this many deliveries, which their destination does not answer. */
async function holder(count: number): Promise<DeliveryProcess> {
  const process = spare ?? (await DeliveryProcess.start(gateway.database, undefined, timing));
  spare = undefined;
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: `slow ${count}`,
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
  });
  await Promise.all(Array.from({ length: count }, () => capture(gateway.paggio, endpoint.slug, '{}')));
  await until(gateway.paggio, async () => (held.length >= count ? true : undefined));
  return process;
}

const pending = (): Promise<{ lease_token: string }[]> =>
  query(gateway.database.url, `select lease_token from paggio.deliveries where state = 'pending' order by event_id`);
const allDelivered = (): Promise<true> =>
  until(gateway.paggio, async () => ((await pending()).length === 0 ? true : undefined));

test('a process that is frozen, or that has lost its connections, is not taken for dead [CRA-03]', async () => {
  const living = await holder(2);
  const before = await pending();
  const scheduler = new TestScheduler();
  living.signal('SIGSTOP');
  const other = await startGateway({ roles: ['deliver'], scheduler }, { timing }, gateway.database);
  const lookTwice = async (): Promise<void> => {
    for (let look = 0; look < 3; look++) {
      await scheduler.run('takeovers');
      await new Promise((done) => setTimeout(done, timing.deadAfterMs));
    }
  };
  await lookTwice();
  expect(await pending()).toEqual(before);
  living.signal('SIGCONT');
  await query(
    gateway.database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where pid in (select pid from pg_locks where locktype = 'advisory' and objsubid = 1)`,
  );
  await lookTwice();
  expect(await pending()).toEqual(before);
  for (const response of held) response.end();
  await allDelivered();
  expect(recorder.requests).toHaveLength(2);
  await other.stop();
  spare = living;
}, 60_000);

test('deliveries of a killed process are due at once for a process that runs already [CRA-01]', async () => {
  const killed = await holder(4);
  const witness = await startGateway({ roles: ['deliver'] }, { timing }, gateway.database);
  await killed.kill();
  holds = false;
  await allDelivered();
  expect(recorder.requests).toHaveLength(8);
  await witness.stop();
}, 60_000);

test('deliveries of a killed process are due at once for a process that starts after it [CRA-01]', async () => {
  const killed = await holder(3);
  await killed.kill();
  holds = false;
  const next = await startGateway({ roles: ['deliver'] }, { timing }, gateway.database);
  await allDelivered();
  expect(recorder.requests).toHaveLength(6);
  expect(await query(gateway.database.url, 'select id from paggio.workers')).toHaveLength(1);
  await next.stop();
}, 60_000);

test('a delivery that has lost several workers in a row waits before the next one has it [CRA-02]', async () => {
  const killed = await holder(2);
  const [first] = await pending();
  const ofFirst = `where lease_token = '${first?.lease_token}'`;
  await query(gateway.database.url, `update paggio.deliveries set takeovers = 6 ${ofFirst}`);
  await killed.kill();
  holds = false;
  const next = await startGateway({ roles: ['deliver'] }, { timing }, gateway.database);
  await until(gateway.paggio, async () => ((await pending()).length === 1 ? true : undefined));
  const [row] = await query<{ seconds: number }>(
    gateway.database.url,
    `select extract(epoch from due_at - now())::float8 as seconds from paggio.deliveries ${ofFirst}`,
  );
  expect(row?.seconds).toBeGreaterThan(15);
  expect(row?.seconds).toBeLessThanOrEqual(30);
  await query(gateway.database.url, `update paggio.deliveries set due_at = now() ${ofFirst}`);
  await allDelivered();
  await next.stop();
}, 60_000);

test('a process that is cut off from PostgreSQL begins no attempt that another one makes [CRA-03]', async () => {
  const role = `cut_${Date.now()}`;
  await query(gateway.database.url, `create role ${role} login superuser password 'cut'`);
  const url = new URL(gateway.database.url);
  [url.username, url.password] = [role, 'cut'];
  const cut = await startGateway({ roles: ['deliver'] }, { timing }, { ...gateway.database, url: url.href });
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'one at a time',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
    concurrency: 1,
  });
  for (let n = 0; n < 3; n++) await capture(gateway.paggio, endpoint.slug, '{}');
  const leased = (): Promise<unknown[]> =>
    query(gateway.database.url, `select from paggio.deliveries where state = 'pending' and lease_token is not null`);
  await until(gateway.paggio, async () => ((await leased()).length === 3 ? true : undefined));
  await until(gateway.paggio, async () => (held.length === 1 ? true : undefined));
  const other = await startGateway({ roles: ['deliver'] }, { timing }, gateway.database);
  // The first one knows now that it is not alone.
  await new Promise((done) => setTimeout(done, 2 * timing.checkInMs));
  await query(
    gateway.database.url,
    `alter role ${role} nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
  );
  await until(gateway.paggio, async () => (held.length === 2 ? true : undefined));
  held[0]?.end();
  await new Promise((done) => setTimeout(done, 300));
  expect(held).toHaveLength(2);
  holds = false;
  for (const response of held) response.end();
  await query(gateway.database.url, `alter role ${role} login`);
  await allDelivered();
  expect(recorder.requests).toHaveLength(4);
  await cut.stop();
  await other.stop();
  await query(gateway.database.url, `drop role ${role}`);
}, 60_000);

test('after a restart of PostgreSQL, a living process has time to come back for its deliveries [CRA-06]', async () => {
  const directory = throwAwayDirectory('paggio-takeover-');
  copyClusterFiles(directory);
  let cluster = await startEmbeddedDatabase({ directory });
  const { url } = cluster;
  const database = { url, drop: () => Promise.resolve() };
  const patient = { ...timing, workerGroupMs: 30_000 };
  const first = await startGateway({ roles: ['capture', 'api'] }, { timing: patient }, database);
  const { endpoint } = await first.paggio.admin.endpoints.create(owner, {
    name: 'slow',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
  });
  const living = await DeliveryProcess.start(database, undefined, patient);
  for (let n = 0; n < 4; n++) await capture(first.paggio, endpoint.slug, '{}');
  await until(first.paggio, async () => (held.length === 4 ? true : undefined));
  living.signal('SIGSTOP');
  await cluster.stop();
  cluster = await startEmbeddedDatabase({ directory, settings: { port: new URL(url).port } });
  const scheduler = new TestScheduler();
  const next = await startGateway({ roles: ['deliver'], scheduler }, { timing: patient }, database);
  for (let look = 0; look < 3; look++) {
    await scheduler.run('takeovers');
    await new Promise((done) => setTimeout(done, timing.deadAfterMs));
  }
  living.signal('SIGCONT');
  for (const response of held) response.end();
  await until(first.paggio, async () => {
    const left = await query(cluster.superuserUrl, `select from paggio.deliveries where state <> 'delivered'`);
    return left.length === 0 ? true : undefined;
  });
  expect(recorder.requests).toHaveLength(4);
  await living.kill();
  await next.stop();
  await first.stop();
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
}, 90_000);
