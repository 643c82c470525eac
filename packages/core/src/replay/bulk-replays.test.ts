import type { BulkReplay } from '../index';
import {
  capture,
  captureMany,
  drained,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway.stop());

const once = { maxAttempts: 1 };

function completed(id: string | null): Promise<BulkReplay> {
  const { paggio } = gateway;
  return until(paggio, async () => {
    // Periodic work does this every ten seconds.
    await paggio.admin.bulkReplays.step();
    const replay = await paggio.admin.bulkReplays.get(owner, id as string);
    return replay.status === 'completed' ? replay : undefined;
  });
}

test('a dry run counts dead letters, and a replay sends them again as new events with the original id [DEL-12]', async () => {
  const { paggio } = gateway;
  let status = 404;
  const recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'd',
    destinationUrl: recorder.url(),
    retry: once,
  });
  const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => capture(paggio, endpoint.slug, `{"n":1.${n}0}`)));
  await drained(gateway, endpoint.id);
  const filter = { endpointId: endpoint.id, status: 'failed' as const };
  expect(await paggio.admin.bulkReplays.create(owner, { filter, dryRun: true })).toMatchObject({
    id: null,
    status: 'dry_run',
    matched: 30,
    created: 0,
  });
  expect(recorder.requests).toHaveLength(30);

  // The destination is still broken: each copy fails, and the chain counts as one dead letter.
  const failed = await completed((await paggio.admin.bulkReplays.create(owner, { filter })).id);
  expect(failed).toMatchObject({
    matched: 30,
    created: 30,
    skipped: 0,
    done: 0,
    failed: 30,
    finishedAt: expect.any(Date),
  });
  expect((await paggio.admin.bulkReplays.create(owner, { filter, dryRun: true })).matched).toBe(30);

  status = 200;
  recorder.requests.length = 0;
  const started = await paggio.admin.bulkReplays.create(owner, { filter });
  expect(started).toMatchObject({ status: 'running', matched: 30 });
  expect(await completed(started.id)).toMatchObject({ created: 30, done: 30, failed: 0 });
  expect(new Set(recorder.requests.map((request) => request.headers['webhook-id']))).toEqual(new Set(ids));
  expect(new Set(recorder.requests.map((request) => request.body.toString()))).toEqual(
    new Set(ids.map((_, n) => `{"n":1.${n}0}`)),
  );
  // The destination is repaired, so nothing would be sent a second time.
  expect((await paggio.admin.bulkReplays.create(owner, { filter, dryRun: true })).matched).toBe(0);
  expect((await paggio.admin.events.get(owner, ids[0] as string)).status).toBe('failed');
  await recorder.stop();
});

test('dead letters of one destination are not sent again to another that has them', async () => {
  const { paggio } = gateway;
  let status = 404;
  const [fine, broken] = [
    await Recorder.start(),
    await Recorder.start((_request, response) => void response.writeHead(status).end()),
  ];
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'two',
    destinations: [{ url: fine.url() }, { url: broken.url(), retry: once }],
  });
  await Promise.all(Array.from({ length: 5 }, () => capture(paggio, endpoint.slug, '{}')));
  await drained(gateway, endpoint.id);
  const filter = { endpointId: endpoint.id, status: 'failed' as const };
  // The same is true the second time: the first copies went to one destination only.
  expect(await completed((await paggio.admin.bulkReplays.create(owner, { filter })).id)).toMatchObject({ failed: 5 });
  status = 200;
  expect(await completed((await paggio.admin.bulkReplays.create(owner, { filter })).id)).toMatchObject({ done: 5 });
  expect([fine.requests.length, broken.requests.length]).toEqual([5, 15]);
  await fine.stop();
  await broken.stop();
});

test('a destination that was added later gets the history from a chosen time, once', async () => {
  const { paggio } = gateway;
  const [first, late] = [await Recorder.start(), await Recorder.start()];
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'h', destinationUrl: first.url() });
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push(await capture(paggio, endpoint.slug, `{"n":${n}}`));
  await drained(gateway, endpoint.id);
  const since = (await paggio.admin.events.get(owner, ids[4] as string)).receivedAt;
  const added = await paggio.admin.endpoints.addDestination(owner, endpoint.id, { url: late.url(), name: 'late' });
  const input = { filter: { since }, destinationId: added.id };
  const replay = await completed((await paggio.admin.bulkReplays.create(owner, input)).id);
  expect(replay).toMatchObject({ destinationId: added.id, filter: { endpointId: endpoint.id } });
  expect(replay).toMatchObject({ done: replay.matched, created: replay.matched, skipped: 0, failed: 0 });
  // The bounds are exclusive, and events of the same millisecond share a bound.
  expect(replay.matched).toBeGreaterThan(5);
  expect(replay.matched).toBeLessThanOrEqual(15);
  expect(late.requests).toHaveLength(replay.matched);
  expect(late.requests.every((request) => ids.includes(request.headers['paggio-event-id'] as string))).toBe(true);
  expect(first.requests).toHaveLength(20);
  // The events themselves were sent, not copies.
  expect((await paggio.admin.events.get(owner, ids[19] as string)).replayedAs).toEqual([]);
  const again = await completed((await paggio.admin.bulkReplays.create(owner, input)).id);
  expect(again).toMatchObject({ created: 0, skipped: replay.matched });
  expect(late.requests).toHaveLength(replay.matched);
  await first.stop();
  await late.stop();
});

test('a running replay can be cancelled: it queues nothing more, and queued deliveries are not sent [DEL-12]', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start(
    (_request, response) => void setTimeout(() => response.writeHead(200).end(), 20),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'x',
    destinationUrl: recorder.url(),
    concurrency: 2,
    eventTypes: ['never'],
  });
  await captureMany(paggio, endpoint.slug, '{}', full ? 1_500 : 1_150);
  const filter = { endpointId: endpoint.id };
  const { id } = await paggio.admin.bulkReplays.create(owner, { filter });
  await recorder.received(5);
  const cancelled = await paggio.admin.bulkReplays.cancel(owner, id as string);
  expect(cancelled).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Date) });
  // Live events are not delayed, because not everything was queued at once.
  expect(cancelled.created).toBeLessThanOrEqual(1_000 + recorder.requests.length);
  const pending = await query<{ count: number }>(
    gateway.database.url,
    `select count(*)::int as count from paggio.deliveries where state = 'pending' and replay_id = '${id}'`,
  );
  expect(pending).toEqual([{ count: 0 }]);
  const after = recorder.requests.length;
  await paggio.admin.bulkReplays.step();
  await until(paggio, async () =>
    (
      await query(
        gateway.database.url,
        `select 1 from paggio.deliveries where lease_token is not null and replay_id = '${id}'`,
      )
    ).length === 0
      ? true
      : undefined,
  );
  // These deliveries were under way, or a worker had already claimed them.
  expect(recorder.requests.length - after).toBeLessThanOrEqual(4);
  expect(await paggio.admin.bulkReplays.cancel(owner, id as string)).toMatchObject({ status: 'cancelled' });
  await recorder.stop();
});

test('pending deliveries of a replay are cancelled even if the process that cancelled it died halfway [CRA-01]', async () => {
  const { paggio, database } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'half', destinationUrl: recorder.url() });
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const { id } = await paggio.admin.bulkReplays.create(owner, { filter: { endpointId: endpoint.id } });
  await until(paggio, async () =>
    (await paggio.admin.bulkReplays.get(owner, id as string)).created === 1 ? true : undefined,
  );
  // This is the first half of a cancellation.
  await query(database.url, `update paggio.replays set status = 'cancelled', finished_at = now() where id = '${id}'`);
  await paggio.admin.bulkReplays.sweep();
  const { replayedAs } = await paggio.admin.events.get(owner, event.id);
  expect(await paggio.admin.events.get(owner, replayedAs[0] as string)).toMatchObject({
    status: 'failed',
    statusReason: 'cancelled',
  });
  await recorder.stop();
});

test('a large replay is paced and does not delay live events [DEL-12]', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start(
    (_request, response) => void setTimeout(() => response.writeHead(200).end(), 5),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'live', destinationUrl: recorder.url() });
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: null });
  const count = full ? 600 : 200;
  await captureMany(paggio, endpoint.slug, '{"old":1}', count);
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: recorder.url() });
  const { id } = await paggio.admin.bulkReplays.create(owner, { filter: { endpointId: endpoint.id } });
  await recorder.received(50);
  const liveId = await capture(paggio, endpoint.slug, '{"live":1}');
  // How long the commit takes depends on the machine.
  const before = recorder.requests.length;
  const live = await settled(paggio, owner, liveId);
  expect(live.status).toBe('delivered');
  expect(recorder.requests.findIndex(({ body }) => body.includes('live')) - before).toBeLessThan(100);
  expect(await completed(id)).toMatchObject({ matched: count, created: count, done: count });
  await recorder.stop();
});

test('a replay with a rate queues no faster than that', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'r',
    eventTypes: ['x'],
    destinationUrl: recorder.url(),
  });
  await Promise.all(Array.from({ length: 45 }, () => capture(paggio, endpoint.slug, '{}')));
  const startedAt = performance.now();
  const filter = { endpointId: endpoint.id };
  const replay = await paggio.admin.bulkReplays.create(owner, { filter, ratePerSecond: 20 });
  await recorder.received(45);
  expect(performance.now() - startedAt).toBeGreaterThan(2_000);
  expect(await completed(replay.id)).toMatchObject({ ratePerSecond: 20, done: 45 });
  await recorder.stop();
});

test('one idempotency key makes one replay, even if both requests arrive at once [DEL-13]', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'i', destinationUrl: recorder.url() });
  const eventId = await capture(paggio, endpoint.slug, '{}');
  await settled(paggio, owner, eventId);
  const filter = { endpointId: endpoint.id };
  const replays = await Promise.all(
    Array.from({ length: 5 }, () => paggio.admin.bulkReplays.create(owner, { filter, idempotencyKey: 'k1' })),
  );
  expect(new Set(replays.map(({ id }) => id)).size).toBe(1);
  await completed(replays[0]?.id as string);
  await expect(
    paggio.admin.bulkReplays.create(owner, { filter: { ...filter, status: 'failed' }, idempotencyKey: 'k1' }),
  ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_CONFLICT' });
  // Another user's key with the same name is a different key.
  const stranger = { userId: 'user-2', mode: 'live' } as const;
  const theirs = await paggio.admin.bulkReplays.create(stranger, {
    filter: { status: 'failed' },
    idempotencyKey: 'k1',
  });
  expect(theirs.id).not.toBe(replays[0]?.id);
  await expect(paggio.admin.bulkReplays.get(stranger, replays[0]?.id as string)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });

  const copies = await Promise.all(
    Array.from({ length: 5 }, () => paggio.admin.replays.redeliver(owner, eventId, 'click')),
  );
  expect(new Set(copies).size).toBe(1);
  await settled(paggio, owner, copies[0] as string);
  expect(recorder.requests).toHaveLength(3);
  expect(await paggio.admin.replays.redeliver(owner, eventId)).not.toBe(copies[0]);
  await recorder.stop();
});

test('events without a destination are skipped and counted; wrong input is refused by name', async () => {
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 's' });
  await Promise.all(Array.from({ length: 3 }, () => capture(paggio, endpoint.slug, '{"needle":1}')));
  const found = await completed((await paggio.admin.bulkReplays.create(owner, { filter: { q: 'needle' } })).id);
  expect(found).toMatchObject({ matched: 3, created: 0, skipped: 3, done: 0, failed: 0 });
  await expect(paggio.admin.bulkReplays.create(owner, { filter: {} })).rejects.toMatchObject({
    details: [{ field: 'filter' }],
  });
  await expect(
    paggio.admin.bulkReplays.create(owner, { filter: { q: 'x' }, destinationId: endpoint.id }),
  ).rejects.toMatchObject({ details: [{ field: 'destinationId' }] });
  const page = await paggio.admin.bulkReplays.list(owner, { limit: 2, offset: 0, startingAfter: null });
  expect(page).toMatchObject({ hasMore: true, items: [{ filter: { q: 'needle' } }, {}] });
});

test('a bulk replay includes what was captured in the same millisecond, and before the clock went back', async () => {
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'clock' });
  const now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 2_000);
  try {
    await capture(paggio, endpoint.slug, '{"n":1}');
    clock.mockImplementation(() => now);
    await capture(paggio, endpoint.slug, '{"n":2}');
    const filter = { endpointId: endpoint.id };
    expect(await paggio.admin.bulkReplays.create(owner, { filter, dryRun: true })).toMatchObject({ matched: 2 });
  } finally {
    clock.mockRestore();
  }
});
