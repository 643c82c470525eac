import { createKeyText } from '@paggio/core';
import { query } from '@paggio/core/testing';
import axios from 'axios';
import { createFetchHandler } from './fetch-handler';
import { request, requestsAtOnce, startGatewayServer, type GatewayServer, type RawRequest } from './testing';

let server: GatewayServer;

beforeAll(async () => {
  server = await startGatewayServer(
    { trustedProxies: ['127.0.0.1/32'], apiRateLimit: null },
    { dialects: ['bags', 'deliverant'] },
  );
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

async function captured(body: Buffer | string): Promise<{ id: string; endpointId: string }> {
  const { data: endpoint } = await server.api().post('/api/v1/endpoints', { name: 'bounds' });
  const answer = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body });
  return { id: answer.headers['paggio-event-id'] as string, endpointId: endpoint.id };
}

/** Adds attempts as replays make them, each with an answer of 64 KiB that begins with its number. */
async function addAttempts(eventId: string, count: number): Promise<void> {
  await query(
    server.gateway.database.url,
    `insert into paggio.attempts (id, event_id, number, trigger, url, status, response_status, response_body,
       response_truncated, response_headers, latency_ms, reason, created_at)
     select ('01a1feba-f6e4-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '${eventId}', n, 'replay', 'http://a.test/', 'failed', 500,
       convert_to(rpad(n::text || ' ', 65535, 'ä'), 'UTF8'), false, '{}', 1, '', now()
     from generate_series(1, ${count}) n`,
  );
}

/** More than an event shows, and than a page of the list holds. */
const COUNT = process.env['PAGGIO_FULL'] === '1' ? 150 : 60;

test('an event shows its newest attempts up to a limit, and the list shows all of them with whole answers', async () => {
  const { id } = await captured('{}');
  await addAttempts(id, COUNT);
  const { data, headers } = await server.api().get(`/api/v1/events/${id}`);
  expect(Number(headers['content-length'])).toBeLessThan(1024 * 1024);
  expect(data.attempts.map(({ number }: { number: number }) => number)).toEqual(
    Array.from({ length: 50 }, (_, n) => COUNT - 49 + n),
  );
  expect(data.attempts_total).toBe(COUNT);
  const [oldest, newest] = [data.attempts[0], data.attempts.at(-1)];
  expect([newest.response_body.slice(0, 4), newest.response_body_truncated]).toEqual([`${COUNT} ä`.slice(0, 4), false]);
  expect([oldest.response_body, oldest.response_body_truncated]).toEqual(['', true]);
  // A cut never splits a character, which would leave bytes that are not text.
  expect(data.attempts.filter((attempt: object) => 'response_body_base64' in attempt)).toEqual([]);

  const numbers: number[] = [];
  const whole = new Set<string>();
  for (let after: string | undefined, more = true; more;) {
    const page = await server.api().get(`/api/v1/events/${id}/attempts`, {
      params: { limit: 100, ...(after && { starting_after: after }) },
    });
    expect(page.status).toBe(200);
    expect(Number(page.headers['content-length'])).toBeLessThan(2.5 * 1024 * 1024);
    for (const attempt of page.data.data) {
      whole.add(`${attempt.response_body.length} ${attempt.response_body_truncated}`);
      numbers.push(attempt.number);
    }
    expect(page.data.meta.total).toBe(COUNT);
    more = page.data.meta.has_more;
    after = page.data.data.at(-1).id;
  }
  expect([...whole]).toEqual(['65535 false']);
  expect(numbers).toEqual(Array.from({ length: COUNT }, (_, n) => COUNT - n));
});

test("attempts of a missing event, or of another user's event, are 404", async () => {
  const { id } = await captured('{}');
  const { key } = await server.paggio.admin.keys.create(
    { userId: 'user-1', mode: 'live', scopes: new Set(['operator', 'admin', 'read']), keyId: null },
    { name: 'other', userId: 'user-2', scopes: ['read'] },
  );
  const answers = [
    await server.api(key).get(`/api/v1/events/${id}/attempts`),
    await server.api().get('/api/v1/events/01a1feba-f6e4-7000-a9af-4d30305a647b/attempts'),
  ];
  expect(answers.map(({ status, data }) => [status, data.code])).toEqual([
    [404, 'NOT_FOUND'],
    [404, 'NOT_FOUND'],
  ]);
  expect((await server.api().get(`/api/v1/events/${id}/attempts`, { params: { limit: 101 } })).status).toBe(400);
});

test('the list of bags shows whole bodies, and ends early', async () => {
  const body = `{"text":"${'b'.repeat(900_000)}"}`;
  const sent: string[] = [];
  for (let n = 0; n < 11; n++) sent.push((await captured(body)).id);
  const bags = axios.create({
    baseURL: `http://127.0.0.1:${server.port}/compat/bags`,
    headers: { authorization: `Bearer ${server.key}` },
  });
  const { data, headers } = await bags.get('/api/events', { params: { limit: 12 } });
  expect(Number(headers['content-length'])).toBeLessThan(9 * 1024 * 1024);
  expect(data.hasMore).toBe(true);
  expect(data.data.length).toBeGreaterThan(5);
  const shown = data.data.map(({ id }: { id: string }) => id);
  expect(shown).toEqual(sent.toReversed().slice(0, shown.length));
  expect(data.data.map(({ payload }: any) => payload.text.length)).toEqual(shown.map(() => 900_000));
});

describe('wrong keys', () => {
  const asking = (address: string, key = createKeyText('live')): RawRequest => ({
    method: 'GET',
    path: '/api/v1/events',
    headers: [
      ['Authorization', `Bearer ${key}`],
      ['X-Forwarded-For', address],
    ],
  });
  const statuses = async (inputs: RawRequest[]): Promise<number[]> =>
    (await requestsAtOnce(server.port, inputs)).map(({ status }) => status);
  const ask = async (address: string, key?: string): Promise<number> =>
    (await request(server.port, asking(address, key))).status;

  /** No time passes for the limits, so that nothing is refilled during a test. */
  const stopTheClock = (): void => void jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  afterEach(() => jest.restoreAllMocks());

  test('from all addresses of one /64 count together, and other networks are not affected', async () => {
    stopTheClock();
    const answers = await statuses(
      Array.from({ length: 104 }, (_, n) => asking(`2001:db8:1:2:${n.toString(16)}::${n.toString(16)}`)),
    );
    expect(answers.filter((status) => status === 429)).toHaveLength(4);
    expect(await ask('2001:db8:1:3::1')).toBe(401);
    expect(await ask('2001:db8:1:2:ffff::1', server.key)).toBe(200);
  });

  test('from senders with unknown addresses count together', async () => {
    stopTheClock();
    const handle = createFetchHandler(server.paggio);
    const answers: number[] = [];
    for (let n = 0; n < 104; n++) {
      const headers = { authorization: `Bearer ${createKeyText('live')}` };
      const response = await handle(new Request('http://localhost/api/v1/events', { headers }));
      answers.push((response as Response).status);
    }
    expect([answers[0], answers.includes(429)]).toEqual([401, true]);
  });

  test('beyond the limit of their address hardly cost a statement, and a new valid key still works', async () => {
    const find = jest.spyOn(server.gateway.assembly.management.keyStore, 'findByHashes');
    const flood = (count: number): Promise<number[]> =>
      statuses(Array.from({ length: count }, () => asking('192.0.2.9')));
    await flood(120);
    find.mockClear();
    const { data } = await server.api().post('/api/v1/keys', { name: 'new', scopes: ['read'] });
    const [answers, valid] = await Promise.all([flood(100), ask('192.0.2.9', data.key)]);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThan(50);
    expect(valid).toBe(200);
    // Keys for which a token had come back are looked up at once, and the others share a few statements.
    expect(find.mock.calls.length).toBeLessThan(50);
    find.mockRestore();
  });
});
