import type { ServerResponse } from 'node:http';
import { capture, noTicks, owner, query, Recorder, settled, startGateway, until, type TestGateway } from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

/** Statements of a process on its connections for leases. A test can let something happen after one has run. */
class LeaseWatch {
  readonly names: string[] = [];
  private readonly after = new Map<string, () => Promise<unknown>>();

  constructor({ assembly }: TestGateway) {
    const pool = assembly.database.database.lease;
    const run = pool.query.bind(pool) as (statement: { name: string }) => Promise<unknown>;
    jest.spyOn(pool, 'query').mockImplementation((async (statement: { name: string }) => {
      this.names.push(statement.name);
      const result = await run(statement);
      const act = this.after.get(statement.name);
      this.after.delete(statement.name);
      await act?.();
      return result;
    }) as never);
  }

  /** Before the worker has the result of the next statement of this name. */
  onceAfter(name: string, act: () => Promise<unknown>): void {
    this.after.set(name, act);
  }

  count(name: string): number {
    return this.names.filter((one) => one === name).length;
  }
}

/** The first process. Nothing polls, so what nobody names is not delivered. */
let gateway: TestGateway;
let watch: LeaseWatch;

beforeAll(async () => {
  gateway = await startGateway({ scheduler: noTicks });
  watch = new LeaseWatch(gateway);
});

afterEach(() => watch.names.splice(0));
afterAll(() => gateway.stop());

interface Ordered {
  slug: string;
  recorder: Recorder;
}

/** Ordered deliveries always come by claims. */
async function ordered(settings: object = {}): Promise<Ordered> {
  const recorder = await Recorder.start();
  const destinationUrl = recorder.url();
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'ordered',
    destinationUrl,
    orderBy: '/key',
    ...settings,
  });
  return { slug: endpoint.slug, recorder };
}

/** Resolves when the process neither looks nor claims any more. */
async function quiet(): Promise<void> {
  for (let before = -1; before !== watch.names.length;) {
    before = watch.names.length;
    await new Promise((done) => setTimeout(done, 100));
  }
}

test('a process without due deliveries only looks: it neither plans nor runs a claim', async () => {
  const idle = await startGateway({ roles: ['deliver'] }, {}, gateway.database);
  const { names } = new LeaseWatch(idle);
  for (let n = 0; n < 3; n++) {
    await idle.runPeriodicWork('poll');
    await until(idle.paggio, async () =>
      names.filter((name) => name === 'paggio_look').length > n ? true : undefined,
    );
  }
  expect(names).not.toContain('paggio_claim');
  const { rows } = await idle.assembly.database.database.lease.query<{ count: number }>({
    name: 'counted',
    text: `select count(*)::int as count from pg_prepared_statements where name = 'paggio_claim'`,
  });
  expect(rows).toEqual([{ count: 0 }]);
  await idle.stop();
});

test('what this process stores for a lane is claimed without a look, and so is what follows in its order', async () => {
  const { slug, recorder } = await ordered();
  await quiet();
  const before = watch.count('paggio_look');
  await Promise.all(Array.from({ length: 5 }, () => capture(gateway.paggio, slug, '{"key":1}')));
  await recorder.received(5);
  await quiet();
  expect(watch.count('paggio_look')).toBe(before);
  expect(watch.count('paggio_claim')).toBeGreaterThan(0);
  await recorder.stop();
});

test('a lane that is named during its claim is claimed again', async () => {
  const { slug, recorder } = await ordered();
  watch.onceAfter('paggio_claim', () => capture(gateway.paggio, slug, '{"key":2}'));
  await capture(gateway.paggio, slug, '{"key":1}');
  await recorder.received(2);
  await recorder.stop();
});

test('work that is due during a look is found by the look that was asked for meanwhile', async () => {
  const { slug, recorder } = await ordered();
  await capture(gateway.paggio, slug, '{"key":1}');
  await recorder.received(1);
  await quiet();
  const { worker } = gateway.assembly.delivery;
  // A statement of its own, of which nobody gives a hint.
  const again = `update paggio.deliveries set state = 'pending', due_at = now()
    where endpoint_id = (select id from paggio.endpoints where slug = '${slug}')`;
  watch.onceAfter('paggio_look', async () => {
    await query(gateway.database.url, again);
    worker.wake();
  });
  worker.wake();
  await recorder.received(2);
  await recorder.stop();
});

test('a hint of another process is answered by a look and a claim of what it found', async () => {
  const other = await startGateway({ roles: ['capture', 'api'], scheduler: noTicks }, {}, gateway.database);
  const { slug, recorder } = await ordered();
  await capture(other.paggio, slug, '{"key":1}');
  await recorder.received(1);
  await other.stop();
  await recorder.stop();
});

test('lanes of which a claim may take nothing are not found by a look', async () => {
  const { slug, recorder } = await ordered();
  await capture(gateway.paggio, slug, '{"key":1}');
  await recorder.received(1);
  await quiet();
  const [destination] = await query<{ id: string }>(
    gateway.database.url,
    `select x.id from paggio.destinations x join paggio.endpoints e on e.id = x.endpoint_id where e.slug = '${slug}'`,
  );
  const id = destination?.id as string;
  await query(
    gateway.database.url,
    `update paggio.deliveries set state = 'pending', due_at = now() where destination_id = '${id}'`,
  );
  const claimsAfter = async (change: string): Promise<number> => {
    await query(gateway.database.url, change);
    watch.names.splice(0);
    gateway.assembly.delivery.worker.wake();
    await until(gateway.paggio, async () => (watch.count('paggio_look') > 0 ? true : undefined));
    await quiet();
    return watch.count('paggio_claim');
  };
  const set = (change: string): string => `update paggio.destinations set ${change} where id = '${id}'`;
  expect(await claimsAfter(set(`status = 'PAUSED'`))).toBe(0);
  expect(await claimsAfter(set(`status = 'ACTIVE', open_until = now() + interval '1 hour'`))).toBe(0);
  expect(await claimsAfter(set(`open_until = null, handler = 'elsewhere'`))).toBe(0);
  expect(await claimsAfter(set(`handler = null`))).toBe(1);
  await recorder.stop();
});

test('a rate limit goes on without polls after a look that came before its alarm', async () => {
  const { slug, recorder } = await ordered({ orderBy: null, rateLimit: 2 });
  for (let n = 0; n < 4; n++) await capture(gateway.paggio, slug, '{}');
  await recorder.received(1);
  // The next slot is in half a second, and a quarter of a second earlier a claim takes it already.
  await new Promise((done) => setTimeout(done, 320));
  gateway.assembly.delivery.worker.wake();
  await recorder.received(4);
  await recorder.stop();
});

/** A process that stores and another that delivers, with a backlog of `each` deliveries for every destination. */
async function backlog(
  recorder: Recorder,
  order: { lanes: number; each: number; concurrency: number; maxInFlight: number },
): Promise<{ ids: string[]; stop: () => Promise<void> }> {
  const { lanes, each, concurrency, maxInFlight } = order;
  const storing = await startGateway({ roles: ['capture', 'api'], scheduler: noTicks });
  const { url } = storing.database;
  const { endpoint } = await storing.paggio.admin.endpoints.create(owner, {
    name: 'many',
    destinationUrl: recorder.url('/first'),
    concurrency,
  });
  await storing.paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  for (let n = 0; n < each; n++) await capture(storing.paggio, endpoint.slug, '{}');
  await query(
    url,
    `with made as (
       insert into paggio.destinations select (jsonb_populate_record(x, jsonb_build_object('id', id, 'name', id::text,
         'url', '${recorder.url('/')}' || id))).*
       from (select x, gen_random_uuid() as id from paggio.destinations x, generate_series(1, ${lanes})) made(x, id)
       returning id, endpoint_id
     ), gone as (
       delete from paggio.deliveries
     )
     insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at)
     select e.id, made.id, made.endpoint_id, 'pending', now() from paggio.events e, made`,
  );
  await query(url, `update paggio.endpoints set status = 'ACTIVE'`);
  const rows = await query<{ id: string }>(
    url,
    'select distinct destination_id as id from paggio.deliveries order by 1',
  );
  const options = { roles: ['deliver' as const], scheduler: noTicks, maxInFlight };
  const delivering = await startGateway(options, {}, storing.database);
  return {
    ids: rows.map(({ id }) => id),
    async stop() {
      await delivering.stop();
      await storing.stop();
    },
  };
}

test('a lane that got nothing from a full claim is the first of the next one, and the other is not forgotten', async () => {
  const held: ServerResponse[] = [];
  let hold = true;
  const recorder = await Recorder.start((_request, response) => {
    if (hold) held.push(response);
    else response.writeHead(200).end();
  });
  const { ids, stop } = await backlog(recorder, { lanes: 3, each: 20, concurrency: 8, maxInFlight: 6 });
  await recorder.received(6);
  const laneOf = (n: number): number => ids.indexOf(recorder.requests[n]?.url.slice(1) as string);
  // The claim took two lanes, and the first had enough for all slots.
  expect([0, 1, 2, 3, 4, 5].map(laneOf)).toEqual(Array.from({ length: 6 }, () => laneOf(0)));
  held.shift()?.writeHead(200).end();
  await recorder.received(7);
  expect(laneOf(6)).toBe((laneOf(0) + 1) % 3);
  hold = false;
  for (const response of held) response.writeHead(200).end();
  await recorder.received(60);
  await stop();
  await recorder.stop();
});

test('every destination gets its turn, however many have a backlog and however few slots there are', async () => {
  const lanes = full ? 1_000 : 200;
  const each = 6;
  const recorder = await Recorder.start();
  const { stop } = await backlog(recorder, { lanes, each, concurrency: 1, maxInFlight: 8 });
  await recorder.received(lanes * each);
  const first = new Map<string, number>();
  recorder.requests.forEach(({ url }, place) => first.has(url) || first.set(url, place));
  expect(first.size).toBe(lanes);
  // A claim brings up to three deliveries to a lane of one slot.
  expect(Math.max(...first.values())).toBeLessThan((lanes * each) / 2);
  await stop();
  await recorder.stop();
}, 60_000);

test('a retry that is near has its own alarm, and waits for no look', async () => {
  const alone = await startGateway({ scheduler: noTicks });
  let count = 0;
  const recorder = await Recorder.start((_request, response) => response.writeHead(count++ === 0 ? 500 : 200).end());
  const retry = { maxAttempts: 2, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };
  const { endpoint } = await alone.paggio.admin.endpoints.create(owner, {
    name: 'retried',
    destinationUrl: recorder.url(),
    retry,
  });
  const id = await capture(alone.paggio, endpoint.slug, '{}');
  expect((await settled(alone.paggio, owner, id)).attempts.map(({ status }) => status)).toEqual([
    'failed',
    'delivered',
  ]);
  await recorder.stop();
  await alone.stop();
});
