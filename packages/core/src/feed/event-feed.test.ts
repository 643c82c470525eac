import { Client } from 'pg';
import { attempts, capture, owner, query, Recorder, settled, startGateway, until, type TestGateway } from '../testing';
import type { FeedMessage } from './event-feed';
import { formatPosition, parsePosition } from '../events/position';

let gateway: TestGateway;
let slug: string;

beforeAll(async () => {
  gateway = await startGateway();
  slug = (await gateway.paggio.admin.endpoints.create(owner, { name: 'feed' })).endpoint.slug;
});
afterAll(() => gateway.stop());

/** Reads until a message has an event, and returns the messages. */
class Reader {
  readonly received: { id: string; type: string }[] = [];
  position: string | null;
  private readonly messages: AsyncGenerator<FeedMessage, void, void>;

  constructor(from: string | null, who = owner, paggio = gateway.paggio) {
    this.position = from;
    this.messages = paggio.admin.feed.follow(who, from);
  }

  /** Begins to read, which fixes the first position. */
  async begin(): Promise<this> {
    await this.messages.next();
    return this;
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      const { value } = await this.messages.next();
      if (!value) throw new Error('the feed ended');
      if (value.position !== null) this.position = value.position;
      if (value.type === 'reset') this.received.push({ id: '', type: 'reset' });
      if ('event' in value) this.received.push({ id: value.event.id, type: value.type });
    }
  }

  close(): Promise<unknown> {
    return this.messages.return();
  }
}

const has = (reader: Reader, id: string) => () => reader.received.some((one) => one.id === id);

test('the feed reports events when they are committed, and their later changes', async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'f',
    destinationUrl: recorder.url(),
  });
  const reader = await new Reader(null).begin();
  const id = await capture(gateway.paggio, endpoint.slug, '{}');
  await settled(gateway.paggio, owner, id);
  await reader.until(has(reader, id));
  expect(reader.received[0]).toEqual({ id, type: 'event.created' });
  await gateway.paggio.admin.replays.redeliver(owner, id);
  // The original changes too, because it now has a copy.
  await reader.until(() => reader.received.some((one) => one.id === id && one.type === 'event.updated'));
  await reader.close();
  await recorder.stop();
});

test('resuming misses nothing that was committed in between', async () => {
  const first = await new Reader(null).begin();
  const before = await capture(gateway.paggio, slug, '{}');
  await first.until(has(first, before));
  await first.close();
  const missed: string[] = [];
  for (let n = 0; n < 5; n++) missed.push(await capture(gateway.paggio, slug, '{}'));
  const second = new Reader(first.position);
  await second.until(() => missed.every((id) => has(second, id)()));
  expect(second.received.map(({ id }) => id)).toEqual(missed);
  await second.close();
});

test('a transaction that began earlier and commits later is not lost and delays nobody', async () => {
  const slow = await capture(gateway.paggio, slug, '{"slow":true}');
  const reader = await new Reader(null).begin();
  const client = new Client({ connectionString: gateway.database.url });
  await client.connect();
  await client.query('begin');
  await client.query('insert into paggio.changes (updated) values ($1)', [[slow]]);
  const fast = await capture(gateway.paggio, slug, '{"fast":true}');
  await reader.until(has(reader, fast));
  expect(has(reader, slow)()).toBe(false);
  const resumeAt = reader.position;
  await client.query('commit');
  await client.end();
  await reader.until(has(reader, slow));
  const resumed = new Reader(resumeAt);
  await resumed.until(has(resumed, slow));
  expect(resumed.received).toEqual([{ id: slow, type: 'event.updated' }]);
  await Promise.all([reader.close(), resumed.close()]);
});

test('a reader that was away for long reads in pages, and can stop in any of them', async () => {
  const start = await new Reader(null).begin();
  const begun = await capture(gateway.paggio, slug, '{}');
  await start.until(has(start, begun));
  await start.close();
  const ids: string[] = [];
  // They are captured one after another, so that each has its own transaction.
  for (let n = 0; n < 250; n++) ids.push(await capture(gateway.paggio, slug, '{}'));
  const received: string[] = [];
  let { position } = start;
  while (received.length < ids.length) {
    const reader = new Reader(position);
    await reader.until(() => reader.received.length >= 60 || received.length + reader.received.length >= ids.length);
    // Messages count as read only up to a position.
    await reader.until(() => reader.position !== position);
    received.push(...reader.received.map(({ id }) => id));
    position = reader.position;
    await reader.close();
  }
  expect(received).toEqual(ids);
});

test("another user's events are not reported", async () => {
  const stranger = await new Reader(null, { userId: 'user-2', mode: 'live' }).begin();
  const id = await capture(gateway.paggio, slug, '{}');
  const mine = { userId: 'user-2', mode: 'live' as const };
  const { endpoint } = await gateway.paggio.admin.endpoints.create(mine, { name: 'theirs' });
  const theirs = await capture(gateway.paggio, endpoint.slug, '{}');
  await stranger.until(has(stranger, theirs));
  expect(has(stranger, id)()).toBe(false);
  await stranger.close();
});

test('a position that was swept, or belongs to another database, answers with a reset and not with silence', async () => {
  const reader = await new Reader(null).begin();
  const id = await capture(gateway.paggio, slug, '{}');
  await reader.until(has(reader, id));
  await reader.close();
  await capture(gateway.paggio, slug, '{}');
  await query(gateway.database.url, `update paggio.state set changes_floor = pg_snapshot_xmax(pg_current_snapshot())`);
  for (const from of [
    reader.position,
    'nonsense',
    formatPosition({ read: '9999999999:9999999999:', target: null, after: null }),
  ]) {
    const late = new Reader(from);
    await late.until(() => late.received.length > 0);
    expect(late.received).toEqual([{ id: '', type: 'reset' }]);
    await late.close();
  }
  await query(gateway.database.url, `update paggio.state set changes_floor = '0'`);
});

test('a reader survives the loss of every connection to the database', async () => {
  const reader = await new Reader(null).begin();
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    const [, answer] = await Promise.allSettled([
      query(
        gateway.database.url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'paggio %' and datname = current_database()`,
      ),
      capture(gateway.paggio, slug, '{}'),
      reader.until(() => true),
    ]);
    if (answer.status === 'fulfilled') ids.push(answer.value);
  }
  const last = await until(gateway.paggio, () => capture(gateway.paggio, slug, '{}').catch(() => undefined));
  await reader.until(has(reader, last));
  expect(ids.filter((id) => !has(reader, id)())).toEqual([]);
  await reader.close();
});

test('a reader on another process gets events, and stopping that process ends the reader', async () => {
  const other = await startGateway({ roles: ['api'] }, {}, gateway.database);
  const reader = await new Reader(null, owner, other.paggio).begin();
  const id = await capture(gateway.paggio, slug, '{}');
  await reader.until(has(reader, id));
  other.paggio.host.quiesce();
  await expect(reader.until(() => false)).rejects.toThrow('the feed ended');
  await other.stop();
  expect(attempts(gateway.paggio)).toEqual([]);
});

test('a position is opaque text that comes back unchanged', () => {
  for (const position of [
    { read: '1:1:', target: null, after: null },
    { read: '10:20:11,15', target: '12:30:', after: '17' },
  ])
    expect(parsePosition(formatPosition(position))).toEqual(position);
  for (const text of ['', '!', 'MTox', Buffer.from("1:1:|1:1:|1'").toString('base64url')])
    expect(parsePosition(text)).toBeUndefined();
});
