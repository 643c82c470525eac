import { allSettled, owner, Recorder, settled } from '@paggio/core/testing';
import { request, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;

beforeAll(async () => {
  server = await startGatewayServer();
  recorder = await Recorder.start();
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

async function endpointWith(settings: object = {}): Promise<any> {
  const { status, data } = await server.api().post('/api/v1/endpoints', {
    name: 'd',
    destination_url: recorder.url(),
    ...settings,
  });
  expect(status).toBe(201);
  return data;
}

async function send(slug: string, body = '{}'): Promise<string> {
  const answer = await request(server.port, { method: 'POST', path: `/api/webhook/${slug}`, body: Buffer.from(body) });
  return answer.headers['paggio-event-id'] as string;
}

test('an endpoint shows its destinations as documented, and their own routes show their state too', async () => {
  const endpoint = await endpointWith({
    destination_url: undefined,
    destinations: [
      { url: 'https://a.example/in' },
      {
        name: 'orders',
        url: 'https://b.example/in',
        event_types: ['order.*'],
        headers_json: { 'X-Token': 'secret' },
        timeout_seconds: 5,
        retry: { preset: 'none' },
        status: 'PAUSED',
      },
    ],
    rate_limit: 50,
    order_by: '/data/id',
  });
  const items = [
    {
      id: endpoint.destinations[0].id,
      name: 'default',
      url: 'https://a.example/in',
      event_types: [],
      headers_json: {},
      timeout_seconds: 10,
      retry: null,
      status: 'ACTIVE',
    },
    {
      id: endpoint.destinations[1].id,
      name: 'orders',
      url: 'https://b.example/in',
      event_types: ['order.*'],
      headers_json: { 'X-Token': 'secret' },
      timeout_seconds: 5,
      retry: { max_attempts: 1, base_seconds: 1, factor: 1, cap_seconds: 1, floor_seconds: 0 },
      status: 'PAUSED',
    },
  ];
  expect(endpoint).toMatchObject({ destination_url: 'https://a.example/in', rate_limit: 50, order_by: '/data/id' });
  expect(endpoint.destinations).toEqual(items);
  const base = `/api/v1/endpoints/${endpoint.id}/destinations`;
  const healthy = { circuit: { state: 'closed', retry_at: null }, failing_since: null };
  expect((await server.api().get(base)).data).toEqual({
    data: [
      { ...items[0], paused_at: null, pause_reason: null, ...healthy },
      { ...items[1], paused_at: expect.stringMatching(/Z$/), pause_reason: 'manual', ...healthy },
    ],
    meta: { total: 2, limit: 2, offset: 0, has_more: false },
  });

  const created = await server.api().post(base, { url: 'https://c.example/' });
  expect([created.status, created.data.name]).toEqual([201, 'c.example']);
  const one = `${base}/${created.data.id}`;
  const changed = await server.api().patch(one, { name: 'c', status: 'PAUSED', retry: { schedule_seconds: [1] } });
  expect(changed.data).toMatchObject({ name: 'c', status: 'PAUSED', retry: { schedule_seconds: [1] } });
  expect((await server.api().patch(one, { status: 'ACTIVE', retry: null })).data).toMatchObject({
    status: 'ACTIVE',
    pause_reason: null,
    retry: null,
  });
  expect((await server.api().delete(one)).status).toBe(204);
  expect((await server.api().get(one)).status).toBe(404);
});

test.each([
  ['post', {}, 'url'],
  ['post', { url: 'ftp://a.example/' }, 'url'],
  ['post', { url: 'http://10.0.0.1/' }, 'url'],
  ['post', { url: 'http://a.example:6379/' }, 'url'],
  ['post', { url: 'https://a.example/', id: 'x' }, 'id'],
  ['post', { url: 'https://a.example/', timeout_seconds: 61 }, 'timeout_seconds'],
  ['post', { url: 'https://a.example/', retry: { nope: 1 } }, 'retry.nope'],
  ['post', { url: 'https://a.example/', headers_json: { Host: 'x' } }, 'headers_json.Host'],
  ['post', { url: 'https://a.example/', event_types: ['a b'] }, 'event_types[0]'],
] as const)('destinations: %s %j is 422 and names the field', async (method, body, field) => {
  const endpoint = await endpointWith();
  const { status, data } = await server.api()[method](`/api/v1/endpoints/${endpoint.id}/destinations`, body);
  expect([status, data.details[0].field]).toEqual([422, field]);
});

test('cancelling answers with the event, and refuses a body with fields', async () => {
  const failing = await Recorder.start((_request, response) => void response.writeHead(404).end());
  const endpoint = await endpointWith({ destination_url: failing.url() });
  const id = await send(endpoint.slug);
  await failing.received(1);
  expect((await server.api().post(`/api/v1/events/${id}/cancel`, { x: 1 })).status).toBe(422);
  const { status, data } = await server.api().post(`/api/v1/events/evt_${id}/cancel`);
  expect([status, data.id, data.status, data.status_reason]).toEqual([200, id, 'failed', 'cancelled']);
  await failing.stop();
});

test('a bulk replay has a dry run, a start, progress, idempotency and a cancellation', async () => {
  const replayed = await Recorder.start();
  const endpoint = await endpointWith({ destination_url: replayed.url() });
  const ids = [await send(endpoint.slug), await send(endpoint.slug)];
  await allSettled(server.gateway, ids);
  const filter = { endpoint_id: endpoint.id, status: 'delivered' };
  const shape = {
    id: null,
    status: 'dry_run',
    filter,
    destination_id: null,
    rate_per_second: null,
    matched: 2,
    created: 0,
    skipped: 0,
    done: 0,
    failed: 0,
    created_at: expect.stringMatching(/Z$/),
    finished_at: null,
  };
  const dry = await server.api().post('/api/v1/replays', { filter, dry_run: true });
  expect([dry.status, dry.data]).toEqual([200, shape]);

  // No delivery ends before the first answer was checked.
  const held: (() => void)[] = [];
  replayed.behaviour = (_request, response) => void held.push(() => response.writeHead(200).end());
  const headers = { 'idempotency-key': 'once' };
  const body = { filter, rate_per_second: 100 };
  const started = await server.api().post('/api/v1/replays', body, { headers });
  expect([started.status, started.data]).toEqual([
    202,
    { ...shape, id: expect.stringMatching(/-7/), status: 'running', rate_per_second: 100, created: expect.any(Number) },
  ]);
  expect((await server.api().post('/api/v1/replays', body, { headers })).data.id).toBe(started.data.id);
  const other = await server.api().post('/api/v1/replays', { filter: { status: 'failed' } }, { headers });
  expect([other.status, other.data.code]).toEqual([409, 'IDEMPOTENCY_KEY_CONFLICT']);
  await replayed.received(4);
  for (const answer of held) answer();
  expect((await server.api().get('/api/v1/replays')).data.data[0].id).toBe(started.data.id);
  const cancelled = await server.api().post(`/api/v1/replays/${started.data.id}/cancel`);
  expect([200, 409]).toContain(cancelled.status);
  await replayed.stop();
});

test('events.replay takes an Idempotency-Key', async () => {
  const endpoint = await endpointWith();
  const id = await send(endpoint.slug);
  await settled(server.paggio, owner, id);
  const headers = { 'Idempotency-Key': 'click' };
  const answers = await Promise.all(
    [1, 2, 3].map(() => server.api().post(`/api/v1/events/${id}/replay`, undefined, { headers })),
  );
  expect(new Set(answers.map(({ status, data }) => `${status} ${data.id}`)).size).toBe(1);
  const wrong = await server.api().post(`/api/v1/events/${id}/replay`, undefined, {
    headers: { 'Idempotency-Key': 'x'.repeat(300) },
  });
  expect([wrong.status, wrong.data.details[0].field]).toEqual([400, 'Idempotency-Key']);
});

test.each([
  [{}, 'filter'],
  [{ filter: {} }, 'filter'],
  [{ filter: { nope: 1 } }, 'filter.nope'],
  [{ filter: { status: 'lost' } }, 'filter.status'],
  [{ filter: { limit: '5' } }, 'filter.limit'],
  [{ filter: { status: 'failed' }, rate_per_second: 0 }, 'rate_per_second'],
  [{ filter: { status: 'failed' }, destination_id: 'x' }, 'destination_id'],
  [{ filter: { status: 'failed' }, more: 1 }, 'more'],
])('bulk replay %j is 422 and names the field', async (body, field) => {
  const { status, data } = await server.api().post('/api/v1/replays', body);
  expect([status, data.details[0].field]).toEqual([422, field]);
});
