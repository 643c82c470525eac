import {
  allSettled,
  capture,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway.stop());

const soon = { maxAttempts: 10, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };
const later = { ...soon, baseSeconds: 3600, capSeconds: 3600, floorSeconds: 3600 };

interface Sent {
  key: string;
  n: number;
}

const sentOf = (body: Buffer): Sent => JSON.parse(body.toString()) as Sent;

test('events of one key arrive in order, despite failures, several processes and many keys [DEL-24]', async () => {
  const { paggio } = gateway;
  const second = await startGateway({ roles: ['deliver'] }, {}, gateway.database);
  const accepted: Sent[] = [];
  const recorder = await Recorder.start((request, response, count) => {
    const fails = count % 13 === 0;
    if (!fails) accepted.push(sentOf(request.body));
    setTimeout(() => response.writeHead(fails ? 400 : 200).end(), count % 5);
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'ordered',
    destinationUrl: recorder.url(),
    orderBy: '/key',
    retry: soon,
  });
  const keys = ['a', 'b', 'c', 'd', 'e'];
  // Each sender waits for its answer, as a sender must that relies on order.
  await Promise.all(
    keys.map(async (key) => {
      for (let n = 0; n < 20; n++) await capture(paggio, endpoint.slug, JSON.stringify({ key, n }));
    }),
  );
  await until(paggio, async () => (accepted.length === 100 ? true : undefined));
  for (const key of keys) {
    expect(accepted.filter((sent) => sent.key === key).map((sent) => sent.n)).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
  }
  await second.stop();
  await recorder.stop();
});

test('a poisoned key blocks only itself; cancelling its first event lets the next one go', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start((request, response) => {
    const { key, n } = sentOf(request.body);
    response.writeHead(key === 'bad' && n === 0 ? 400 : 200).end();
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'poisoned',
    destinationUrl: recorder.url(),
    orderBy: '/key',
    retry: later,
    concurrency: 2,
  });
  const send = (key: string, n: number): Promise<string> => capture(paggio, endpoint.slug, JSON.stringify({ key, n }));
  const bad: string[] = [];
  for (let n = 0; n < 30; n++) bad.push(await send('bad', n));
  const good: string[] = [];
  for (let n = 0; n < 10; n++) good.push(await send(`good${n % 3}`, n));
  await allSettled(gateway, good);
  const head = await paggio.admin.events.get(owner, bad[0] as string);
  expect(head).toMatchObject({ status: 'pending', attemptCount: 1 });
  const follower = await until(paggio, async () => {
    const event = await paggio.admin.events.get(owner, bad[1] as string);
    return event.nextAttemptReason === null ? undefined : event;
  });
  expect(follower).toMatchObject({
    status: 'pending',
    attemptCount: 0,
    nextAttemptReason: 'waits for an earlier event of its order key',
  });

  await paggio.admin.events.cancel(owner, bad[0] as string);
  await allSettled(gateway, bad.slice(1));
  const order = recorder.requests.map(({ body }) => sentOf(body)).filter(({ key }) => key === 'bad');
  expect(order.map(({ n }) => n)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  await recorder.stop();
});

test('an event that runs out of attempts fails, and the next event of its key follows', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start((_request, response, count) =>
    response.writeHead(count === 1 ? 500 : 200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'parked',
    destinationUrl: recorder.url(),
    orderBy: 'X-Key',
    retry: { maxAttempts: 1 },
  });
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push(await capture(paggio, endpoint.slug, `${n}`, ['x-key', 'k']));
  const events = await Promise.all(ids.map((id) => settled(paggio, owner, id)));
  expect(events.map((event) => event.status)).toEqual(['failed', 'delivered', 'delivered']);
  // Its replay has the same key and goes to the end of the queue.
  const copy = await paggio.admin.replays.redeliver(owner, ids[0] as string);
  expect(await settled(paggio, owner, copy)).toMatchObject({ status: 'delivered' });
  const rows = await query<{ keys: number }>(
    gateway.database.url,
    `select count(distinct order_key)::int as keys from paggio.deliveries where endpoint_id = '${endpoint.id}'`,
  );
  expect(rows).toEqual([{ keys: 1 }]);
  await recorder.stop();
});

test('events without a key do not wait; setting order_by to null releases those that do', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start((request, response) =>
    response.writeHead(request.body.includes('first') ? 400 : 200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'free',
    destinationUrl: recorder.url(),
    orderBy: '/key',
    retry: later,
  });
  await capture(paggio, endpoint.slug, '{"first":1,"key":"k"}');
  await recorder.received(1);
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"no":"key"}'));
  const waits = await capture(paggio, endpoint.slug, '{"key":"k"}');
  await until(paggio, async () =>
    (await paggio.admin.events.get(owner, waits)).nextAttemptReason === null ? undefined : true,
  );
  await paggio.admin.endpoints.update(owner, endpoint.id, { orderBy: null });
  expect(await settled(paggio, owner, waits)).toMatchObject({ status: 'delivered' });
  await recorder.stop();
});

// One claim looks at five hundred deliveries.
const HEAP = process.env['PAGGIO_FULL'] ? 10_000 : 2_000;

test('ten thousand events waiting for a poisoned key do not delay another key', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start((request, response) =>
    response.writeHead(request.body.includes('bad') ? 400 : 200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'heap',
    destinationUrl: recorder.url(),
    orderBy: '/key',
    retry: later,
  });
  const head = await capture(paggio, endpoint.slug, '{"key":"bad"}');
  await recorder.received(1);
  await query(
    gateway.database.url,
    `insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, order_key, order_seq)
     select gen_random_uuid(), destination_id, endpoint_id, 'pending', now(), order_key, nextval('paggio.order_seq')
     from paggio.deliveries, generate_series(1, ${HEAP}) where event_id = '${head}'`,
  );
  const id = await capture(paggio, endpoint.slug, '{"key":"good"}');
  expect(await settled(paggio, owner, id)).toMatchObject({ status: 'delivered' });
  expect(recorder.requests).toHaveLength(2);
  await recorder.stop();
});
