import { createHmac } from 'node:crypto';
import { scopes } from '@paggio/core';
import { captureMany, owner, query, Recorder, settled, until, withoutDelivery } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import { request, startGatewayServer, type GatewayServer } from '../testing';
import { dialectNames } from './index';

let server: GatewayServer;
let recorder: Recorder;
let status = 200;

beforeAll(async () => {
  server = await startGatewayServer({}, { dialects: dialectNames });
  recorder = await Recorder.start((_request, response) => void response.writeHead(status).end('{"ok": true}'));
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

const speak = (dialect: string, key = server.key): AxiosInstance =>
  axios.create({
    baseURL: `http://127.0.0.1:${server.port}/compat/${dialect}`,
    headers: { authorization: `Bearer ${key}` },
    validateStatus: () => true,
  });

const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const idWith = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_[0-9a-f]{8}-[0-9a-f]{4}-7`));

async function endpointWith(settings: object = {}): Promise<any> {
  return (await server.api().post('/api/v1/endpoints', { name: 'd', destination_url: recorder.url(), ...settings }))
    .data;
}

async function send(slug: string, body: string): Promise<string> {
  const answer = await request(server.port, { path: `/api/webhook/${slug}`, body });
  return answer.headers['paggio-event-id'] as string;
}

test('no dialect answers unless the host asks for it', async () => {
  const plain = await startGatewayServer(withoutDelivery, {}, server.gateway.database);
  for (const name of dialectNames) {
    const { status: answered } = await axios.get(`http://127.0.0.1:${plain.port}/compat/${name}/api/v1/events`, {
      validateStatus: () => true,
    });
    expect(answered).toBe(404);
  }
  await plain.stop();
});

/** An answer as it was sent. */
async function written(api: AxiosInstance, path: string): Promise<string> {
  const { data } = await api.get(path, { responseType: 'arraybuffer' });
  return Buffer.from(data).toString();
}

test('payloads are in the answers byte for byte', async () => {
  const { slug } = await endpointWith({ destination_url: '' });
  const inner = '{ "price": 1.10,\r\n "n": 12345678901234567890, "a":1,"a":2 }';
  const body = `{"type":"exact","payload":null, "payload" : ${inner} }\n`;
  const id = await send(slug, body);
  expect(await written(speak('promptjang'), `/api/v1/events/evt_${id}`)).toContain(`"payload":${inner},"attempts"`);
  expect(await written(speak('bags'), '/api/events?event=exact')).toContain(`"payload":${body},"status"`);
  for (const [sent, shown] of [
    ['[{"payload":1.10}]', '[{"payload":1.10}]'],
    ['{"data":{"payload":1}}', '{"data":{"payload":1}}'],
    ['{"payload":"\\ud800"}', '"\\ud800"'],
    ['{"payload":1,}', JSON.stringify('{"payload":1,}')],
  ] as const)
    expect(await written(speak('promptjang'), `/api/v1/events/${await send(slug, sent)}`)).toContain(
      `"payload":${shown},"attempts"`,
    );
});

describe('promptjang', () => {
  const pj = (): AxiosInstance => speak('promptjang');

  test('accepts, lists, shows and replays events with its own shapes', async () => {
    status = 200;
    const endpoint = await endpointWith();
    const body = '{"event_type":"order.paid","payload":{"n":1}}';
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', endpoint.secret).update(`${timestamp}.${body}`).digest('hex');
    const headers = { 'X-PJ-Timestamp': timestamp, 'X-PJ-Signature': signature, 'Content-Type': 'application/json' };
    const sent = await pj().post(`/e/ep_${endpoint.id}`, body, { headers });
    expect([sent.status, sent.data]).toEqual([
      202,
      { id: idWith('evt'), status: 'QUEUED', message: 'Event received and queued for delivery' },
    ]);
    await settled(server.paggio, owner, sent.data.id.slice(4));
    const list = await pj().get('/api/v1/events', {
      params: { endpoint_id: `ep_${endpoint.id}`, status: 'DELIVERED' },
    });
    expect(list.data).toEqual({
      events: [
        {
          id: sent.data.id,
          endpoint_id: `ep_${endpoint.id}`,
          event_type: 'order.paid',
          status: 'DELIVERED',
          created_at: iso,
        },
      ],
      total: 1,
      limit: 50,
      offset: 0,
    });
    expect((await pj().get(`/api/v1/events/${sent.data.id}`)).data).toEqual({
      id: sent.data.id,
      org_id: 'user-1',
      endpoint_id: `ep_${endpoint.id}`,
      event_type: 'order.paid',
      status: 'DELIVERED',
      payload: { n: 1 },
      attempts: [
        {
          id: idWith('dat'),
          status_code: 200,
          response_body: '{"ok": true}',
          duration_ms: expect.any(Number),
          created_at: iso,
        },
      ],
      created_at: iso,
    });
    const replayed = await pj().post(`/api/v1/events/${sent.data.id}/replay`);
    expect([replayed.status, replayed.data]).toEqual([
      202,
      { id: idWith('evt'), status: 'QUEUED', message: 'Event replayed' },
    ]);
    expect((await pj().get(`/api/v1/events/${sent.data.id}`)).data.status).toBe('REPLAYED');
    const byStatus = async (wanted: string): Promise<string[]> =>
      (await pj().get('/api/v1/events', { params: { endpoint_id: endpoint.id, status: wanted } })).data.events.map(
        (event: any) => event.id,
      );
    await settled(server.paggio, owner, replayed.data.id.slice(4));
    expect(await byStatus('REPLAYED')).toEqual([sent.data.id]);
    expect(await byStatus('DELIVERED')).toEqual([replayed.data.id]);
  });

  test('every status has its own word', async () => {
    const statusOf = async (id: string): Promise<string> => (await pj().get(`/api/v1/events/evt_${id}`)).data.status;
    status = 404;
    const failing = await endpointWith({ retry: { schedule_seconds: [3600] } });
    const retrying = await send(failing.slug, '{}');
    await until(server.paggio, async () => ((await statusOf(retrying)) === 'RETRYING' ? true : undefined));
    const once = await endpointWith({ retry: { max_attempts: 1 } });
    const expired = await send(once.slug, '{}');
    await settled(server.paggio, owner, expired);
    expect(await statusOf(expired)).toBe('EXPIRED');
    await server.api().post(`/api/v1/events/${retrying}/cancel`);
    expect(await statusOf(retrying)).toBe('FAILED');
    await server.api().patch(`/api/v1/endpoints/${once.id}`, { status: 'PAUSED' });
    const queued = await send(once.slug, '{}');
    expect(await statusOf(queued)).toBe('QUEUED');
    await query(
      server.gateway.database.url,
      `update paggio.deliveries set lease_token = gen_random_uuid() where event_id = '${queued}'`,
    );
    expect(await statusOf(queued)).toBe('PROCESSING');
    expect(await statusOf(await send((await endpointWith({ destination_url: '' })).slug, '{}'))).toBe('DELIVERED');
  });

  test('an error has the shape {"detail"}', async () => {
    const missing = await pj().get('/api/v1/events/evt_01a1feba-f6e4-7000-a9af-4d30305a647b');
    expect([missing.status, missing.data]).toEqual([404, { detail: expect.stringContaining('no such event') }]);
    expect((await speak('promptjang', 'nope').get('/api/v1/events')).data).toEqual({ detail: expect.any(String) });
    expect((await pj().get('/api/v1/events?limit=101')).data).toEqual({ detail: expect.stringContaining('limit') });
    expect((await pj().get('/api/v1/nowhere')).data).toEqual({ detail: expect.any(String) });
  });
});

describe('bags', () => {
  const list = async (params: object = {}): Promise<any> => (await speak('bags').get('/api/events', { params })).data;

  test('lists events with its own shape, filters and cursor, and shows captured as pending', async () => {
    status = 200;
    const [delivers, captures] = [await endpointWith(), await endpointWith({ destination_url: '' })];
    const first = await send(delivers.slug, '{"type":"bags.one","n":1.5}');
    await settled(server.paggio, owner, first);
    const second = await send(captures.slug, '{"type":"bags.two"}');
    const all = await list({ event: 'bags.*' });
    expect(all).toEqual({
      status: 'success',
      data: [
        {
          id: second,
          endpointId: captures.id,
          event: 'bags.two',
          payload: { type: 'bags.two' },
          status: 'pending',
          attempts: 0,
          responseStatus: null,
          lastAttemptAt: null,
          createdAt: iso,
        },
        {
          id: first,
          endpointId: delivers.id,
          event: 'bags.one',
          payload: { type: 'bags.one', n: 1.5 },
          status: 'delivered',
          attempts: 1,
          responseStatus: 200,
          lastAttemptAt: iso,
          createdAt: iso,
        },
      ],
      hasMore: false,
    });
    expect((await list({ event: 'bags.*', status: 'pending' })).data.map((one: any) => one.id)).toEqual([second]);
    const page = await list({ event: 'bags.*', limit: 1 });
    expect([page.data[0].id, page.hasMore]).toEqual([second, true]);
    const next = await list({ event: 'bags.*', limit: 1, starting_after: second });
    expect([next.data[0].id, next.hasMore]).toEqual([first, false]);
    expect((await list({ event: 'bags.*', since: all.data[1].createdAt })).data.map((one: any) => one.id)).toEqual(
      all.data[0].createdAt === all.data[1].createdAt ? [] : [second],
    );
  });

  test('a page of a hundred says whether there are more', async () => {
    const captures = await endpointWith({ destination_url: '' });
    await captureMany(server.paggio, captures.slug, '{"type":"many"}', 101);
    const page = await list({ event: 'many', limit: 100 });
    expect([page.data.length, page.hasMore]).toEqual([100, true]);
    const last = await list({ event: 'many', limit: 100, starting_after: page.data[98].id });
    expect([last.data.length, last.hasMore]).toEqual([2, false]);
    expect((await list({ event: 'many' })).data).toHaveLength(25);
  });

  test('errors have their own shape', async () => {
    const wrong = await speak('bags').get('/api/events?limit=101');
    expect([wrong.status, wrong.data]).toEqual([
      400,
      { status: 'error', message: expect.any(String), code: 'BAD_REQUEST', hint: expect.stringContaining('limit') },
    ]);
  });
});

describe('deliverant', () => {
  const api = (): AxiosInstance => speak('deliverant');

  test('endpoints are created, shown, changed and deleted in its own shape', async () => {
    const created = await api().post('/v1/endpoints', {
      name: 'orders',
      url: recorder.url('/o'),
      headers_json: { 'X-A': '1' },
    });
    const shape = {
      id: idWith('ep'),
      name: 'orders',
      url: recorder.url('/o'),
      headers_json: { 'X-A': '1' },
      timeout_seconds: 10,
      status: 'ACTIVE',
      paused_at: null,
      created_at: iso,
      updated_at: iso,
    };
    expect([created.status, created.data]).toEqual([201, shape]);
    const path = `/v1/endpoints/${created.data.id}`;
    expect((await api().get(path)).data).toEqual(created.data);
    const paused = await api().patch(path, { status: 'PAUSED', timeout_seconds: 3 });
    expect(paused.data).toEqual({ ...shape, status: 'PAUSED', paused_at: iso, timeout_seconds: 3 });
    const list = await api().get('/v1/endpoints');
    expect(Array.isArray(list.data)).toBe(true);
    expect(list.data).toContainEqual(paused.data);
    expect((await api().delete(path)).status).toBe(204);
    const gone = await api().get(path);
    expect([gone.status, gone.data]).toEqual([
      404,
      { error: { code: 'NOT_FOUND', message: 'There is no such endpoint', details: [] } },
    ]);
    const wrong = await api().post('/v1/endpoints', { name: 'no url' });
    expect([wrong.status, wrong.data.error.code, wrong.data.error.details[0].field]).toEqual([
      422,
      'VALIDATION_FAILED',
      'url',
    ]);
  });

  /** Checks the signatures of the next delivery by the rules in docs/api.md. */
  async function signaturesBy(secrets: string[], keys: Buffer[]): Promise<{ standard: boolean[]; pj: boolean[] }> {
    const { headers, body } = recorder.requests.at(-1)!;
    const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.`;
    const given = (headers['webhook-signature'] as string).split(' ');
    const hmac = (key: Buffer | string, prefix: string, encoding: 'hex' | 'base64'): string =>
      createHmac('sha256', key).update(prefix).update(body).digest(encoding);
    const timestamp = `${headers['x-pj-timestamp'] as string}.`;
    return {
      standard: keys.map((key) => given.includes(`v1,${hmac(key, signed, 'base64')}`)),
      pj: secrets.map((secret) => headers['x-pj-signature'] === hmac(secret, timestamp, 'hex')),
    };
  }

  test('any text that is not blank is a signing secret, and no answer contains it', async () => {
    status = 200;
    const bytes = Buffer.from('a key of some bytes');
    for (const [secret, key] of [
      ['whsec_your_signing_secret', Buffer.from('whsec_your_signing_secret')],
      ['x', Buffer.from('x')],
      ['pässword with spaces 😀', Buffer.from('pässword with spaces 😀')],
      ['whsec_', Buffer.from('whsec_')],
      [`whsec_${bytes.toString('base64')}`, bytes],
      [`whsec_${bytes.toString('base64').replaceAll('=', '')}`, bytes],
    ] as const) {
      const { status: made, data } = await api().post('/v1/endpoints', { name: 's', url: recorder.url(), secret });
      expect([made, Object.keys(data).includes('secret'), data.id]).toEqual([201, false, idWith('ep')]);
      const shown = await server.api().get(`/api/v1/endpoints/${data.id}/secret`);
      expect(shown.data.secret).toBe(secret);
      const { data: event } = await api().post('/v1/events', {
        event_type: 'a',
        payload: 1,
        endpoint_ids: [data.id],
      });
      await settled(server.paggio, owner, event.event_id.slice(4));
      expect(await signaturesBy([secret], [key])).toEqual({ standard: [true], pj: [true] });
      const body = '{"event_type":"b"}';
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
      const headers = { 'X-PJ-Timestamp': timestamp, 'X-PJ-Signature': signature };
      expect((await server.api().post(`/e/${data.id}`, body, { headers })).status).toBe(202);
    }
  });

  test.each([
    ['blank', ' \u00a0\u2003'],
    ['empty', ''],
    ['a copied line', 'whsec_abc\n'],
    ['NUL', 'a\0b'],
    ['too long', 'x'.repeat(513)],
    ['null', null],
    ['a number', 12_345_678],
    ['a list', ['whsec_abc']],
  ])('a secret that is %s is refused in POST and PATCH of both APIs', async (_, secret) => {
    const { data } = await api().post('/v1/endpoints', { name: 's', url: recorder.url() });
    const refused = [
      await api().post('/v1/endpoints', { name: 's', url: recorder.url(), secret }),
      await api().patch(`/v1/endpoints/${data.id}`, { name: 'changed', secret }),
      await server.api().post('/api/v1/endpoints', { name: 's', secret }),
    ];
    for (const { status: answered, data: error } of refused)
      expect([answered, (error.error ?? error).details[0].field]).toEqual([422, 'secret']);
    expect((await api().get(`/v1/endpoints/${data.id}`)).data.name).toBe('s');
  });

  test('a new secret in PATCH is a rotation: the previous one stays valid for a day', async () => {
    status = 200;
    const [first, second] = ['the first secret', 'the second secret'];
    const { data } = await api().post('/v1/endpoints', { name: 's', url: recorder.url(), secret: first });
    const path = `/v1/endpoints/${data.id}`;
    const patched = await api().patch(path, { secret: second });
    expect([patched.status, JSON.stringify(patched.data).includes('secret')]).toEqual([200, false]);
    // Setting the same secret again changes nothing: the previous one does not become the current one.
    expect((await api().patch(path, { secret: second, name: 'renamed' })).data.name).toBe('renamed');
    const { data: event } = await api().post('/v1/events', { event_type: 'a', payload: 1, endpoint_ids: [data.id] });
    await settled(server.paggio, owner, event.event_id.slice(4));
    expect(await signaturesBy([first, second], [Buffer.from(first), Buffer.from(second)])).toEqual({
      standard: [true, true],
      pj: [false, true],
    });
    const id = data.id.slice(3);
    const log = await server.api().get('/api/v1/audit', { params: { object_id: id, action: 'secret.rotated' } });
    expect(log.data.data).toEqual([expect.objectContaining({ before: null, after: { previous_expires_at: iso } })]);
    expect(JSON.stringify(log.data)).not.toContain('the second');
    const ends = Date.parse(log.data.data[0].after.previous_expires_at) - Date.parse(log.data.data[0].created_at);
    expect(Math.round(ends / 3_600_000)).toBe(24);
    const rotated = await server.api().post(`/api/v1/endpoints/${id}/rotate-secret`, { overlap_seconds: 0 });
    expect(rotated.data.secret).toMatch(/^whsec_/);
  });

  test('only a key with the scope admin changes a secret', async () => {
    const all = { ...owner, scopes: new Set(scopes), keyId: null };
    const { key } = await server.paggio.admin.keys.create(all, { name: 'w', scopes: ['read', 'write'] });
    const made = await speak('deliverant', key).post('/v1/endpoints', {
      name: 's',
      url: recorder.url(),
      secret: 'mine',
    });
    expect(made.status).toBe(201);
    const refused = await speak('deliverant', key).patch(`/v1/endpoints/${made.data.id}`, { secret: 'other' });
    expect([refused.status, refused.data.error.code]).toEqual([403, 'FORBIDDEN']);
    const shown = await server.api().get(`/api/v1/endpoints/${made.data.id}/secret`);
    expect(shown.data.secret).toBe('mine');
  });

  test('endpoints are an array, even if there are more than a page', async () => {
    const all = { ...owner, userId: 'user-9', scopes: new Set(scopes), keyId: null };
    const { key } = await server.paggio.admin.keys.create(all, { name: 'x', scopes: [...scopes] });
    const { endpoint } = await server.paggio.admin.endpoints.create(all, { name: 'first' });
    await query(
      server.gateway.database.url,
      `insert into paggio.endpoints select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'slug', 'copy-' || n))).*
       from paggio.endpoints e, generate_series(1, 100) n where id = '${endpoint.id}'`,
    );
    const { data } = await speak('deliverant', key).get('/v1/endpoints');
    expect(new Set(data.map((one: any) => one.id)).size).toBe(101);
    expect(data[0].url).toBeNull();
  });

  test('events are listed and shown in its own shape', async () => {
    status = 200;
    const { data: endpoint } = await api().post('/v1/endpoints', { name: 'e', url: recorder.url('/events') });
    const body = { event_type: 'a', payload: { n: 1 }, endpoint_ids: [endpoint.id], idempotency_key: 'd-1' };
    const { status: answered, data } = await api().post('/v1/events', body);
    expect([answered, data]).toEqual([
      202,
      {
        event_id: idWith('evt'),
        deliveries: [{ delivery_id: idWith('del'), endpoint_id: endpoint.id, created: true }],
      },
    ]);
    const again = await api().post('/v1/events', body);
    expect(again.data).toEqual({ ...data, deliveries: [{ ...data.deliveries[0], created: false }] });
    const event = await settled(server.paggio, owner, data.event_id.slice(4));
    expect([event.body.toString(), event.status]).toEqual(['{"n":1}', 'delivered']);
  });
});

test('keys, scopes and owners are those of the API', async () => {
  const all = { ...owner, scopes: new Set(scopes), keyId: null };
  const { key: read } = await server.paggio.admin.keys.create(all, { name: 'r', scopes: ['read'] });
  expect((await speak('deliverant', read).post('/v1/endpoints', { name: 'x', url: recorder.url() })).status).toBe(403);
  const stranger = await server.paggio.admin.keys.create(
    { ...all, userId: 'user-2' },
    { name: 's', scopes: [...scopes] },
  );
  const endpoint = await endpointWith();
  expect((await speak('deliverant', stranger.key).get(`/v1/endpoints/ep_${endpoint.id}`)).status).toBe(404);
  expect((await speak('promptjang', stranger.key).get('/api/v1/events')).data.total).toBe(0);
  expect((await speak('bags', stranger.key).get('/api/events')).data.data).toEqual([]);
});
