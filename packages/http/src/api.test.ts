import { createKeyText, type Mode, type Scope } from '@paggio/core';
import { migrations, owner, query, Recorder, settled } from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from './testing/gateway-server';
import { request } from './testing/raw-http';

let server: GatewayServer;
let recorder: Recorder;
let endpoint: { id: string; slug: string; destinations: { id: string }[] };
let eventId: string;

beforeAll(async () => {
  server = await startGatewayServer();
  recorder = await Recorder.start();
  const created = await server.api().post('/api/v1/endpoints', {
    name: 'Müller & Söhne',
    destination_url: recorder.url(),
    headers_json: { 'X-Token': 'hidden' },
  });
  endpoint = created.data;
  eventId = await capture(endpoint.slug, '{"type":"order.paid","n":1}', [['Authorization', 'Bearer sender']]);
  await settled(server.paggio, owner, eventId);
});

afterAll(async () => {
  await recorder.stop();
  await server.stop();
});

afterEach(() => expect(server.faults.splice(0)).toEqual([]));

async function capture(slug: string, body: string, headers: [string, string][] = []): Promise<string> {
  const answer = await request(server.port, {
    path: `/api/webhook/${slug}`,
    headers: [['Content-Type', 'application/json'], ...headers],
    body,
  });
  return answer.headers['paggio-event-id'] as string;
}

async function keyFor(settings: { userId?: string; mode?: Mode; scopes: Scope[] }): Promise<string> {
  const all = {
    userId: settings.userId ?? owner.userId,
    mode: 'live' as const,
    scopes: new Set<Scope>(['read', 'write', 'ingest', 'admin']),
    keyId: null,
  };
  const { key } = await server.paggio.admin.keys.create(all, {
    name: 't',
    mode: settings.mode ?? 'live',
    scopes: settings.scopes,
  });
  return key;
}

const envelope = {
  status: 'error',
  code: expect.any(String),
  message: expect.any(String),
  hint: expect.stringMatching(/./),
  details: expect.any(Array),
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
};

describe('endpoints', () => {
  test('a new endpoint has the documented shape, and only this answer contains the secret', async () => {
    const { status, data } = await server.api().post('/api/v1/endpoints', {
      name: 'stripe-prod',
      url: recorder.url('/x'),
      event_types: ['a', 'b.*'],
      timeout_seconds: 5,
    });
    expect(status).toBe(201);
    expect(data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      user_id: 'user-1',
      name: 'stripe-prod',
      slug: expect.stringMatching(/^stripe-prod-[a-z0-9]{10}$/),
      webhook_url: `http://127.0.0.1:${server.port}/api/webhook/${data.slug}`,
      destination_url: recorder.url('/x'),
      description: null,
      destinations: [
        {
          id: expect.any(String),
          name: 'default',
          url: recorder.url('/x'),
          event_types: [],
          headers_json: {},
          timeout_seconds: 5,
          retry: null,
          status: 'ACTIVE',
        },
      ],
      event_types: ['a', 'b.*'],
      headers_json: {},
      timeout_seconds: 5,
      retry: { max_attempts: 12, base_seconds: 10, factor: 3, cap_seconds: 43200, floor_seconds: 1 },
      concurrency: 8,
      rate_limit: null,
      order_by: null,
      acknowledgement: null,
      verification: null,
      methods: null,
      forward_identity_headers: false,
      status: 'ACTIVE',
      paused_at: null,
      pause_reason: null,
      mode: 'live',
      health: { label: 'waiting', success_rate: null, delivered: 0, failed: 0 },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: expect.any(String),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const read = await server.api().get(`/api/v1/endpoints/ep_${data.id}`);
    expect(read.data).toEqual({ ...data, secret: undefined });
    expect(JSON.stringify(read.data)).not.toContain('whsec_');
  });

  test('an endpoint can be changed in part, paused, resumed and deleted', async () => {
    const { data } = await server.api().post('/api/v1/endpoints', { name: 'e', destination_url: recorder.url() });
    const patch = (body: object) => server.api().patch(`/api/v1/endpoints/${data.id}`, body);
    expect((await patch({ name: 'renamed', retry: { schedule_seconds: [1, 2] } })).data).toMatchObject({
      name: 'renamed',
      retry: { schedule_seconds: [1, 2] },
      destination_url: recorder.url(),
    });
    expect((await patch({ status: 'PAUSED' })).data).toMatchObject({
      status: 'PAUSED',
      paused_at: expect.any(String),
      pause_reason: 'manual',
    });
    expect((await patch({ status: 'ACTIVE' })).data).toMatchObject({ status: 'ACTIVE', paused_at: null });
    expect((await patch({ destination_url: '' })).data).toMatchObject({ destination_url: null, destinations: [] });
    expect((await server.api().delete(`/api/v1/endpoints/${data.id}`)).status).toBe(204);
    for (const again of [
      await server.api().get(`/api/v1/endpoints/${data.id}`),
      await patch({}),
      await server.api().delete(`/api/v1/endpoints/${data.id}`),
    ])
      expect(again.status).toBe(404);
  });

  test('a verification is shown without its secrets, and keeps them when they are left out', async () => {
    const { data } = await server.api().post('/api/v1/endpoints', {
      name: 'v',
      verification: {
        provider: 'github',
        secrets: ['a long github secret', { value: 'older secret value', expires_at: '2030-01-01T00:00:00Z' }],
      },
    });
    expect(data.verification).toEqual({
      provider: 'github',
      scheme: null,
      secrets_count: 2,
      secrets_last_four: ['cret', 'alue'],
      public_url: null,
      settings: {},
      replay_secrets_last_four: {},
    });
    const kept = await server
      .api()
      .patch(`/api/v1/endpoints/${data.id}`, { verification: { provider: 'github', scheme: 'sha256' } });
    expect(kept.data.verification).toMatchObject({ secrets_count: 2, scheme: 'sha256' });
    const other = await server.api().patch(`/api/v1/endpoints/${data.id}`, { verification: { provider: 'stripe' } });
    expect([other.status, other.data.details[0].field]).toEqual([422, 'verification.secrets']);
    expect(
      (await server.api().patch(`/api/v1/endpoints/${data.id}`, { verification: null })).data.verification,
    ).toBeNull();
  });

  test.each([
    ['nothing', {}, 'name'],
    ['an unknown field', { name: 'x', nme: 1 }, 'nme'],
    ['fields that are not given but made [AUZ-09]', { name: 'x', id: 'y', user_id: 'z' }, 'id'],
    ['a name of the wrong type', { name: 1 }, 'name'],
    ['a NUL', { name: 'a\0b' }, 'name'],
    ['a timeout out of range', { name: 'x', timeout_seconds: 61 }, 'timeout_seconds'],
    ['an unknown retry setting', { name: 'x', retry: { tries: 3 } }, 'retry.tries'],
    [
      'a header of Paggio [AUZ-24]',
      { name: 'x', headers_json: { 'webhook-signature': 'x' } },
      'headers_json.webhook-signature',
    ],
    [
      'a header of HTTP [AUZ-24]',
      { name: 'x', headers_json: { 'Content-Length': '1' } },
      'headers_json.Content-Length',
    ],
    ['a line break in a header [AUZ-24]', { name: 'x', headers_json: { 'X-A': 'a\r\nb: c' } }, 'headers_json.X-A'],
    [
      'a provider that is not there',
      { name: 'x', verification: { provider: 'nope', secrets: ['k'] } },
      'verification.provider',
    ],
    [
      'verification without a secret [SIG-08]',
      { name: 'x', verification: { provider: 'github', secrets: [' '] } },
      'verification.secrets[0]',
    ],
    ['another scheme [SSR-11]', { name: 'x', destination_url: 'ftp://example.com/' }, 'destination_url'],
    ['a user in the URL [SSR-12]', { name: 'x', destination_url: 'http://u:p@example.com/' }, 'destination_url'],
    ['a tab in the host [SSR-12]', { name: 'x', destination_url: 'http://exa\tmple.com/' }, 'destination_url'],
    ['a rate limit of nothing', { name: 'x', rate_limit: 0 }, 'rate_limit'],
    ['an order that is neither header nor pointer', { name: 'x', order_by: 'two words' }, 'order_by'],
    ['an unknown preset', { name: 'x', retry: { preset: 'nope' } }, 'retry.preset'],
  ])('%s is 422 and names the field', async (_, body, field) => {
    const { status, data } = await server.api().post('/api/v1/endpoints', body);
    expect([status, data]).toEqual([422, { ...envelope, code: 'VALIDATION_FAILED' }]);
    expect(data.details.map((detail: any) => detail.field)).toContain(field);
  });

  test('private destinations in disguise are refused [SSR-01 to SSR-05]', async () => {
    const strict = await startGatewayServer({ allowedNetworks: [] });
    const hosts = [
      '127.0.0.1',
      '127.1',
      '127.0.1',
      '0',
      '0.0.0.0',
      '0x7f.1',
      '0x7f000001',
      '0177.0.0.1',
      '017700000001',
      '2130706433',
      '127.0.0.1.',
      '①②⑦.⓪.⓪.①',
      '１２７.０.０.１',
      '127。0。0。1',
      '%31%32%37.0.0.1',
      '127.0.0.1\\.example.com',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:0:127.0.0.1]',
      '[::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b:1::7f00:1]',
      '[2002:7f00:1::]',
      '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
      '[fe80::1]',
      '[fc00::1]',
      '[fec0::1]',
      '[ff02::1]',
      '[100::1]',
      '[5f00::1]',
      '[2001:db8::1]',
      '[3fff::1]',
      '169.254.169.254',
      '169.254.170.2',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
      '[fd00:ec2::254]',
      'metadata.google.internal',
      '2852039166',
      '0251.0376.0251.0376',
      'localhost',
      'localhost.',
      'LOCALHOST',
      'x.localhost',
      'postgres',
      'printer.local',
    ];
    for (const host of hosts) {
      const { status, data } = await strict
        .api()
        .post('/api/v1/endpoints', { name: 'x', destination_url: `http://${host}/` });
      expect([host, status, data.code]).toEqual([host, 422, 'DESTINATION_NOT_ALLOWED']);
    }
    for (const url of ['http:127.0.0.1', 'http:///127.0.0.1']) {
      expect([url, (await strict.api().post('/api/v1/endpoints', { name: 'x', destination_url: url })).status]).toEqual(
        [url, 422],
      );
    }
    expect(
      (await strict.api().post('/api/v1/endpoints', { name: 'x', destination_url: 'https://example.com/#fragment' }))
        .data.destination_url,
    ).toBe('https://example.com/');
    await strict.stop();
  });
});

describe('events', () => {
  test('an event has the documented shape; credentials are masked unless the key has the scope admin', async () => {
    const { data } = await server.api(await keyFor({ scopes: ['read'] })).get(`/api/v1/events/evt_${eventId}`);
    expect(data).toMatchObject({
      id: eventId,
      endpoint_id: endpoint.id,
      user_id: 'user-1',
      source: 'unknown',
      event_type: 'order.paid',
      method: 'POST',
      path: `/api/webhook/${endpoint.slug}`,
      query: '',
      headers: { 'content-type': 'application/json', authorization: '***' },
      payload: { type: 'order.paid', n: 1 },
      payload_format: 'json',
      size: 27,
      remote_addr: '127.0.0.1',
      status: 'delivered',
      status_reason: null,
      response_status: 200,
      response_body: '{"received": true}',
      attempts: [
        {
          number: 1,
          trigger: 'scheduled',
          destination_url: recorder.url(),
          status: 'delivered',
          response_status: 200,
          response_body_truncated: false,
          error: null,
          reason: '2xx',
        },
      ],
      next_attempt_at: null,
      next_attempt_reason: null,
      verification: { status: 'unverified', provider: null, reason: null, body_authenticated: false },
      correlation_id: null,
      dedup: null,
      replay_of: null,
      replayed_as: [],
      mode: 'live',
    });
    expect((await server.api().get(`/api/v1/events/${eventId}`)).data.headers.authorization).toBe('Bearer sender');
    expect(recorder.requests[0]?.headers).toMatchObject({ authorization: 'Bearer sender', 'x-token': 'hidden' });
    expect(
      (await server.api(await keyFor({ scopes: ['read'] })).get(`/api/v1/endpoints/${endpoint.id}`)).data.headers_json,
    ).toEqual({ 'X-Token': '***' });
  });

  test('a browser cannot render the raw download [UIX-03]', async () => {
    const id = await capture(endpoint.slug, '<script>alert(1)</script>');
    const { headers } = await server.api().get(`/api/v1/events/${id}/raw`);
    expect(headers).toMatchObject({
      'content-disposition': `attachment; filename="${id}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cross-origin-resource-policy': 'same-origin',
      'content-type': 'application/octet-stream',
    });
  });

  test.each([
    ['text/html; charset=utf-8', 'text/html; charset=utf-8'],
    ['text/javascript', 'text/javascript'],
    ['multipart/x-mixed-replace; boundary=x', 'multipart/x-mixed-replace; boundary=x'],
    ['text/plain\u0080\u00ff; x="\t\u00e9"', 'text/plain; x=""'],
    ['\u00e9', undefined],
    [null, undefined],
    [`a/${'b'.repeat(5_000)}`, `a/${'b'.repeat(254)}`],
  ])(
    'the raw download tells which content type the sender claimed, for events and rejections: %#',
    async (given, said) => {
      const { data: strict } = await server
        .api()
        .post('/api/v1/endpoints', { name: 's', verification: { provider: 'github', secrets: ['a secret'] } });
      const raw = async (slug: string, kind: string, header: string): Promise<unknown> => {
        const path = `/api/webhook/${slug}`;
        const sent = await request(server.port, {
          path,
          headers: given === null ? [] : [['Content-Type', given]],
          body: '<b>\0',
        });
        const answer = await server
          .api()
          .get(`/api/v1/${kind}/${sent.headers[header]}/raw`, { responseType: 'arraybuffer' });
        const { 'content-type': type, 'x-paggio-content-type': claimed } = answer.headers;
        return [answer.status, type, claimed, Buffer.from(answer.data as ArrayBuffer).toString()];
      };
      const expected = [200, 'application/octet-stream', said, '<b>\0'];
      expect(await raw(endpoint.slug, 'events', 'paggio-event-id')).toEqual(expected);
      expect(await raw(strict.slug, 'rejections', 'paggio-rejection-id')).toEqual(expected);
    },
  );

  test('every filter of the list works, and so does paging by offset and by cursor [AUZ-12]', async () => {
    const { data: created } = await server.api().post('/api/v1/endpoints', { name: 'list' });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++)
      ids.push(await capture(created.slug, JSON.stringify({ type: n % 2 ? 'a.b' : 'c', n, text: `100%_${n}` })));
    const newest = [...ids].reverse();
    const list = async (params: object) =>
      (await server.api().get('/api/v1/events', { params: { endpoint_id: created.id, ...params } })).data;
    const idsOf = (answer: any): string[] => answer.data.map((item: any) => item.id);
    expect(idsOf(await list({}))).toEqual(newest);
    expect((await list({ limit: 2 })).meta).toEqual({ total: 5, limit: 2, offset: 0, has_more: true });
    expect(idsOf(await list({ limit: 2, offset: 2 }))).toEqual(newest.slice(2, 4));
    expect(idsOf(await list({ limit: 2, starting_after: newest[1] }))).toEqual(newest.slice(2, 4));
    expect(idsOf(await list({ limit: 5, starting_after: `evt_${newest[3]}` }))).toEqual([newest[4]]);
    expect(idsOf(await list({ event_type: 'a.*' }))).toEqual([ids[3], ids[1]]);
    expect(idsOf(await list({ event: 'c' }))).toHaveLength(3);
    expect((await list({ status: 'captured', source: 'unknown' })).meta.total).toBe(5);
    expect((await list({ status: 'failed' })).data).toEqual([]);
    const [third] = (await list({ limit: 1, offset: 2 })).data;
    expect(idsOf(await list({ since: third.received_at }))).not.toContain(third.id);
    expect(idsOf(await list({ until: third.received_at }))).toEqual(newest.slice(3));
    // Wildcards are ordinary text.
    expect(idsOf(await list({ q: '100%_3' }))).toEqual([ids[3]]);
    expect(await list({ q: '%' })).toMatchObject({ meta: { total: 5, search_complete: true } });
    expect(idsOf(await list({ q: 'A.B' }))).toHaveLength(2);
    expect(await list({ q: "' or 1=1--" })).toMatchObject({ data: [] });
    expect(
      (await server.api().get('/api/v1/events', { params: { endpoint_id: '01a1feba-f6e4-7000-a9af-000000000000' } }))
        .data.data,
    ).toEqual([]);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=10%3B', 'limit'],
    ['limit=1e9', 'limit'],
    ['limit=', 'limit'],
    ['offset=10001', 'offset'],
    ['offset=1&starting_after=01a1feba-f6e4-7000-a9af-4d30305a647b', 'starting_after'],
    ['starting_after=x', 'starting_after'],
    ['status=done', 'status'],
    ['since=yesterday', 'since'],
    ['since=2024-13-45', 'since'],
    ['endpoint_id=1', 'endpoint_id'],
    ['sort=id', 'sort'],
    ['limit=1&limit=2', 'limit'],
    ['q=', 'q'],
    ['__proto__=1', '__proto__'],
    ['q=%00', 'q'],
  ])('?%s is 400 and names the parameter [AUZ-11, AUZ-15]', async (search, field) => {
    const { status, data } = await server.api().get(`/api/v1/events?${search}`);
    expect([status, data]).toEqual([400, { ...envelope, code: 'BAD_REQUEST' }]);
    expect(data.details[0].field).toBe(field);
  });

  test('a replay to the original destinations answers with the first attempt and lists all of them', async () => {
    const failing = await Recorder.start((request, response) => {
      response.writeHead(request.url === '/ok' || failing.requests.length > 3 ? 200 : 422).end(request.url);
    });
    const destinations = ['/ok', '/a', '/b'].map((path) => ({ url: failing.url(path), retry: { max_attempts: 1 } }));
    const endpoint = (await server.api().post('/api/v1/endpoints', { name: 'all', destinations })).data;
    const id = await capture(endpoint.slug, '{}');
    await settled(server.paggio, owner, id);
    const path = `/api/v1/events/${id}`;
    const before = (await server.api().get(path)).data;
    expect(before).toMatchObject({
      status: 'failed',
      response_status: 422,
      status_detail: expect.stringContaining('422'),
    });
    expect(before).not.toHaveProperty('replayed_status');
    expect(before.replay_to).toEqual(
      [1, 2].map((index) => ({
        destination_id: endpoint.destinations[index].id,
        destination_url: endpoint.destinations[index].url,
      })),
    );
    const { data } = await server.api().post(`${path}/replay`, { environment: 'original' });
    const { attempts, ...first } = data;
    expect(attempts).toEqual([
      { ...first, destination_id: before.replay_to[0].destination_id },
      expect.objectContaining({ status: 'delivered', destination_url: failing.url('/b') }),
    ]);
    expect(first).toMatchObject({ status: 'delivered', destination_url: failing.url('/a'), response_body: '/a' });
    expect((await server.api().get(path)).data).toMatchObject({ status: 'failed', replayed_status: 200 });
    const list = await server.api().get(`/api/v1/events?endpoint_id=${endpoint.id}`);
    expect(list.data.data).toMatchObject([{ status: 'failed', response_status: 422, replayed_status: 200 }]);
    const other = await server.api().post(`${path}/replay`, { destination_url: failing.url('/x') });
    expect(other.data).not.toHaveProperty('attempts');
    await failing.stop();
  });

  test('a replay that is wrong or impossible is refused', async () => {
    const replay = (body?: unknown, id = eventId) => server.api().post(`/api/v1/events/${id}/replay`, body);
    expect((await replay({ destination_url: 'http://example.com/', environment: 'local' })).status).toBe(400);
    expect((await replay({ environment: 'moon' })).status).toBe(422);
    expect((await replay({ environment: 'custom' })).data.details[0].field).toBe('custom_url');
    expect((await replay({ environment: 'staging' })).data.details[0].field).toBe('environment');
    expect((await replay({ destination_url: 'http://10.0.0.1/' })).data.code).toBe('DESTINATION_NOT_ALLOWED');
    expect((await replay([])).status).toBe(422);
    const only = await server.api().post('/api/v1/endpoints', { name: 'only' });
    const captured = await capture(only.data.slug, '{}');
    expect((await replay(undefined, captured)).status).toBe(422);
    expect((await replay({ environment: 'original' }, captured)).status).toBe(422);
    await server.api().delete(`/api/v1/endpoints/${only.data.id}`);
    expect((await replay(undefined, captured)).status).toBe(409);
    const cut = await request(server.port, {
      path: `/api/v1/events/${eventId}/replay`,
      headers: [['Authorization', `Bearer ${server.key}`]],
      body: '{"environment":',
    });
    expect(cut.status).toBe(400);
  });
});

test('a fault answers with its request id and nothing else [AUZ-25]', async () => {
  const { events } = server.paggio.admin;
  const original = events.list.bind(events);
  Object.assign(events, {
    list: () => Promise.reject(new Error('select * from paggio.secrets at /srv/app/index.js:1 postgres://u:p@db/x')),
  });
  const { status, data, headers } = await server.api().get('/api/v1/events');
  Object.assign(events, { list: original });
  expect([status, data]).toEqual([500, { ...envelope, code: 'INTERNAL', details: [] }]);
  expect(JSON.stringify([data, headers])).not.toMatch(/select|\.js|postgres|paggio\.secrets|x-powered-by/i);
  expect(server.faults.splice(0)).toHaveLength(1);
});

test('the scope read never shows the secrets of an object [AUZ-10]', async () => {
  const { data } = await server.api().post('/api/v1/endpoints', {
    name: 'masked',
    secret: 'whsec_mine_and_nobody_elses',
    headers_json: { 'X-Token': 'header-token' },
    verification: { provider: 'github', secrets: ['the provider secret'] },
  });
  const path = `/api/v1/endpoints/${data.id}`;
  await server.api().put('/api/v1/notifications', {
    slack: { url: 'http://127.0.0.1:9/services/T000/B000/hidden-part-of-the-url', triggers: ['failed'] },
  });
  const read = server.api(await keyFor({ scopes: ['read'] }));
  const seen = JSON.stringify([
    (await read.get(path)).data,
    (await read.get('/api/v1/endpoints')).data,
    (await server.api().get('/api/v1/notifications')).data,
    (await server.api().get('/api/v1/audit')).data,
  ]);
  for (const secret of ['mine_and_nobody', 'header-token', 'the provider secret', 'hidden-part'])
    expect(seen).not.toContain(secret);
  expect((await read.get(`${path}/secret`)).status).toBe(403);
  expect((await server.api().get('/api/v1/notifications')).data.slack.url).toBe('http://127.0.0.1:9/***-url');
});

describe('keys and authorization', () => {
  test('a key is shown once and works, and the list shows its scopes [AUZ-01, AUZ-04]', async () => {
    const { status, data } = await server.api().post('/api/v1/keys', { name: 'ci', scopes: ['read'] });
    expect(status).toBe(201);
    expect(data.key).toMatch(/^pk_live_[0-9A-Za-z]{38}$/);
    expect(data.prefix).toBe(data.key.slice(0, 12));
    const listed = await server.api().get('/api/v1/keys');
    expect(JSON.stringify(listed.data)).not.toContain(data.key);
    expect(listed.data.data.find((key: any) => key.id === data.id)).toEqual({
      id: data.id,
      name: 'ci',
      prefix: data.prefix,
      mode: 'live',
      scopes: ['read'],
      last_used_at: null,
      expires_at: null,
      created_at: expect.any(String),
    });
    expect((await server.api(data.key).get('/api/v1/events')).status).toBe(200);
    expect((await server.api().delete(`/api/v1/keys/key_${data.id}`)).status).toBe(204);
    // Immediately in this process, and within two seconds in others.
    expect((await server.api(data.key).get('/api/v1/events')).status).toBe(401);
    const short = await server.api().post('/api/v1/keys', { name: 'short', expires_at: '2100-01-01T00:00:00Z' });
    await query(
      server.gateway.database.url,
      `update paggio.api_keys set expires_at = now() where id = '${short.data.id}'`,
    );
    expect((await server.api(short.data.key).get('/api/v1/events')).status).toBe(401);
  });

  test('nobody can grant a scope that they lack', async () => {
    const weak = await keyFor({ scopes: ['read', 'admin'] });
    expect((await server.api(weak).post('/api/v1/keys', { name: 'x', scopes: ['write'] })).data.code).toBe('FORBIDDEN');
    expect((await server.api(weak).post('/api/v1/keys', { name: 'x' })).data.scopes).toEqual(['read']);
  });

  test('an invalid or missing key is answered with 401 [AUZ-02, AUZ-03]', async () => {
    const key = server.key;
    const wrong: [string, string][][] = [
      [],
      [['Authorization', `Basic ${key}`]],
      [['Authorization', key]],
      [['Authorization', `Bearer ${key}x`]],
      [['Authorization', `Bearer ${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`]],
      [['Authorization', `Bearer ${key.replace('pk_live', 'pk_test')}`]],
      [
        ['Authorization', `Bearer ${key}`],
        ['Authorization', `Bearer ${key}`],
      ],
      [['Authorization', `Bearer ${createKeyText('live')}`]],
      [['Cookie', `key=${key}`]],
      [['Authorization', 'Bearer']],
      [['Authorization', 'Bearer \u00e9']],
    ];
    for (const headers of wrong) {
      const answer = await request(server.port, {
        method: 'GET',
        path: '/api/v1/events',
        headers,
        contentLength: null,
      });
      expect([answer.status, answer.headers['www-authenticate'], JSON.parse(answer.body.toString())]).toEqual([
        401,
        'Bearer',
        { ...envelope, code: 'UNAUTHORIZED' },
      ]);
    }
    const lower = await request(server.port, {
      method: 'GET',
      path: '/api/v1/events',
      headers: [['authorization', `bearer ${key}`]],
      contentLength: null,
    });
    expect(lower.status).toBe(200);
    expect(
      (await request(server.port, { method: 'GET', path: `/api/v1/events?api_key=${key}`, contentLength: null }))
        .status,
    ).toBe(401);
  });

  test('an unknown route is 404, and an unknown method 405', async () => {
    expect((await server.api().get('/api/v1/nope')).data).toEqual({ ...envelope, code: 'NOT_FOUND' });
    const put = await server.api().put('/api/v1/events');
    expect([put.status, put.headers['allow'], put.data.code]).toEqual([405, 'GET, HEAD, POST', 'METHOD_NOT_ALLOWED']);
    expect((await server.api().get('/health')).data).toEqual({
      status: 'ok',
      reason: null,
      migration: migrations.length,
      lag_seconds: 0,
    });
    expect((await server.api().head('/api/v1/events')).status).toBe(200);
  });
});

test('a mistake is reported under the name that the client sent', async () => {
  const api = server.api();
  const wrong: [object, string, RegExp][] = [
    [{ name: 'x', eventTypes: [] }, 'eventTypes', /"eventTypes"/],
    [{ name: 'x', retry: { maxAttempts: 3 } }, 'retry.maxAttempts', /"maxAttempts"/],
    [{ name: 'x', retry: { max_attempts: 0 } }, 'retry.max_attempts', /^max_attempts must be/],
  ];
  for (const [body, field, message] of wrong)
    expect((await api.post('/api/v1/endpoints', body)).data).toMatchObject({
      message: `Invalid fields: ${field}`,
      details: [{ field, message: expect.stringMatching(message) }],
    });
});
