import { scopes, type Scope } from '@paggio/core';
import { owner, query, Recorder, settled } from '@paggio/core/testing';
import { client, denials, request, startGatewayServer, type GatewayServer } from './testing';

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

async function create(settings: object = {}): Promise<any> {
  const { status, data } = await server.api().post('/api/v1/endpoints', { name: 'm', ...settings });
  expect([status, data.details]).toEqual([201, undefined]);
  return data;
}

async function keyFor(wanted: Scope[]): Promise<string> {
  return (await server.api().post('/api/v1/keys', { name: wanted.join(), scopes: wanted })).data.key;
}

describe('publish', () => {
  const publish = (body: string | object, headers: Record<string, string> = {}) =>
    server.api().post('/api/v1/events', body, { headers: { 'content-type': 'application/json', ...headers } });

  test('the exact source text of the payload reaches every endpoint with a matching type', async () => {
    const [all, orders, paused, other] = [
      await create({ destination_url: recorder.url('/all') }),
      await create({ destination_url: recorder.url('/orders'), event_types: ['order.*'] }),
      await create({ destination_url: recorder.url('/paused') }),
      await create({ destination_url: recorder.url('/other'), event_types: ['user.*'] }),
    ];
    await server.api().patch(`/api/v1/endpoints/${paused.id}`, { status: 'PAUSED' });
    const payload = '{ "n": 12345678901234567890, "f": 1.10, "a":1, "a":2, "__proto__": {"x": "\\u0000"} }';
    const { status, data } = await publish(`{"event_type":"order.paid", "payload" : ${payload} }`);
    expect(status).toBe(202);
    expect(data.deliveries.map((one: any) => one.endpoint_id).sort()).toEqual([all.id, orders.id].sort());
    for (const { event_id: id, created } of data.deliveries) {
      expect(created).toBe(true);
      const event = await settled(server.paggio, owner, id);
      expect([event.body.toString(), event.eventType, event.source, event.status]).toEqual([
        payload,
        'order.paid',
        'api',
        'delivered',
      ]);
      const sent = recorder.requests.find((one) => one.headers['paggio-event-id'] === id);
      expect([sent?.body.toString(), sent?.headers['content-type'], sent?.method]).toEqual([
        payload,
        'application/json',
        'POST',
      ]);
    }
    for (const { id } of [all, orders, paused, other]) await server.api().delete(`/api/v1/endpoints/${id}`);
  });

  test('of named endpoints, a paused one holds the event, and one without a destination captures it', async () => {
    const [paused, capture] = [await create({ destination_url: recorder.url() }), await create()];
    await server.api().patch(`/api/v1/endpoints/${paused.id}`, { status: 'PAUSED' });
    const { data } = await publish({ event_type: 'a', payload: null, endpoint_ids: [`ep_${paused.id}`, capture.id] });
    const stateOf = async (index: number): Promise<unknown[]> => {
      const event = (await server.api().get(`/api/v1/events/${data.deliveries[index].event_id}`)).data;
      return [event.status, event.status_reason, event.payload];
    };
    expect(await stateOf(0)).toEqual(['pending', 'paused', null]);
    expect(await stateOf(1)).toEqual(['captured', 'no_destination', null]);
  });

  test('a repeated idempotency key, in body or header and even at once, answers the same and makes nothing', async () => {
    const target = await create();
    const body = { event_type: 'a', payload: { n: 1 }, endpoint_ids: [target.id], idempotency_key: 'once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => publish(body)));
    const deliveries = answers.map(({ data }) => data.deliveries[0]);
    expect(new Set(deliveries.map((one: any) => one.event_id)).size).toBe(1);
    expect(deliveries.filter((one: any) => one.created)).toHaveLength(1);
    const { idempotency_key: _, ...plain } = body;
    const byHeader = await publish(plain, { 'Idempotency-Key': 'once' });
    expect(byHeader.data.deliveries[0]).toMatchObject({ created: false, event_id: deliveries[0].event_id });
    const conflict = await publish({ ...body, payload: { n: 2 } });
    expect([conflict.status, conflict.data.code]).toEqual([409, 'IDEMPOTENCY_KEY_CONFLICT']);
    expect((await publish(body, { 'Idempotency-Key': 'another' })).status).toBe(400);
    const events = await server.api().get('/api/v1/events', { params: { endpoint_id: target.id } });
    expect(events.data.meta.total).toBe(1);
  });

  test.each([
    ['{"payload":1}', 'event_type'],
    ['{"event_type":"a b","payload":1}', 'event_type'],
    ['{"event_type":"a"}', 'payload'],
    ['{"event_type":"a","payload":1,"payload":2}', 'payload'],
    ['{"event_type":"a","payload":1,"endpoint_ids":[]}', 'endpoint_ids'],
    ['{"event_type":"a","payload":1,"endpoint_ids":["x"]}', 'endpoint_ids[0]'],
    ['{"event_type":"a","payload":1,"more":1}', 'more'],
    ['{"event_type":"a","payload":1,"__proto__":{}}', '__proto__'],
  ])('%s is 422 and names %s', async (body, field) => {
    const { status, data } = await publish(body);
    expect([status, data.details[0].field]).toEqual([422, field]);
  });
});

describe('rejections', () => {
  test('a rejected request can be read byte for byte, and is never an event', async () => {
    const endpoint = await create({ verification: { provider: 'github', secrets: ['the right one'] } });
    const body = '{"action":"opened",\u0020"n":1.10}';
    const answer = await request(server.port, {
      path: `/api/webhook/${endpoint.slug}?x=1`,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Hub-Signature-256', `sha256=${'0'.repeat(64)}`],
        ['Authorization', 'Bearer of the sender'],
      ],
      body,
    });
    expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([401, 'INVALID_SIGNATURE']);
    const id = answer.headers['paggio-rejection-id'] as string;
    const list = await server.api().get('/api/v1/rejections', { params: { endpoint_id: endpoint.id } });
    expect(list.data).toMatchObject({
      data: [{ id, endpoint_id: endpoint.id, provider: 'github', reason: 'wrong_signature', size: body.length }],
      meta: { total: 1, has_more: false },
    });
    const read = server.api(await keyFor(['read']));
    expect((await read.get(`/api/v1/rejections/${id}`)).data).toMatchObject({
      query: 'x=1',
      headers: { authorization: '***', 'content-type': 'application/json' },
      payload: { action: 'opened', n: 1.1 },
      payload_format: 'json',
      remote_addr: '127.0.0.1',
    });
    const raw = await read.get(`/api/v1/rejections/${id}/raw`, { responseType: 'arraybuffer' });
    expect([raw.data.toString(), raw.headers['content-disposition']]).toEqual([body, `attachment; filename="${id}"`]);
    expect((await read.get(`/api/v1/rejections/${id}/verification`)).data).toMatchObject({
      status: 'failed',
      reason: 'wrong_signature',
      explanation: expect.stringContaining('does not match'),
    });
    expect((await read.get(`/api/v1/events/${id}`)).status).toBe(404);
    expect((await read.get('/api/v1/events', { params: { endpoint_id: endpoint.id } })).data.meta.total).toBe(0);
  });

  test('an event shows what is known about its sender', async () => {
    const endpoint = await create();
    const { data } = await server.api().post(`/api/v1/endpoints/${endpoint.id}/test`, {});
    const verification = await server.api().get(`/api/v1/events/${data.id}/verification`);
    expect(verification.data).toMatchObject({ status: 'unverified', provider: null, body_authenticated: false });
  });
});

test('a test event takes the whole path, with the requested type', async () => {
  const endpoint = await create({ destination_url: recorder.url('/test') });
  const { status, data } = await server
    .api()
    .post(`/api/v1/endpoints/${endpoint.id}/test`, { event_type: 'invoice.paid' });
  expect([status, data]).toEqual([202, { id: expect.any(String), status: 'QUEUED' }]);
  const event = await settled(server.paggio, owner, data.id);
  expect([event.status, event.eventType, event.path]).toEqual([
    'delivered',
    'invoice.paid',
    `/api/webhook/${endpoint.slug}`,
  ]);
  const sent = recorder.requests.find((one) => one.headers['paggio-event-id'] === data.id);
  expect(JSON.parse(sent?.body.toString() ?? '')).toMatchObject({ type: 'invoice.paid', data: {} });
});

test('the catalogue of providers is listed', async () => {
  const { data } = await server.api().get('/api/v1/providers');
  expect(data.data.find((one: any) => one.name === 'github')).toMatchObject({ title: 'GitHub', signs_url: false });
  expect(data.meta.total).toBe(data.data.length);
});

describe('the audit log [AUZ-28]', () => {
  const auditOf = async (objectId: string): Promise<any[]> =>
    (await server.api().get('/api/v1/audit', { params: { object_id: objectId } })).data.data;

  test('tells who did what from where, with the state before and after', async () => {
    const endpoint = await create({
      destination_url: recorder.url('/a'),
      headers_json: { 'X-Token': 'canary-header' },
    });
    const path = `/api/v1/endpoints/${endpoint.id}`;
    const api = server.api();
    await api.patch(path, {
      name: 'renamed',
      destination_url: recorder.url('/b'),
      headers_json: { 'X-Token': 'canary-header-2' },
      verification: { provider: 'github', secrets: ['canary-secret-of-github'] },
    });
    await api.get(`${path}/secret`);
    await api.post(`${path}/rotate-secret`, {});
    await api.patch(path, { name: 'renamed' });
    await api.delete(path);
    const entries = await auditOf(endpoint.id);
    expect(entries.map(({ action }) => action)).toEqual([
      'endpoint.deleted',
      'secret.rotated',
      'secret.revealed',
      'endpoint.updated',
      'endpoint.created',
    ]);
    const keyId = (await api.get('/api/v1/keys')).data.data.find((one: any) => one.name === 'first run').id;
    expect(entries[3]).toEqual({
      id: expect.any(String),
      action: 'endpoint.updated',
      object_id: endpoint.id,
      before: { name: 'm', headers_json: '***', verification: null },
      after: { name: 'renamed', headers_json: '***', verification: '***' },
      key_id: keyId,
      remote_addr: '127.0.0.1',
      created_at: expect.any(String),
    });
    expect(await auditOf(endpoint.destinations[0].id)).toMatchObject([
      { action: 'destination.updated', before: { url: recorder.url('/a') }, after: { url: recorder.url('/b') } },
      { action: 'destination.created', after: { url: recorder.url('/a'), status: 'ACTIVE' } },
    ]);
    const stored = JSON.stringify(await query(server.gateway.database.url, 'select * from paggio.audit'));
    expect(stored).not.toContain('canary');
    expect(stored).not.toContain(endpoint.secret);
  });

  test('has keys, replays and refusals, and pages', async () => {
    const key = (await server.api().post('/api/v1/keys', { name: 'k', scopes: ['read'] })).data;
    await server.api(key.key).post('/api/v1/endpoints', { name: 'x' });
    await server.api(key.key).post('/api/v1/endpoints', { name: 'x' });
    await server.api().delete(`/api/v1/keys/${key.id}`);
    const created = await auditOf(key.id);
    expect(created.map(({ action }) => action)).toEqual(['key.revoked', 'key.created']);
    expect(JSON.stringify(created)).not.toContain(key.key);
    const denied = await denials(server.paggio, server.api(), (entries) => entries.length > 0);
    // The same refusal twice within a minute is recorded once.
    expect(denied).toMatchObject([{ key_id: key.id, after: { operation: 'endpoints.create' } }]);

    const endpoint = await create({ destination_url: recorder.url() });
    const event = (await server.api().post(`/api/v1/endpoints/${endpoint.id}/test`, {})).data.id;
    await settled(server.paggio, owner, event);
    const copy = (await server.api().post(`/api/v1/events/${event}/replay`)).data.id;
    await server.api().post(`/api/v1/events/${event}/replay`, { destination_url: recorder.url('/now') });
    expect((await auditOf(event)).map(({ after }) => after)).toEqual([
      {
        destination_url: recorder.url('/now'),
        status: 'delivered',
        response_status: 200,
        include_credentials: false,
        resign: false,
      },
      { replayed_as: copy },
    ]);
    const [tested] = await auditOf(endpoint.id);
    expect(tested).toMatchObject({
      action: 'endpoint.tested',
      after: { event_id: event, event_type: 'test.event', verified: false },
    });
    const bulk = (await server.api().post('/api/v1/replays', { filter: { endpoint_id: endpoint.id } })).data.id;
    await server.api().post(`/api/v1/replays/${bulk}/cancel`);
    expect((await auditOf(bulk)).at(-1)).toMatchObject({ action: 'replay.created', after: { matched: 1 } });

    const page = async (params: object): Promise<any> => (await server.api().get('/api/v1/audit', { params })).data;
    const [first, second] = (await page({ limit: 2 })).data;
    expect((await page({ limit: 1, starting_after: first.id })).data[0].id).toBe(second.id);
    expect((await server.api().get('/api/v1/audit?action=nope')).status).toBe(400);
  });
});

describe('rate limits [AUZ-16]', () => {
  let limited: GatewayServer;
  beforeAll(async () => {
    limited = await startGatewayServer({
      apiRateLimit: { perSecond: 0.001, burst: 3 },
      ingestRateLimit: { perSecond: 0.001, burst: 1 },
    });
  });
  afterAll(() => limited.stop());

  test('every answer says what is left; over the limit 429 says when to retry, and other keys go on', async () => {
    const all = { ...owner, scopes: new Set(scopes), keyId: null };
    const { key } = await limited.paggio.admin.keys.create(all, { name: 'x', scopes: ['read', 'ingest'] });
    const api = client(limited.port, key);
    const left: unknown[] = [];
    for (const path of ['/api/v1/events', '/api/v1/events/nope', '/api/v1/events?limit=0', '/api/v1/events']) {
      const { status, headers } = await api.get(path);
      left.push([status, headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']]);
      const reset = Number(headers['x-ratelimit-reset']);
      expect(reset).toBeGreaterThan(Date.now() / 1000);
    }
    expect(left).toEqual([
      [200, '3', '2'],
      [404, '3', '1'],
      [400, '3', '0'],
      [429, '3', '0'],
    ]);
    const { data, headers } = await api.get('/api/v1/events');
    expect(data.code).toBe('RATE_LIMITED');
    expect(Number(headers['retry-after'])).toBeGreaterThan(900);
    expect((await limited.api().get('/api/v1/events')).status).toBe(200);
    // Ingest has its own limit.
    expect((await api.post('/api/v1/events', { event_type: 'a', payload: 1 })).status).toBe(202);
    expect((await api.post('/api/v1/events', { event_type: 'a', payload: 1 })).status).toBe(429);
  });

  test('guessing keys is limited for each address', async () => {
    const stranger = client(limited.port, 'nope');
    const guess = async (): Promise<number> => (await stranger.get('/api/v1/events')).status;
    const statuses = new Set<number>();
    // More than the burst at once. The bucket is refilled during it, so a slow machine needs a few rounds.
    for (let round = 0; round < 10 && !statuses.has(429); round++)
      for (const status of await Promise.all(Array.from({ length: 110 }, guess))) statuses.add(status);
    expect(statuses).toEqual(new Set([401, 429]));
  });
});

test('a revoked key is refused by other processes within 5 s [AUZ-04]', async () => {
  const other = await startGatewayServer({}, {}, server.gateway.database);
  const { data } = await server.api().post('/api/v1/keys', { name: 'short' });
  const there = client(other.port, data.key);
  expect((await there.get('/api/v1/events')).status).toBe(200);
  await server.api().delete(`/api/v1/keys/${data.id}`);
  const revokedAt = Date.now();
  while ((await there.get('/api/v1/events')).status !== 401) {
    expect(Date.now() - revokedAt).toBeLessThan(5_000);
    await new Promise((done) => setTimeout(done, 50));
  }
  await other.stop();
});
