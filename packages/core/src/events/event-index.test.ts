import fc from 'fast-check';
import type { EventFilter, EventSummary } from './event';
import { capture, drained, noTicks, owner, query, Recorder, startGateway, until, type TestGateway } from '../testing';
import type { Owner } from '../principal';
import type { StatsInput } from '../stats/stats';
import { BUCKET_SECONDS } from './index-sql';

const full = process.env['PAGGIO_FULL'] !== undefined;

let gateway: TestGateway;
const stranger: Owner = { userId: 'user-2', mode: 'live' };
const ALL = { limit: 100, offset: 0, startingAfter: null };

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

/** Waits until no step of the index is under way. No new step begins while the transaction of these statements runs. */
const HOLD_INDEX = 'select from paggio.event_index_state for update;';

/** Finds every event of an owner without the index. */
async function all(who: Owner): Promise<EventSummary[]> {
  return (await gateway.paggio.admin.events.list(who, {}, ALL)).items;
}

function fits(filter: EventFilter, event: EventSummary): boolean {
  const type = event.eventType;
  return (
    (filter.status === undefined || event.status === filter.status) &&
    (filter.source === undefined || event.source === filter.source) &&
    (filter.endpointId === undefined || event.endpointId === filter.endpointId) &&
    (filter.eventType === undefined ||
      (type !== null &&
        (filter.eventType.endsWith('.*')
          ? type.startsWith(filter.eventType.slice(0, -1))
          : type === filter.eventType))) &&
    (filter.since === undefined || event.receivedAt > filter.since) &&
    (filter.until === undefined || event.receivedAt < filter.until)
  );
}

test('every filter, alone or combined, finds what a full scan finds, and statistics agree', async () => {
  const { paggio } = gateway;
  let broken = true;
  const recorder = await Recorder.start(({ body }, response) => {
    const { n } = JSON.parse(body.toString()) as { n: number };
    response.writeHead(broken && n % 7 === 3 ? 500 : 200).end();
  });
  const once = { maxAttempts: 1 };
  const make = (who: Owner, name: string, destinationUrl: string | null) =>
    paggio.admin.endpoints.create(who, { name, destinationUrl, retry: once });
  const endpoints = [
    await make(owner, 'delivers', recorder.url()),
    await make(owner, 'captures', null),
    await make(owner, 'holds', recorder.url()),
    await make(stranger, 'of another', recorder.url()),
  ].map(({ endpoint }) => endpoint);
  await paggio.admin.endpoints.update(owner, endpoints[2]?.id as string, { status: 'PAUSED' });
  const types = ['order.paid', 'order.paid.late', 'orders', 'order', null];
  const headers = [
    [],
    ['X-GitHub-Event', 'push', 'X-GitHub-Delivery', 'd', 'X-Hub-Signature-256', 'x'],
    ['Stripe-Signature', 't=1,v1=x'],
  ];
  for (let n = 0; n < 60; n++) {
    const endpoint = endpoints[n % 4];
    const type = types[n % 5];
    const body = JSON.stringify(type ? { n, type } : { n });
    await capture(paggio, endpoint?.slug as string, body, headers[n % 3]);
    const who = n % 4 === 3 ? stranger : owner;
    // Some are listed while they are pending, so that the index has to change rows that it wrote.
    if (n % 10 === 0) await paggio.admin.events.list(who, { status: 'pending' }, ALL);
  }
  for (const at of [0, 3]) await drained(gateway, endpoints[at]?.id as string);
  const events = await all(owner);
  const sources = ['unknown', 'github', 'stripe', 'nobody'];
  const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const times = events.map((event) => event.receivedAt);
  const filters = fc.record({
    status: maybe(['pending', 'delivered', 'failed', 'captured'] as const),
    source: maybe(sources),
    eventType: maybe(['order.paid', 'order.*', 'order.paid.*', 'push', 'none', 'none.*', 'orders']),
    endpointId: maybe(endpoints.map(({ id }) => id)),
    since: maybe(times),
    until: maybe(times),
  });
  await fc.assert(
    fc.asyncProperty(filters, fc.nat(9), fc.integer({ min: 1, max: 9 }), async (filter, offset, limit) => {
      const wanted = events.filter((event) => fits(filter, event));
      const page = await paggio.admin.events.list(owner, filter, { limit, offset, startingAfter: null });
      expect(page.items).toEqual(wanted.slice(offset, offset + limit));
      expect([page.total, page.hasMore]).toEqual([wanted.length, wanted.length > offset + limit]);
      const last = page.items.at(-1);
      if (!last) return;
      const next = await paggio.admin.events.list(owner, filter, { limit, offset: 0, startingAfter: last.id });
      expect(next.items).toEqual(wanted.slice(offset + limit, offset + 2 * limit));
    }),
    { numRuns: full ? 300 : 50 },
  );
  expect(new Set(events.map(({ status }) => status)).size).toBe(4);

  const stats = await paggio.admin.stats.read(owner);
  const count = (status: string): number => events.filter((event) => event.status === status).length;
  expect(stats).toMatchObject({
    totalEvents: events.length,
    delivered: count('delivered'),
    failed: count('failed'),
    pending: count('pending'),
    captured: count('captured'),
    successRate: Math.round((count('delivered') / (count('delivered') + count('failed'))) * 10_000) / 100,
  });
  // The sums of whole buckets are updated at every step, and they give the same numbers.
  const bucketMs = BUCKET_SECONDS * 1000;
  const aligned = (): StatsInput => {
    const start = Math.floor((times.at(-1) as Date).getTime() / bucketMs) * bucketMs;
    return { from: new Date(start), to: new Date(start + 3 * bucketMs) };
  };
  const { series: _, ...sums } = await paggio.admin.stats.read(owner, aligned());
  const { series: __, ...counts } = stats;
  expect(sums).toEqual(counts);
  // Half a bucket is counted event by event, and the parts add up to the whole.
  const cut = times[20] as Date;
  const [until1, from1] = [
    await paggio.admin.stats.read(owner, { to: cut }),
    await paggio.admin.stats.read(owner, { from: cut }),
  ];
  expect(from1.totalEvents).toBe(events.filter((event) => event.receivedAt >= cut).length);
  expect(until1.totalEvents + from1.totalEvents).toBe(events.length);
  expect(stats.series.reduce((sum, point) => sum + point.total, 0)).toBe(events.length);
  const one = await paggio.admin.stats.read(owner, { endpointId: endpoints[0]?.id });
  expect(one.totalEvents).toBe(events.filter((event) => event.endpointId === endpoints[0]?.id).length);
  expect(one.p95DeliveryMs).not.toBeNull();
  await expect(paggio.admin.stats.read(owner, { endpointId: endpoints[3]?.id })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });

  // The held events are delivered, and the numbers change accordingly.
  broken = false;
  await paggio.admin.endpoints.update(owner, endpoints[2]?.id as string, { status: 'ACTIVE' });
  await until(paggio, async () => ((await paggio.admin.stats.read(owner)).pending === 0 ? true : undefined));
  for (const input of [{}, aligned()]) {
    const after = await paggio.admin.stats.read(owner, input);
    expect([after.delivered, after.pending, after.failed, after.totalEvents]).toEqual([
      count('delivered') + count('pending'),
      0,
      count('failed'),
      events.length,
    ]);
  }
  // There are as many latencies as deliveries, and no count is negative.
  const [latencies] = await query(
    gateway.database.url,
    `select sum(l.count)::int as count, min(l.count) as least from paggio.stat_latencies l
       join paggio.endpoints e on e.id = l.endpoint_id where e.user_id = 'user-1'`,
  );
  expect(latencies).toEqual({ count: count('delivered') + count('pending'), least: expect.any(Number) });
  expect((latencies as { least: number }).least).toBeGreaterThanOrEqual(0);
  expect((await paggio.admin.events.list(owner, { status: 'pending' }, ALL)).total).toBe(0);
  await recorder.stop();
});

test('events older than the index, and events of processes that write no log, are found too', async () => {
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'old' });
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push(await capture(paggio, endpoint.slug, '{"type":"from.before"}'));
  await query(
    database.url,
    `${HOLD_INDEX}
     delete from paggio.event_index; delete from paggio.stat_buckets; delete from paggio.stat_latencies; delete from paggio.changes;
     update paggio.event_index_state set position = '', checked_to = '00000000-0000-0000-0000-000000000000',
       check_until = now() + interval '1 hour';
     update paggio.events set id = overlay(id::text placing '0170' from 1 for 4)::uuid where event_type = 'from.before'`,
  );
  // The first process may know that there is nothing to do, and would look at the state again only after a minute.
  const again = await startGateway({ roles: ['api'] }, {}, database);
  const found = await until(again.paggio, async () => {
    const page = await again.paggio.admin.events.list(owner, { eventType: 'from.before' }, ALL);
    // The count and the rows are read one after the other, and the index may reach the events in between.
    return page.total === 5 && page.items.length > 0 ? page : undefined;
  });
  expect(found.items.map(({ id }) => id.slice(4))).toEqual(ids.map((id) => id.slice(4)).reverse());
  await again.stop();
});

test('after a restore into another cluster, whose transaction ids differ, the index starts again', async () => {
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'restored' });
  await capture(paggio, endpoint.slug, '{"type":"restored"}');
  const far = Buffer.from('99999999999:99999999999:').toString('base64url');
  await query(
    database.url,
    `${HOLD_INDEX} delete from paggio.event_index; update paggio.event_index_state set position = '${far}'`,
  );
  const again = await startGateway({ roles: ['api'] }, {}, database);
  const page = await until(again.paggio, async () => {
    await query(
      database.url,
      `update paggio.events set id = overlay(id::text placing '0180' from 1 for 4)::uuid where event_type = 'restored' and id::text not like '0180%'`,
    );
    const found = await again.paggio.admin.events.list(owner, { eventType: 'restored' }, ALL);
    return found.items.length > 0 ? found : undefined;
  });
  expect(page.items[0]?.eventType).toBe('restored');
  await again.stop();
});

test('the log is swept only as far as the index has read it', async () => {
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'swept' });
  await paggio.admin.stats.read(owner);
  const [state] = await query(database.url, 'select position from paggio.event_index_state');
  const id = await capture(paggio, endpoint.slug, '{"type":"late"}');
  await paggio.admin.stats.read(owner);
  await query(
    database.url,
    `${HOLD_INDEX}
     update paggio.event_index_state set position = '${(state as { position: string }).position}';
     update paggio.changes set at = now() - interval '2 days'; delete from paggio.event_index where event_id = '${id}'`,
  );
  await gateway.runPeriodicWork('sweep');
  expect((await paggio.admin.events.list(owner, { eventType: 'late' }, ALL)).total).toBe(1);
  await gateway.runPeriodicWork('sweep');
  const left = await query(database.url, 'select count(*)::int as count from paggio.changes');
  expect((left[0] as { count: number }).count).toBeLessThan(3);
});

test('two processes that update the index at the same time count nothing twice', async () => {
  const { paggio, database } = gateway;
  const other = await startGateway({ roles: ['api'] }, {}, database);
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'both' });
  for (let round = 0; round < (full ? 10 : 5); round++) {
    await Promise.all(Array.from({ length: 20 }, () => capture(paggio, endpoint.slug, '{}')));
    const read = (node: TestGateway) => node.paggio.admin.stats.read(owner, { endpointId: endpoint.id });
    const answers = await Promise.all([read(gateway), read(other), read(gateway), read(other)]);
    expect(answers.map(({ totalEvents }) => totalEvents)).toEqual(Array(4).fill((round + 1) * 20));
  }
  await other.stop();
});

test('an idle process looks for what others stored only now and then, and at once for what it has stored itself', async () => {
  const own = await startGateway({ roles: ['capture', 'api'], scheduler: noTicks });
  const other = await startGateway({ roles: ['capture', 'api'], scheduler: noTicks }, {}, own.database);
  const { endpoint } = await own.paggio.admin.endpoints.create(owner, { name: 'quiet' });
  const indexed = async (): Promise<number | undefined> =>
    (await query<{ n: number }>(own.database.url, 'select count(*)::int as n from paggio.event_index'))[0]?.n;

  // A step that finds nothing, and a look.
  for (let n = 0; n < 2; n++) await own.runPeriodicWork('index');
  await capture(other.paggio, endpoint.slug, '{}');
  await own.runPeriodicWork('index');
  expect(await indexed()).toBe(0);
  await capture(own.paggio, endpoint.slug, '{}');
  await own.runPeriodicWork('index');
  expect(await indexed()).toBe(2);
  // Readers do not wait for it.
  await own.runPeriodicWork('index');
  await capture(other.paggio, endpoint.slug, '{}');
  expect((await own.paggio.admin.events.list(owner, {}, ALL)).total).toBe(3);
  await other.stop();
  await own.stop();
});
