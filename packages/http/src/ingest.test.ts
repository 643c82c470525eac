import { createHmac } from 'node:crypto';
import { owner, Recorder, settled, query, type RecordedRequest } from '@paggio/core/testing';
import { client, request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
let endpoint: { id: string; secret: string };

beforeAll(async () => {
  server = await startGatewayServer();
  recorder = await Recorder.start();
  endpoint = (await server.api().post('/api/v1/endpoints', { name: 'api', destination_url: recorder.url() })).data;
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

const now = (): number => Math.floor(Date.now() / 1000);

function sign(secret: string, timestamp: number | string, body: string | Buffer): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
}

interface Sending {
  id?: string;
  key?: string;
  body?: string | Buffer;
  secret?: string;
  timestamp?: number | string;
  signature?: string;
  headers?: [string, string][];
  query?: string;
}

async function send(options: Sending = {}): Promise<RawAnswer & { json: any }> {
  const { id = endpoint.id, key = server.key, body = '{"event_type":"order.paid","payload":{"n":1}}' } = options;
  const timestamp = options.timestamp ?? now();
  const signature = options.signature ?? sign(options.secret ?? endpoint.secret, timestamp, body);
  const answer = await request(server.port, {
    path: `/e/${id}${options.query ?? ''}`,
    headers: [
      ['Authorization', `Bearer ${key}`],
      ['X-PJ-Signature', signature],
      ['X-PJ-Timestamp', String(timestamp)],
      ['Content-Type', 'application/json'],
      ...(options.headers ?? []),
    ],
    body,
  });
  return { ...answer, json: JSON.parse(answer.body.toString()) };
}

test('an event is stored with its exact bytes and delivered, without the headers that authenticated it', async () => {
  const body = '{ "event_type": "order.paid", "payload": {"n": 12345678901234567890, "f": 1.10} }\n';
  const { status, json } = await send({ body, query: '?a=%20b', headers: [['X-PJ-Correlation-ID', 'corr_1-A']] });
  expect([status, json]).toEqual([
    202,
    { id: expect.any(String), status: 'QUEUED', message: 'Event received and queued for delivery' },
  ]);
  await settled(server.paggio, owner, json.id);
  const { data } = await server.api().get(`/api/v1/events/${json.id}`);
  expect(data).toMatchObject({
    source: 'api',
    event_type: 'order.paid',
    path: `/e/${endpoint.id}`,
    query: 'a=%20b',
    correlation_id: 'corr_1-A',
    verification: { status: 'verified', provider: 'api', body_authenticated: true },
    payload_format: 'json',
    payload: JSON.parse(body),
  });
  expect(Object.keys(data.headers)).not.toEqual(expect.arrayContaining(['authorization']));
  expect(JSON.stringify(data)).not.toContain(server.key);
  expect(Object.keys(data.headers).filter((name) => name.startsWith('x-pj'))).toEqual(['x-pj-correlation-id']);
  const sent = recorder.requests.find((one) => one.headers['paggio-event-id'] === json.id);
  expect(sent?.body.toString()).toBe(body);
  expect(sent?.headers).toMatchObject({ 'x-pj-correlation-id': 'corr_1-A' });
  expect(sent?.headers['authorization']).toBeUndefined();
  const stored = await query(server.gateway.database.url, `select headers from paggio.events where id = '${json.id}'`);
  expect((stored[0] as { headers: Buffer }).headers.toString()).not.toMatch(/authorization|pj-signature/i);
});

test('the event type comes from the header, else from the body, else it is null', async () => {
  const typeOf = async (options: Sending): Promise<unknown> =>
    (await server.api().get(`/api/v1/events/${(await send(options)).json.id}`)).data.event_type;
  expect(await typeOf({ headers: [['X-PJ-Event-Type', 'from.header']] })).toBe('from.header');
  expect(await typeOf({ body: '{"event_type":"not fitting"}' })).toBeNull();
  expect(await typeOf({ body: '{"event_type":7}' })).toBeNull();
  expect(await typeOf({ body: '[1]' })).toBeNull();
  expect(await typeOf({ body: '"text"' })).toBeNull();
});

test('checks are made in the documented order: key, endpoint, signature, headers and body', async () => {
  const headers: [string, string][] = [
    ['X-PJ-Event-Type', '!'],
    ['Idempotency-Key', ' '],
  ];
  const wrong = { signature: 'zz', headers, body: 'no json' };
  const unknown = '01a1feba-f6e4-7000-a9af-4d30305a647b';
  const codeOf = async (options: Sending): Promise<[number, string]> => {
    const { status, json } = await send(options);
    return [status, json.code];
  };
  expect(await codeOf({ ...wrong, key: 'nope', id: unknown })).toEqual([401, 'UNAUTHORIZED']);
  expect(await codeOf({ ...wrong, id: unknown })).toEqual([404, 'NOT_FOUND']);
  expect(await codeOf({ ...wrong, id: 'x' })).toEqual([404, 'NOT_FOUND']);
  const gone = (await server.api().post('/api/v1/endpoints', { name: 'gone' })).data;
  await server.api().delete(`/api/v1/endpoints/${gone.id}`);
  expect(await codeOf({ ...wrong, id: gone.id })).toEqual([410, 'GONE']);
  expect(await codeOf(wrong)).toEqual([401, 'INVALID_SIGNATURE']);
  const { signature: _, ...signed } = wrong;
  const { status, json } = await send(signed);
  expect([status, json.code, json.details[0].field]).toEqual([400, 'BAD_REQUEST', 'x-pj-event-type']);
  expect(await codeOf({ body: 'no json' })).toEqual([400, 'BAD_REQUEST']);
  expect(await codeOf({ body: '' })).toEqual([400, 'BAD_REQUEST']);
  expect(await codeOf({ body: Buffer.from([0x22, 0xff, 0x22]) })).toEqual([400, 'BAD_REQUEST']);
});

test.each([
  ['a signature with another secret', { secret: 'whsec_other' }],
  ['a timestamp of 301 s ago', { offset: -302 }],
  ['a timestamp of 301 s ahead', { offset: 302 }],
  ['a timestamp that is not a number', { timestamp: '0x65' }],
  ['an empty timestamp', { timestamp: '' }],
  ['a signature with other digits at its end', { signature: 'a'.repeat(62) + 'zz' }],
  ['a signature over another body', { signature: sign('x', 1, '{}') }],
  ['two signatures', { headers: [['X-PJ-Signature', 'a'.repeat(64)]] as [string, string][] }],
  ['two timestamps', { headers: [['X-PJ-Timestamp', '1']] as [string, string][] }],
] as [string, Sending & { offset?: number }][])('%s is 401 and leaves no trace', async (_, { offset, ...given }) => {
  // Counted from the moment of sending, because the table is older.
  const options = offset === undefined ? given : { ...given, timestamp: now() + offset };
  const count = async (): Promise<number> => (await server.api().get('/api/v1/events')).data.meta.total;
  const before = await count();
  const { status, json } = await send(options);
  expect([status, json.code]).toEqual([401, 'INVALID_SIGNATURE']);
  expect(JSON.stringify(json)).not.toContain(endpoint.secret);
  expect(await count()).toBe(before);
});

test('a timestamp 299 s off and upper-case hex digits are accepted', async () => {
  expect((await send({ timestamp: now() - 298 })).status).toBe(202);
  expect((await send({ timestamp: now() + 298 })).status).toBe(202);
  const timestamp = now();
  const body = '{}';
  expect(
    (await send({ body, timestamp, signature: sign(endpoint.secret, timestamp, body).toUpperCase() })).status,
  ).toBe(202);
});

test.each([
  ['X-PJ-Event-Type', 'a b'],
  ['X-PJ-Event-Type', 'x'.repeat(129)],
  ['X-PJ-Correlation-ID', 'a.b'],
  ['X-PJ-Correlation-ID', ''],
  ['Idempotency-Key', 'ü'],
  ['Idempotency-Key', 'x'.repeat(256)],
])('%s: %s is 400 and is named', async (name, value) => {
  const { status, json } = await send({ headers: [[name, value]] });
  expect([status, json.code, json.details[0].field.toLowerCase()]).toEqual([400, 'BAD_REQUEST', name.toLowerCase()]);
});

test('an idempotency key makes one event, even for many requests at once, and another body is a conflict', async () => {
  const headers: [string, string][] = [['Idempotency-Key', 'k-1']];
  const answers = await Promise.all(Array.from({ length: 20 }, () => send({ headers })));
  const ids = new Set(answers.map(({ json }) => json.id));
  expect([ids.size, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([202])]);
  const conflict = await send({ headers, body: '{"other":1}' });
  expect([conflict.status, conflict.json.code]).toEqual([409, 'IDEMPOTENCY_KEY_CONFLICT']);
  const other = (await server.api().post('/api/v1/endpoints', { name: 'other' })).data;
  const elsewhere = await send({ headers, id: other.id, secret: other.secret });
  expect(elsewhere.status).toBe(202);
  expect(ids.has(elsewhere.json.id)).toBe(false);
  await query(server.gateway.database.url, `update paggio.dedup_keys set expires_at = now()`);
  expect(ids.has((await send({ headers })).json.id)).toBe(false);
});

describe('the signature of a delivery', () => {
  /** Sends a delivery, as a receiver has it, back as an event of its own. */
  const reflect = (got: RecordedRequest, more: Sending = {}): Promise<RawAnswer & { json: any }> =>
    send({
      body: got.body,
      timestamp: String(got.headers['x-pj-timestamp']),
      signature: String(got.headers['x-pj-signature']),
      ...more,
    });
  const refused = (answer: { status: number; json: any }): unknown => [answer.status, answer.json.code];
  const delivered = async (id: string): Promise<RecordedRequest> => {
    await settled(server.paggio, owner, id);
    return recorder.requests.find((one) => one.headers['paggio-event-id'] === id) as RecordedRequest;
  };

  test('is made as documented over the text of its timestamp, in Unix seconds', async () => {
    const got = await delivered((await send()).json.id);
    const timestamp = String(got.headers['x-pj-timestamp']);
    expect(got.headers['x-pj-signature']).toBe(sign(endpoint.secret, timestamp, got.body));
    expect(Math.abs(Number(timestamp) - now())).toBeLessThan(60);
    expect(timestamp).toMatch(/^\d+$/);
  });

  test('is refused by signed ingest, whatever is added or left out', async () => {
    const first = (await send()).json.id as string;
    const got = await delivered(first);
    const before = (await server.api().get('/api/v1/events')).data.meta.total;
    const timestamp = String(got.headers['x-pj-timestamp']);
    for (const more of [
      {},
      { headers: [['X-PJ-Event-Type', 'order.refunded']] as [string, string][] },
      { headers: [['Idempotency-Key', 'fresh']] as [string, string][] },
      { signature: String(got.headers['x-pj-signature']).toUpperCase() },
      // The zero is signed too: the signature fails without it, and with a second one.
      { timestamp: timestamp.slice(1) },
      { timestamp: `0${timestamp}` },
      // No reading of "<timestamp>.<body>" begins with a digit other than zero.
      { timestamp: '', body: `${timestamp}.${got.body.toString()}` },
    ])
      expect(refused(await reflect(got, more))).toEqual([401, 'INVALID_SIGNATURE']);
    expect((await reflect(got)).json.hint).toContain('deliveries');
    expect((await server.api().get('/api/v1/events')).data.meta.total).toBe(before);
  });

  test('is refused for events from a webhook URL, publishing, a replay and a test, and by another process', async () => {
    const other = await startGatewayServer({}, {}, server.gateway.database);
    const { data } = await server.api().get(`/api/v1/endpoints/${endpoint.id}`);
    const captured = await request(server.port, {
      path: new URL(data.webhook_url).pathname,
      body: '{"refund":"all of it"}',
    });
    const event = captured.headers['paggio-event-id'] as string;
    const published = await server
      .api()
      .post('/api/v1/events', { event_type: 'x', payload: { n: 1 }, endpoint_ids: [endpoint.id] });
    const test = await server.api().post(`/api/v1/endpoints/${endpoint.id}/test`, {});
    const copy = await server.api().post(`/api/v1/events/${event}/replay`);
    const ids = [event, published.data.deliveries[0].event_id, test.data.id, copy.data.id] as string[];
    const deliveries = await Promise.all(ids.map(delivered));
    await server.api().post(`/api/v1/events/${event}/replay`, { destination_url: recorder.url('/at-once') });
    deliveries.push(recorder.requests.find((one) => one.url === '/at-once') as RecordedRequest);
    for (const got of deliveries) {
      expect(got.headers['x-pj-signature']).toMatch(/^[0-9a-f]{64}$/);
      expect(refused(await reflect(got))).toEqual([401, 'INVALID_SIGNATURE']);
      const answer = await request(other.port, {
        path: `/e/${endpoint.id}`,
        headers: [
          ['Authorization', `Bearer ${server.key}`],
          ['X-PJ-Signature', String(got.headers['x-pj-signature'])],
          ['X-PJ-Timestamp', String(got.headers['x-pj-timestamp'])],
        ],
        body: got.body,
      });
      expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([401, 'INVALID_SIGNATURE']);
    }
    await other.stop();
  });

  test('is refused while the delivery is still under way', async () => {
    let answer: Promise<RawAnswer & { json: any }> | undefined;
    const usual = recorder.behaviour;
    recorder.behaviour = (got, response) => {
      // Only once, because accepting it would bring the next delivery.
      answer ??= reflect(got);
      void answer.then(() => response.writeHead(200).end());
    };
    await delivered((await send({ body: '{"reflected":"at once"}' })).json.id);
    recorder.behaviour = usual;
    expect(refused(await (answer as NonNullable<typeof answer>))).toEqual([401, 'INVALID_SIGNATURE']);
  });

  test("never equals a producer's, who may repeat a request within the second of the delivery", async () => {
    const timestamp = now();
    const first = await send({ timestamp, body: '{"repeated":1}' });
    await delivered(first.json.id);
    expect((await send({ timestamp, body: '{"repeated":1}' })).status).toBe(202);
  });
});

test('endpoints without a destination and paused ones answer the same', async () => {
  const capture = (await server.api().post('/api/v1/endpoints', { name: 'c' })).data;
  expect((await send({ id: `ep_${capture.id}`, secret: capture.secret })).status).toBe(202);
  await server.api().patch(`/api/v1/endpoints/${capture.id}`, { status: 'PAUSED' });
  expect((await send({ id: capture.id, secret: capture.secret })).status).toBe(202);
});

test('during a rotation both secrets are accepted, and afterwards only the new one', async () => {
  const made = (await server.api().post('/api/v1/endpoints', { name: 'r', destination_url: recorder.url('/r') })).data;
  const path = `/api/v1/endpoints/${made.id}`;
  expect((await server.api().get(`${path}/secret`)).data).toEqual({ secret: made.secret });
  const { status, data } = await server.api().post(`${path}/rotate-secret`, { overlap_seconds: 2 });
  expect([status, data]).toEqual([
    200,
    { secret: expect.stringMatching(/^whsec_/), previous_expires_at: expect.any(String) },
  ]);
  expect(data.secret).not.toBe(made.secret);
  const sendWith = (secret: string): Promise<RawAnswer & { json: any }> => send({ id: made.id, secret });
  expect((await sendWith(made.secret)).status).toBe(202);
  const during = await sendWith(data.secret);
  expect(during.status).toBe(202);
  await settled(server.paggio, owner, during.json.id);
  const signatures = (): string[] => String(recorder.requests.at(-1)?.headers['webhook-signature']).split(' ');
  expect(signatures()).toHaveLength(2);
  // Only time passes: no change of the configuration refreshes the cache.
  await new Promise((done) => setTimeout(done, Date.parse(data.previous_expires_at) - Date.now() + 50));
  expect((await sendWith(made.secret)).status).toBe(401);
  const after = await sendWith(data.secret);
  expect(after.status).toBe(202);
  await settled(server.paggio, owner, after.json.id);
  expect(signatures()).toHaveLength(1);
  expect((await server.api().post(`${path}/rotate-secret`, { overlap_seconds: 604_801 })).status).toBe(422);
  const at = await server.api().post(`${path}/rotate-secret`);
  expect(Date.parse(at.data.previous_expires_at) / 1000 - now()).toBeGreaterThan(86_300);
  const once = await server.api().post(`${path}/rotate-secret`, { overlap_seconds: 0 });
  expect((await sendWith(at.data.secret)).status).toBe(401);
  expect((await sendWith(once.data.secret)).status).toBe(202);
});

test('bodies have the same limit as events, and a larger one is 413', async () => {
  expect((await send({ body: JSON.stringify({ x: 'y'.repeat(1024 * 1024 - 8) }) })).status).toBe(202);
  const over = await send({ body: JSON.stringify({ x: 'y'.repeat(1024 * 1024) }) });
  expect([over.status, over.json.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
});

test('any other method is 405', async () => {
  expect((await client(server.port, server.key).get(`/e/${endpoint.id}`)).status).toBe(405);
});
