import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Timing } from '../flow/timing';
import {
  capture,
  owner,
  passTime,
  query,
  Recorder,
  settled,
  shortened,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

/** Extra time that a busy machine may need. */
const LATE_MS = 1_000;

/** A gateway, and a connection that makes it wait. */
interface Stage {
  gateway: TestGateway;
  holder: Client;
  timing: Timing;
}

/** One for each set of shorter times, shared by all tests. */
const stages = new Map<string, Stage>();
let gateway: TestGateway;
let holder: Client;

/** Shortens only the times that a test waits for. All others stay real, for the sake of busy machines. */
async function start(...shorter: (keyof Timing)[]): Promise<Timing> {
  const key = shorter.join();
  const stage = stages.get(key) ?? (await newStage(shortened(...shorter)));
  stages.set(key, stage);
  ({ gateway, holder } = stage);
  return stage.timing;
}

async function newStage(timing: Timing): Promise<Stage> {
  const gateway = await startGateway({}, { timing });
  const holder = new Client({ connectionString: gateway.database.url });
  holder.on('error', () => undefined);
  await holder.connect();
  return { gateway, holder, timing };
}

// A test that failed may still hold a table.
afterEach(() => holder.query('rollback'));

afterAll(async () => {
  for (const stage of stages.values()) {
    await stage.holder.end();
    await stage.gateway.stop();
  }
});

/** Acts as a database that makes no progress: statements on this table wait until `rollback`. */
async function hold(table: string): Promise<void> {
  await holder.query('begin');
  await holder.query(`lock table paggio.${table} in access exclusive mode`);
}

test('nobody waits longer than six seconds for an answer, and new requests are refused at once when very many wait [CRA-11]', async () => {
  const timing = await start('maxWaitMs', 'overdueLookMs', 'overloadedAfterMs');
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'slow' });
  await capture(paggio, endpoint.slug, '{}');
  await hold('events');
  const startedAt = performance.now();
  const refusals = Array.from({ length: 500 }, async () => {
    const error: unknown = await capture(paggio, endpoint.slug, '{}').catch((one: unknown) => one);
    return { error, afterMs: performance.now() - startedAt };
  });
  await sleep(1.2 * timing.overloadedAfterMs);
  // A pause alone is not an overload: new requests wait.
  for (let more = 0; more < 700; more++) capture(paggio, endpoint.slug, '{}').catch(() => undefined);
  await sleep(50);
  const lateAt = performance.now();
  await expect(capture(paggio, endpoint.slug, '{}')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(performance.now() - lateAt).toBeLessThan(timing.maxWaitMs / 2);
  for (const { error, afterMs } of await Promise.all(refusals)) {
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
    expect(afterMs).toBeLessThan(timing.maxWaitMs + LATE_MS);
  }
  await holder.query('rollback');
  await until(paggio, async () => capture(paggio, endpoint.slug, '{}').catch(() => undefined));
  expect((await paggio.readiness()).ready).toBe(true);
}, 30_000);

test('with large bodies, new requests are refused at once when fewer of them wait [LOA-09]', async () => {
  const timing = await start();
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'large' });
  await capture(paggio, endpoint.slug, '{}');
  await hold('events');
  // 32 MiB: two statements that are stuck, and as much again waiting.
  const waiting = Array.from({ length: 33 }, () => capture(paggio, endpoint.slug, 'x'.repeat(1024 * 1024)));
  await sleep(1.2 * timing.overloadedAfterMs);
  const lateAt = performance.now();
  await expect(capture(paggio, endpoint.slug, '{}')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(performance.now() - lateAt).toBeLessThan(timing.maxWaitMs / 2);
  await holder.query('rollback');
  await Promise.all(waiting);
}, 30_000);

test('a flooding sender delays only itself and is refused first; others are stored with the next group [LOA-07, LOA-08]', async () => {
  await start();
  const { paggio } = gateway;
  const create = async (userId: string, name: string): Promise<string> =>
    (await paggio.admin.endpoints.create({ userId, mode: 'live' }, { name })).endpoint.slug;
  const flood = await create('noisy', 'flood');
  const sibling = await create('noisy', 'sibling');
  const other = await create('quiet', 'other');
  for (const slug of [flood, sibling, other]) await capture(paggio, slug, '{}');
  await hold('events');
  const stored: string[] = [];
  const send = (slug: string, body = '{}'): Promise<void> =>
    capture(paggio, slug, body).then(
      () => void stored.push(slug),
      () => undefined,
    );
  const large = 'x'.repeat(128 * 1024);
  const flooding = Array.from({ length: 600 }, () => send(flood, large));
  // The flood fills half of the space for waiting events. More of it is refused.
  await expect(capture(paggio, flood, large)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
  const quiet = [send(other), send(sibling)];
  await sleep(100);
  expect(stored).toEqual([]);
  await holder.query('rollback');
  await Promise.all([...quiet, ...flooding]);
  // Two groups of at most 8 MiB each were under way. The others' events are in the third group.
  const groups = (3 * 8 * 1024 * 1024) / large.length;
  for (const slug of [other, sibling]) {
    expect(stored).toContain(slug);
    expect(stored.indexOf(slug)).toBeLessThan(groups);
  }
  expect(stored).toContain(flood);
}, 30_000);

test('a request waits at most five seconds for the look-up of its endpoint [CRA-11]', async () => {
  const timing = await start('lookUpMs');
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'unknown' });
  await hold('endpoints');
  const startedAt = performance.now();
  await expect(capture(paggio, endpoint.slug, '{}')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(performance.now() - startedAt).toBeLessThan(timing.lookUpMs + LATE_MS);
}, 20_000);

test('the process is not ready while the database answers but stores nothing, until something is stored [CRA-13]', async () => {
  await start();
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'full' });
  await capture(paggio, endpoint.slug, '{}');
  // This is the error of a full disk.
  await query(
    database.url,
    `create function paggio.full() returns trigger language plpgsql as
       $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
     create trigger full_disk before insert on paggio.events for each row execute function paggio.full()`,
  );
  await expect(capture(paggio, endpoint.slug, '{}')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await paggio.readiness()).toMatchObject({ ready: false, reason: 'events cannot be stored' });
  await query(database.url, 'drop function paggio.full cascade');
  await capture(paggio, endpoint.slug, '{}');
  expect(await paggio.readiness()).toMatchObject({ ready: true, reason: null });
});

test('results that could not be written during an outage are written before their deliveries are claimed again [CRA-06]', async () => {
  const timing = await start('statementMs', 'queryMs', 'pollMs');
  const { paggio, database } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'unsettled',
    destinationUrl: recorder.url(),
  });
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  // Storing the event writes the log of changes too, so the log is only held when the event has arrived.
  recorder.behaviour = (_request, response) => void hold('changes').then(() => response.writeHead(200).end());
  const stuck = new Promise<void>((done) =>
    paggio.subscribe((one) => one.type === 'fault' && one.where === 'delivery.settle' && done()),
  );
  const id = await capture(paggio, endpoint.slug, '{}');
  await recorder.received(2);
  // The statement runs into its time limit, and the lease runs out.
  await stuck;
  await passTime(database, 31);
  // The worker polls at least once, and does not claim what it cannot settle.
  await sleep(timing.pollMs * 1.2);
  await holder.query('rollback');
  await settled(paggio, owner, id);
  expect(recorder.requests).toHaveLength(2);
  expect(await paggio.admin.events.get(owner, id)).toMatchObject({ status: 'delivered', attemptCount: 1 });
  await recorder.stop();
}, 40_000);
