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
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'keys',
    verification: gitHub,
    destinationUrl: 'https://example.test/',
  });
  return endpoint.slug;
}

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
  // What is written for an event is written for no repetition.
  const stored = [...new Set([...ids, ...later])].sort();
  for (const source of [
    'id from paggio.events',
    'event_id as id from paggio.deliveries',
    'unnest(created) as id from paggio.changes',
  ]) {
    const rows = await query<{ id: string }>(gateway.database.url, `select ${source} order by 1`);
    expect([source, rows.map(({ id }) => id)]).toEqual([source, stored]);
  }
  // The lists have the same events.
  const list = await paggio.admin.events.list(
    owner,
    { source: 'github' },
    { limit: 10, offset: 0, startingAfter: null },
  );
  expect(list.total).toBe(stored.length);
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
