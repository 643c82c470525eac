import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  capture,
  migratedDatabase,
  owner,
  query,
  startGateway,
  until,
  withoutDelivery,
  type TestDatabase,
} from '../testing';
import { firstIdAt, idBytes } from '../event-id';
import { EventKinds, type Kind } from './event-kinds';
import { EVENT_OVERHEAD_BYTES } from './event-size';

let database: TestDatabase;
beforeAll(async () => (database = await migratedDatabase()));
afterAll(() => database.drop());

const start = () => startGateway(withoutDelivery, {}, database);
const ALL = { limit: 100, offset: 0, startingAfter: null };

interface Logged {
  id: string;
  kind: number;
  size: number;
}

/** Owner, endpoint, source, type and size. */
type Read = readonly [string, string, string, string | null, number];

/** What the log says of the created events. */
const logged = (): Promise<Logged[]> =>
  query<Logged>(
    database.url,
    `select i.* from paggio.changes c, unnest(c.created, c.kinds, c.sizes) as i(id, kind, size) order by i.id`,
  );

/** What the index has of an event, and what it would have read of it. */
async function indexed(id: string): Promise<{ found: unknown; read: Read }> {
  const [row] = await query<{ found: unknown; read: Read }>(
    database.url,
    `select jsonb_build_array(o.word, i.endpoint_id, s.word, t.word, i.bytes) as found,
       jsonb_build_array(e.mode || ':' || e.user_id, e.endpoint_id, e.source, e.event_type,
         octet_length(e.body) + octet_length(e.headers) + octet_length(e.path) + octet_length(e.query)
           + coalesce(octet_length(e.sealed), 0) + ${EVENT_OVERHEAD_BYTES}) as read
     from paggio.events e join paggio.event_index i on i.event_id = e.id join paggio.words o on o.id = i.owner
       join paggio.words s on s.id = i.source left join paggio.words t on t.id = i.type
     where e.id = '${id}'`,
  );
  if (row === undefined) throw new Error(`The index does not have ${id}`);
  return row;
}

test('events are indexed from the log as they would be if they were read', async () => {
  const first = await start();
  const { endpoint } = await first.paggio.admin.endpoints.create(owner, { name: 'a', destinationUrl: null });
  // An event with credentials, one with characters of several bytes, and one without a type.
  const requests: [string, string[]][] = [
    ['{"type":"order.paid"}', ['Authorization', 'Bearer secret', 'Content-Type', 'application/json']],
    ['{"type":"größer.als"}', ['X-Name', 'ø', 'Content-Type', 'application/json']],
    ['no type', []],
  ];
  const send = (gateway: typeof first) =>
    Promise.all(requests.map(([body, headers]) => capture(gateway.paggio, endpoint.slug, body, headers)));
  const unnumbered = await send(first);
  await first.paggio.admin.events.list(owner, { source: 'unknown' }, ALL);
  expect((await logged()).map(({ kind }) => kind)).toEqual([0, 0, 0]);

  // Another process finds the numbers that the index has given meanwhile.
  const second = await start();
  let numbered: string[] = [];
  await until(second.paggio, async () => {
    numbered = await send(second);
    const kinds = new Map((await logged()).map(({ id, kind }) => [id, kind]));
    return numbered.every((id) => (kinds.get(id) ?? 0) > 0) || undefined;
  });
  await second.paggio.admin.events.list(owner, { source: 'unknown' }, ALL);
  const rows = new Map((await logged()).map((row) => [row.id, row]));
  expect(new Set(numbered.map((id) => rows.get(id)?.kind)).size).toBe(3);
  for (const id of [...unnumbered, ...numbered]) {
    const { found, read } = await indexed(id);
    expect(found).toEqual(read);
    // Nobody vouches for the sender.
    expect(rows.get(id)?.size).toBe(-read[4]);
  }
  const usage = 'select bytes::int, unverified_bytes::int as unverified, user_id from paggio.endpoint_usage';
  const [sum] = await query<{ total: number }>(database.url, 'select sum(bytes)::int as total from paggio.event_index');
  expect(await query(database.url, usage)).toEqual([
    { bytes: sum?.total, unverified: sum?.total, user_id: owner.userId },
  ]);

  // An old id is not believed: its event may have been removed.
  const [{ kind } = { kind: 0 }] = (await logged()).slice(-1);
  const old = firstIdAt(Date.now() - 600_000);
  await query(
    database.url,
    `insert into paggio.changes (created, kinds, sizes) values ('{${old}}', '{${kind}}', '{9}')`,
  );
  await second.paggio.admin.events.list(owner, { source: 'unknown' }, ALL);
  expect(await query(database.url, `select from paggio.event_index where event_id = '${old}'`)).toEqual([]);
  // Events of known kinds use up no numbers, not even those that came without one.
  const last = "select pg_sequence_last_value('paggio.event_kinds')::int as last";
  expect(await query(database.url, last)).toEqual([{ last: 3 }]);
  // The version before makes kinds without a number. They get one with the next event that has none.
  await query(database.url, 'update paggio.event_sorts set id = null where id = 3');
  const third = await start();
  await send(third);
  await third.paggio.admin.events.list(owner, { source: 'unknown' }, ALL);
  expect(await query(database.url, 'select id from paggio.event_sorts order by id')).toEqual([
    { id: 1 },
    { id: 2 },
    { id: 4 },
  ]);
  await third.stop();
  await second.stop();
  await first.stop();
});

test('a kind without a number does not keep its event in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const gateway = await start();
  const kinds = new EventKinds(gateway.assembly.database.database);
  const event = (): Kind & { body: Buffer } => ({
    ...owner,
    endpointId: idBytes(randomUUID()),
    source: 'unknown',
    eventType: null,
    body: Buffer.alloc(1024),
  });
  const kept = ((): WeakRef<Kind> => {
    const one = event();
    kinds.numberOf(one);
    return new WeakRef(one);
  })();
  // A weak reference holds its object until the present turn ends.
  await new Promise((done) => setImmediate(done));
  collect();
  expect(kept.deref()).toBeUndefined();
  // It is still looked for.
  kinds.learn();
  await gateway.stop();
});

test('a process forgets its numbers with its connections, and finds them again', async () => {
  const gateway = await start();
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'b', destinationUrl: null });
  await capture(gateway.paggio, endpoint.slug, '{}');
  await gateway.paggio.admin.events.list(owner, { source: 'unknown' }, ALL);
  const kinds = new EventKinds(gateway.assembly.database.database);
  const kind: Kind = { ...owner, endpointId: idBytes(endpoint.id), source: 'unknown', eventType: null };
  const known = (): Promise<number> =>
    until(gateway.paggio, () => {
      kinds.learn();
      return Promise.resolve(kinds.numberOf(kind) || undefined);
    });
  const number = await known();
  expect(kinds.numberOf({ ...kind, eventType: '' })).toBe(0);
  expect(kinds.numberOf({ ...kind, endpointId: idBytes(randomUUID()) })).toBe(0);
  kinds.forget();
  expect(kinds.numberOf(kind)).toBe(0);
  expect(await known()).toBe(number);
  await gateway.stop();
});
