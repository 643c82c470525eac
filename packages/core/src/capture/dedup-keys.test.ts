import { createHmac } from 'node:crypto';
import type { Paggio } from '../index';
import { EventKeys1765400000018 } from '../storage/migrations/0018-event-keys';
import { capture, gitHub, owner, query, startGateway, withoutDelivery, type TestGateway } from '../testing';

let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway(withoutDelivery)));
afterAll(() => gateway.stop());

/** Sends an event as GitHub does, whose delivery id is the de-duplication key. */
function send(paggio: Paggio, slug: string, deliveryId: string | null, body = '{}'): Promise<string> {
  const signature = createHmac('sha256', 'octocat').update(body).digest('hex');
  const id = deliveryId === null ? [] : ['X-GitHub-Delivery', deliveryId];
  return capture(paggio, slug, body, ['X-GitHub-Event', 'push', 'X-Hub-Signature-256', `sha256=${signature}`, ...id]);
}

async function newSlug(): Promise<string> {
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'keys', verification: gitHub });
  return endpoint.slug;
}

const keysLeft = async (): Promise<number> => {
  const [row] = await query<{ count: number }>(
    gateway.database.url,
    'select count(*)::int as count from paggio.dedup_keys',
  );
  return row?.count ?? 0;
};

test('events with and without a key share a group, and a repetition is answered with the first event and not stored', async () => {
  const { paggio } = gateway;
  const slug = await newSlug();
  const sent = ['a', null, 'b', 'a', null];
  const ids = await Promise.all(sent.map((one) => send(paggio, slug, one)));
  expect(ids[3]).toBe(ids[0]);
  expect(new Set(ids).size).toBe(4);
  // The same keys in a later group, beside a new one.
  const later = await Promise.all(['b', 'c', 'a'].map((one) => send(paggio, slug, one)));
  expect([later[0], later[2]]).toEqual([ids[2], ids[0]]);
  const events = await Promise.all([0, 1, 2].map((n) => paggio.admin.events.get(owner, ids[n] as string)));
  expect(events.map(({ dedup }) => dedup?.duplicates)).toEqual([2, undefined, 1]);
  const all = await query(gateway.database.url, 'select id from paggio.events order by id');
  expect(all.map((row) => (row as { id: string }).id)).toEqual([...new Set([...ids, ...later])].sort());
  // The lists have the same events.
  const list = await paggio.admin.events.list(
    owner,
    { source: 'github' },
    { limit: 10, offset: 0, startingAfter: null },
  );
  expect(list.total).toBe(all.length);
});

test('an event of a version whose events do not name their keys shows its key and its repetitions', async () => {
  const { paggio } = gateway;
  const slug = await newSlug();
  const id = await send(paggio, slug, 'before');
  await send(paggio, slug, 'before');
  const shown = await paggio.admin.events.get(owner, id);
  expect(shown.dedup).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/), duplicates: 1, idConflict: false });

  const migration = new EventKeys1765400000018();
  const runner = { query: (statement: string) => query(gateway.database.url, statement) } as never;
  await migration.down(runner);
  await migration.up(runner);
  expect(await paggio.admin.events.get(owner, id)).toEqual(shown);
  expect(await send(paggio, slug, 'before')).toBe(id);
});

test('a sweep removes expired keys from every part of the table, and leaves the others and those in use', async () => {
  const { url } = gateway.database;
  await query(url, 'delete from paggio.dedup_keys');
  await query(
    url,
    `insert into paggio.dedup_keys (endpoint_id, key, event_id, sha256, expires_at)
     select gen_random_uuid(), sha256(n::text::bytea), gen_random_uuid(), sha256(''),
       now() + case when n % 1000 = 0 then interval '1 hour' else interval '-1 second' end
     from generate_series(1, 40000) n`,
  );
  await gateway.assembly.database.database.source.transaction(async (manager) => {
    await manager.query('select from paggio.dedup_keys where expires_at < now() limit 3 for update');
    await gateway.runPeriodicWork('sweep');
    expect(await keysLeft()).toBe(43);
  });
  await gateway.runPeriodicWork('sweep');
  expect(await keysLeft()).toBe(40);
});
