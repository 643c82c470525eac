import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { WebhookEvent } from '../index';
import { hostPool, owner, query, settled, startGateway, type TestGateway } from '../testing';

const { userId } = owner;
let gateway: TestGateway;
let pool: Pool;
let endpointId: string;
const seen: WebhookEvent[] = [];

beforeAll(async () => {
  gateway = await startGateway({}, {}, undefined, (paggio) => {
    paggio.on('api', 'order.*', (event) => void seen.push(event));
  });
  pool = hostPool({ connectionString: gateway.database.url });
  endpointId = (await gateway.paggio.admin.endpoints.create(owner, { name: 'own' })).endpoint.id;
});

afterEach(() => void seen.splice(0));

afterAll(async () => {
  await pool.end();
  await gateway.stop();
});

async function inTransaction<T>(end: 'commit' | 'rollback', work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query(end);
    return result;
  } finally {
    client.release();
  }
}

const stored = async (): Promise<number> =>
  (await query<{ count: number }>(gateway.database.url, 'select count(*)::int as count from paggio.events'))[0]
    ?.count ?? 0;

test("a published event reaches the app's own handlers; a text is JSON source, anything else becomes JSON", async () => {
  const { paggio } = gateway;
  const [text] = await paggio.publish({ userId, eventType: 'order.paid', payload: '{"total": 1.10, "a":1}' });
  await settled(paggio, owner, text?.eventId as string);
  const [value] = await paggio.publish({ userId, eventType: 'order.paid', payload: { total: 2 } });
  await settled(paggio, owner, value?.eventId as string);
  expect(text).toMatchObject({ endpointId, created: true });
  expect(seen.map(({ body }) => body.toString())).toEqual(['{"total": 1.10, "a":1}', '{"total":2}']);
});

test('a rolled-back transaction publishes nothing', async () => {
  const { paggio } = gateway;
  const before = await stored();
  const [published] = await inTransaction('rollback', (tx) =>
    paggio.publish({ userId, eventType: 'order.paid', payload: {}, idempotencyKey: 'rolled-back' }, { tx }),
  );
  await expect(paggio.admin.events.get(owner, published?.eventId as string)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await stored()).toBe(before);
  // Its idempotency key is still free.
  const [again] = await paggio.publish({ userId, eventType: 'order.paid', payload: {}, idempotencyKey: 'rolled-back' });
  expect(again?.created).toBe(true);
  await settled(paggio, owner, again?.eventId as string);
  expect(seen).toHaveLength(1);
});

test('an event published in a transaction is delivered after the commit, and is not visible before', async () => {
  const { paggio } = gateway;
  const published = await inTransaction('commit', async (tx) => {
    const made = await paggio.publish({ userId, eventType: 'order.paid', payload: { n: 1 } }, { tx });
    // This is longer than the interval of the poll.
    await sleep(1_500);
    expect(seen).toEqual([]);
    return made;
  });
  await settled(paggio, owner, published[0]?.eventId as string);
  expect(seen).toHaveLength(1);
});

const { DataSource: OldDataSource } = jest.requireActual<{ DataSource: typeof DataSource }>('typeorm03');

test.each([
  ['1', DataSource],
  ['0.3', OldDataSource],
])('an event is published in a transaction of TypeORM %s by its EntityManager', async (version, TypeOrm) => {
  const { paggio } = gateway;
  const dataSource = new TypeOrm({ type: 'postgres', url: gateway.database.url, installExtensions: false });
  await dataSource.initialize();
  const publish = { userId, eventType: 'order.paid', payload: {}, idempotencyKey: `typeorm-${version}` };
  const before = await stored();
  await expect(
    dataSource.transaction(async (tx) => {
      await paggio.publish(publish, { tx });
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await stored()).toBe(before);
  const [first] = await dataSource.transaction((tx) => paggio.publish(publish, { tx }));
  const [second] = await dataSource.transaction((tx) => paggio.publish(publish, { tx }));
  expect([first?.created, second?.created, second?.eventId]).toEqual([true, false, first?.eventId]);
  await settled(paggio, owner, first?.eventId as string);
  expect(seen).toHaveLength(1);
  await dataSource.destroy();
});

test('all mistakes are reported at once, and nothing is stored', async () => {
  const before = await stored();
  const wrong = {
    userId: '',
    mode: 'prod',
    eventType: 'order paid',
    payload: '{"a":',
    idempotencyKey: 'a b',
    endpointIds: ['x'],
  };
  await expect(gateway.paggio.publish(wrong as never)).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: ['userId', 'mode', 'eventType', 'idempotencyKey', 'endpointIds[0]', 'payload'].map((field) =>
      expect.objectContaining({ field }),
    ),
  });
  for (const payload of [undefined, () => 1, 10n, '"' + 'x'.repeat(1024 * 1024) + '"'])
    await expect(gateway.paggio.publish({ userId, eventType: 'a', payload })).rejects.toMatchObject({
      details: [expect.objectContaining({ field: 'payload' })],
    });
  expect(await stored()).toBe(before);
});
