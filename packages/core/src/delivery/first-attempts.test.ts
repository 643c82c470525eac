import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EventDetail } from '../index';
import { FirstAttempts1765300000017 } from '../storage/migrations/0017-first-attempts';
import { capture, owner, query, Recorder, settled, startGateway, type TestGateway } from '../testing';

let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.stop());

const paging = { limit: 10, offset: 0, startingAfter: null };

async function deliver(destinationUrl: string, maxAttempts = 2): Promise<EventDetail> {
  const retry = { maxAttempts, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'd', destinationUrl, retry });
  return settled(gateway.paggio, owner, await capture(gateway.paggio, endpoint.slug, '{}'));
}

/** Where the attempts of an event are stored: rows of their own, and rows of deliveries. */
async function places(eventId: string): Promise<{ rows: number; first: number }> {
  const [found] = await query<{ rows: number; first: number }>(
    gateway.database.url,
    `select (select count(*)::int from paggio.attempts where event_id = '${eventId}') as rows,
       (select count(*)::int from paggio.deliveries where event_id = '${eventId}' and attempt_id is not null) as first`,
  );
  return found as { rows: number; first: number };
}

test('an attempt that is accepted at once is stored with its delivery, and is shown whole', async () => {
  const recorder = await Recorder.start((_request, response) =>
    response.writeHead(202, { 'x-answer': 'a' }).end('accepted'),
  );
  const event = await deliver(recorder.url('/hook'));
  expect(await places(event.id)).toEqual({ rows: 0, first: 1 });
  const { items, total } = await gateway.paggio.admin.events.attempts(owner, event.id, paging);
  expect(total).toBe(1);
  expect(items).toEqual(event.attempts);
  expect(items).toEqual([
    expect.objectContaining({
      number: 1,
      trigger: 'scheduled',
      destinationUrl: recorder.url('/hook'),
      status: 'delivered',
      responseStatus: 202,
      responseHeaders: expect.objectContaining({ 'x-answer': 'a' }),
      responseTruncated: false,
      error: null,
      reason: '2xx',
    }),
  ]);
  const [attempt] = items;
  expect(Buffer.from(attempt?.responseBody ?? '').toString()).toBe('accepted');
  expect(Date.now() - (attempt?.createdAt.getTime() ?? 0)).toBeLessThan(60_000);
  await recorder.stop();
});

test('an attempt that failed, and the ones after it, have rows of their own', async () => {
  let count = 0;
  const recorder = await Recorder.start((_request, response) => response.writeHead(count++ === 0 ? 500 : 200).end());
  const event = await deliver(recorder.url());
  expect(await places(event.id)).toEqual({ rows: 2, first: 0 });
  expect(event.attempts.map(({ number, status }) => [number, status])).toEqual([
    [1, 'failed'],
    [2, 'delivered'],
  ]);
  await recorder.stop();
});

test('an accepted attempt with an error, because its answer broke off, keeps the error', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const event = await deliver(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(await places(event.id)).toEqual({ rows: 1, first: 0 });
  expect(event.attempts).toEqual([
    expect.objectContaining({ status: 'delivered', responseTruncated: true, error: expect.stringContaining('reset') }),
  ]);
  server.close();
});

test('going back to the version before keeps the attempts, by the migration and by the SQL of deploy.md', async () => {
  const recorder = await Recorder.start();
  const event = await deliver(recorder.url());
  const { url } = gateway.database;
  const before = await query(url, `select * from paggio.all_attempts where event_id = '${event.id}'`);
  const stored = `select * from paggio.attempts where event_id = '${event.id}'`;
  const page = readFileSync(join(__dirname, '../../../../docs/deploy.md'), 'utf8');
  const sql = /```sql\n(begin;\ncreate temporary table firsts[^`]*)```/.exec(page)?.[1] ?? '';

  await query(url, sql.replace('commit;', ''));
  expect(await query(url, stored)).toEqual([]);
  await query(url, sql);
  expect(await query(url, stored)).toEqual(before);
  expect(await query(url, `select * from paggio.all_attempts where event_id = '${event.id}'`)).toEqual(before);

  const other = await deliver(recorder.url());
  const shown = await query(url, `select * from paggio.all_attempts where event_id = '${other.id}'`);
  const migration = new FirstAttempts1765300000017();
  const runner = { query: (statement: string) => query(url, statement) } as never;
  await migration.down(runner);
  expect(await query(url, `select * from paggio.attempts where event_id = '${other.id}'`)).toEqual(shown);
  await migration.up(runner);
  await recorder.stop();
});
