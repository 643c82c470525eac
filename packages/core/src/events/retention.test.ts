import { capture, drained, owner, query, Recorder, settled, startGateway, type TestGateway } from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

const HOUR = 3_600_000;
const ALL = { limit: 100, offset: 0, startingAfter: null };

let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway({ retention: 24 * HOUR })));
afterAll(() => gateway.stop());

test('old events are removed with everything that belongs to them; newer and pending ones stay', async () => {
  const { paggio, database } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'r', destinationUrl: recorder.url() });
  const { endpoint: held } = await paggio.admin.endpoints.create(owner, { name: 'h', destinationUrl: recorder.url() });
  await paggio.admin.endpoints.update(owner, held.id, { status: 'PAUSED' });
  for (let n = 0; n < 20; n++) await capture(paggio, endpoint.slug, '{"type":"old"}');
  const waiting = await capture(paggio, held.slug, '{"type":"old"}');
  await drained(gateway, endpoint.id);
  await paggio.admin.stats.read(owner);
  // Two days pass, because ids contain times.
  const days = 2 * 24 * HOUR;
  for (const [table, column] of [
    ['events', 'id'],
    ['deliveries', 'event_id'],
    ['attempts', 'event_id'],
    ['event_index', 'event_id'],
  ]) {
    await query(
      database.url,
      `update paggio.${table} set ${column} = (lpad(to_hex(('x' || left(replace(${column}::text, '-', ''), 12))::bit(48)::bigint - ${days}), 12, '0')
         || substr(replace(${column}::text, '-', ''), 13))::uuid`,
    );
  }
  await query(database.url, `update paggio.stat_buckets set bucket = bucket - ${days / 300_000}`);
  await query(database.url, `update paggio.stat_latencies set bucket = bucket - ${days / 300_000}`);
  const young = await capture(paggio, endpoint.slug, '{"type":"young"}');
  await settled(paggio, owner, young);
  await gateway.runPeriodicWork('retention');

  const left = (await paggio.admin.events.list(owner, {}, ALL)).items;
  expect(left.map(({ eventType, status }) => [eventType, status])).toEqual([
    ['young', 'delivered'],
    ['old', 'pending'],
  ]);
  expect(left[0]?.id).toBe(young);
  expect(left[1]?.id.slice(13)).toBe(waiting.slice(13));
  const counts = await query(
    database.url,
    `select (select count(*) from paggio.deliveries)::int as deliveries, (select count(*) from paggio.all_attempts)::int as attempts,
       (select count(*) from paggio.stat_buckets where bucket < (extract(epoch from now()) - 86400) / 300)::int as buckets`,
  );
  expect(counts).toEqual([{ deliveries: 2, attempts: 1, buckets: 0 }]);
  expect((await paggio.admin.events.list(owner, { eventType: 'old' }, ALL)).total).toBe(1);
  await recorder.stop();
});

test('capture goes on while many events are removed [LOA-12]', async () => {
  const busy = { ...owner, userId: 'busy' };
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(busy, { name: 'busy' });
  await query(
    database.url,
    `insert into paggio.events (id, endpoint_id, user_id, mode, source, method, path, query, headers, body, captured_reason, received_at)
     select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '${endpoint.id}', 'busy', 'live', 'unknown', 'POST', '/', '', '', 'x', 'no_destination', now()
     from generate_series(1, ${full ? 5000 : 2000}) n`,
  );
  let over = false;
  const removing = gateway.runPeriodicWork('retention').finally(() => (over = true));
  let captured = 0;
  while (!over) {
    await capture(paggio, endpoint.slug, '{}');
    captured++;
  }
  await removing;
  expect(captured).toBeGreaterThan(10);
  expect((await paggio.admin.events.list(busy, {}, ALL)).total).toBe(captured);
});

test('nothing is ever removed without a retention', async () => {
  const endless = await startGateway({}, {}, gateway.database);
  await expect(endless.runPeriodicWork('retention')).rejects.toThrow('no periodic work');
  await endless.stop();
});
