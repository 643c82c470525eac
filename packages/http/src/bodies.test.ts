import { createHmac } from 'node:crypto';
import { query, Recorder, withoutDelivery } from '@paggio/core/testing';
import { deliverant } from './dialects/deliverant';
import { promptjang } from './dialects/promptjang';
import type { Operation } from './operation';
import { operations } from './resources/operations';
import { repeatedName } from './repeated-name';
import { request, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
let endpoint: { id: string; secret: string; destinations: [{ id: string }] };
/** The ids for a path, by the name of the collection before them. */
let ids: Record<string, string>;

beforeAll(async () => {
  server = await startGatewayServer(
    { ...withoutDelivery, apiRateLimit: null },
    { dialects: ['deliverant', 'promptjang'] },
  );
  recorder = await Recorder.start();
  const api = server.api();
  endpoint = (await api.post('/api/v1/endpoints', { name: 'bodies', destination_url: recorder.url() })).data;
  await api.put('/api/v1/notifications', { slack: { url: recorder.url('/slack'), triggers: ['failed'] } });
  const event = (await api.post(`/api/v1/endpoints/${endpoint.id}/test`, {})).data.id;
  ids = {
    endpoints: endpoint.id,
    destinations: endpoint.destinations[0].id,
    events: event,
    // It matches nothing, so that it stores no copies while the tests run.
    replays: (await api.post('/api/v1/replays', { filter: { source: 'nobody' } })).data.id,
    keys: (await api.post('/api/v1/keys', { name: 'other' })).data.id,
    sessions: '01a1feba-f6e4-7000-a9af-4d30305a647b',
  };
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

/** A valid body for each operation that takes one. */
const bodies: Record<string, () => object> = {
  'events.publish': () => ({ event_type: 'a', payload: { n: 1 } }),
  'events.replay': () => ({ destination_url: recorder.url('/replay') }),
  'replays.create': () => ({ filter: { source: 'nobody' } }),
  'endpoints.create': () => ({ name: 'made', url: recorder.url() }),
  'endpoints.update': () => ({ name: 'changed' }),
  'endpoints.rotate_secret': () => ({ overlap_seconds: 0 }),
  'endpoints.test': () => ({ event_type: 'a.b' }),
  'destinations.create': () => ({ url: recorder.url('/more') }),
  'destinations.update': () => ({ name: 'changed' }),
  'keys.create': () => ({ name: 'made' }),
  'notifications.put': () => ({ slack: null }),
  'notifications.test': () => ({ channel: 'slack' }),
};

const tables: [string, readonly Operation[]][] = [
  ['', operations],
  ['/compat/deliverant', deliverant.operations],
  ['/compat/promptjang', promptjang.operations],
];
const changing = tables.flatMap(([base, table]) =>
  table
    .filter(({ method, part }) => method !== 'GET' && part !== 'ingest')
    .map((operation) => [`${base} ${operation.id}`, base, operation] as const),
);

const bodyOf = ({ id, body }: Operation): string => (body === null ? '{}' : JSON.stringify(bodies[id]?.()));

interface Answer {
  status: number;
  text: string;
}

async function send(
  base: string,
  operation: Operation,
  body: Buffer,
  headers: [string, string][] = [],
): Promise<Answer> {
  const path = operation.path.replaceAll(/\/([a-z]+)\/:[a-z_]+/g, (_, name: string) => `/${name}/${ids[name]}`);
  const answer = await request(server.port, {
    method: operation.method,
    path: base + path,
    headers: [['Authorization', `Bearer ${server.key}`], ['Content-Type', 'application/json'], ...headers],
    body,
  });
  return { status: answer.status, text: answer.body.toString() };
}

/** Everything that a management request may change. */
async function state(): Promise<unknown> {
  return query(
    server.gateway.database.url,
    `select (select count(*) from paggio.audit) as audited, (select count(*) from paggio.events) as events,
       (select count(*) from paggio.attempts where trigger = 'replay') as replays,
       (select count(*) from paggio.api_keys) as keys, (select count(*) from paggio.replays) as bulk,
       (select md5(string_agg(e::text, ',' order by id)) from paggio.endpoints e) as endpoints,
       (select string_agg(name || url || coalesce(deleted_at::text, ''), ',' order by id) from paggio.destinations) as destinations,
       (select md5(string_agg(n::text, ',')) from paggio.notifications n) as notifications`,
  );
}

test('every operation with a body is in the table of bodies', () => {
  const without = changing.filter(([, , operation]) => operation.body !== null && bodies[operation.id] === undefined);
  expect(without.map(([name]) => name)).toEqual([]);
});

test.each(changing)(
  '%s changes nothing when the bytes, coding or character set of its body are not UTF-8',
  async (...row) => {
    const [, base, operation] = row;
    const before = await state();
    const text = bodyOf(operation);
    // The wrong byte is inside a value if there is one, so that nothing else is wrong with the body.
    const at = Math.max(text.lastIndexOf('"'), text.length - 1);
    for (const byte of [0xff, 0xc0, 0xed]) {
      const body = Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([byte]), Buffer.from(text.slice(at))]);
      const answer = await send(base, operation, body);
      expect(answer).toEqual({ status: 400, text: expect.stringContaining('UTF-8') });
    }
    for (const [header, value, named] of [
      ['Content-Encoding', 'gzip', 'gzip'],
      ['Content-Encoding', 'identity, foo', 'foo'],
      ['Content-Type', 'application/json; charset=utf-16', 'utf-16'],
      ['Content-Type', 'application/json;Charset = "ISO-8859-1"', 'ISO-8859-1'],
    ] as const) {
      const answer = await send(base, operation, Buffer.from(text), [[header, value]]);
      expect(answer).toEqual({ status: 415, text: expect.stringContaining(named) });
    }
    expect(await state()).toEqual(before);
  },
);

test.each(changing)('%s changes nothing when its body has the same name twice', async (_, base, operation) => {
  const before = await state();
  const members = operation.body === null ? {} : (bodies[operation.id]?.() ?? {});
  const [[name, value] = ['a', 1]] = Object.entries(members);
  const rest = bodyOf(operation).slice(1);
  const twice = `{ "\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}" : ${JSON.stringify(value)}`;
  const body = operation.body === null ? '{"a":1,"a":1}' : `${twice},${rest}`;
  const answer = await send(base, operation, Buffer.from(body));
  expect(answer).toEqual({ status: 422, text: expect.stringContaining(`${name} is given twice`) });
  expect(await state()).toEqual(before);
});

test.each(changing.filter(([, , { method }]) => method === 'PUT' || method === 'PATCH'))(
  '%s changes nothing when its body was lost on the way',
  async (_, base, operation) => {
    const before = await state();
    const answer = await send(base, operation, Buffer.alloc(0));
    expect(answer).toEqual({ status: 422, text: expect.stringContaining('body is missing') });
    expect(await state()).toEqual(before);
  },
);

test('UTF-8 under any of its names, and a body without a coding, are accepted', async () => {
  const update = operations.find(({ id }) => id === 'endpoints.update') as Operation;
  for (const header of [
    ['Content-Type', 'application/json; charset=UTF-8'],
    ['Content-Type', 'application/json;charset="utf8"'],
    ['Content-Type', 'text/plain'],
    ['Content-Encoding', 'Identity'],
    ['Content-Encoding', ''],
  ] as [string, string][])
    expect((await send('', update, Buffer.from('{"description":"ü"}'), [header])).status).toBe(200);
});

test('signed ingest refuses a coding or a character set that nobody could read later', async () => {
  const body = '{"event_type":"a"}';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', endpoint.secret).update(`${timestamp}.${body}`).digest('hex');
  for (const [name, value] of [
    ['Content-Encoding', 'gzip'],
    ['Content-Type', 'application/json; charset=utf-16le'],
  ] as const) {
    const headers = { 'x-pj-timestamp': timestamp, 'x-pj-signature': signature, [name]: value };
    const { status, data } = await server.api().post(`/e/${endpoint.id}`, body, { headers });
    expect([status, data.code, data.details[0].field]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE', name]);
  }
});

test('payloads that differ in bytes that are not UTF-8 are never taken for the same event', async () => {
  const publish = operations.find(({ id }) => id === 'events.publish') as Operation;
  for (const byte of ['ff', 'fe']) {
    const body = Buffer.concat([
      Buffer.from('{"event_type":"a","idempotency_key":"once","payload":"'),
      Buffer.from(byte, 'hex'),
      Buffer.from('"}'),
    ]);
    expect((await send('', publish, body)).status).toBe(400);
  }
});

test('a query is UTF-8 in percent encoding', async () => {
  const list = (query: string): Promise<{ status: number; body: Buffer }> =>
    request(server.port, {
      method: 'GET',
      path: `/api/v1/events?${query}`,
      headers: [['Authorization', `Bearer ${server.key}`]],
    });
  for (const query of ['q=%ff', 'q=a%C3', 'q=%ed%a0%80', '%ff=1']) {
    const { status, body } = await list(query);
    expect([query, status, JSON.parse(body.toString()).code]).toEqual([query, 400, 'BAD_REQUEST']);
  }
  for (const query of ['q=%C3%A9', 'q=100%', 'q=a+b', 'q=%F0%9F%98%80'])
    expect([query, (await list(query)).status]).toEqual([query, 200]);
});

test.each(['2030-01-01T00:00:00', '2030-01-01 00:00:00Z', '0001-01-01T00:00:00Z', '2030-W01-1', '2030-02-30'])(
  'the time %s is refused everywhere, because its meaning or offset is uncertain',
  async (time) => {
    const api = server.api();
    for (const [path, name] of [
      ['events', 'since'],
      ['events', 'until'],
      ['stats', 'from'],
      ['stats', 'to'],
    ] as const) {
      const { status, data } = await api.get(`/api/v1/${path}`, { params: { [name]: time } });
      expect([name, status, data.details[0]]).toEqual([
        name,
        400,
        { field: name, message: expect.stringContaining('RFC 3339') },
      ]);
    }
    const secrets = [{ value: 'a secret', expires_at: time }];
    for (const [path, body, field] of [
      ['keys', { name: 'k', expires_at: time }, 'expires_at'],
      ['replays', { filter: { source: 'nobody', since: time } }, 'filter.since'],
      ['endpoints', { name: 'e', verification: { provider: 'github', secrets } }, 'verification.secrets[0].expires_at'],
    ] as const) {
      const { status, data } = await api.post(`/api/v1/${path}`, body);
      expect([path, status, data.details[0].field]).toEqual([path, 422, field]);
    }
  },
);

test("times are accepted with any offset, and the host's code has to pass valid dates", async () => {
  const api = server.api();
  for (const [sent, shown] of [
    ['2130-01-01t05:45:00+05:45', '2130-01-01T00:00:00.000Z'],
    ['2130-01-01', '2130-01-01T00:00:00.000Z'],
  ])
    expect((await api.post('/api/v1/keys', { name: 'k', expires_at: sent })).data.expires_at).toBe(shown);
  const owner = { userId: 'user-1', mode: 'live' as const };
  const never = new Date(Number.NaN);
  const { paggio } = server;
  for (const call of [
    () => paggio.admin.events.list(owner, { since: never }, { limit: 1, offset: 0, startingAfter: null }),
    () => paggio.admin.stats.read(owner, { to: never }),
    () => paggio.admin.bulkReplays.create(owner, { filter: { until: never } }),
    () => paggio.admin.keys.create({ ...owner, scopes: new Set(), keyId: null }, { name: 'k', expiresAt: never }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});

test('the error for a value of the wrong type names the type, not the range', async () => {
  const messageOf = async (method: 'post' | 'patch', path: string, body: object): Promise<string> =>
    (await server.api()[method](path, body)).data.details[0].message;
  for (const value of ['10', true, null, [10], {}, 1.5])
    expect(await messageOf('patch', `/api/v1/endpoints/${endpoint.id}`, { timeout_seconds: value })).toBe(
      'timeout_seconds must be a whole number from 1 to 60.',
    );
  expect(await messageOf('post', '/api/v1/endpoints', { name: 7 })).toBe('name must be a string.');
  expect(await messageOf('post', '/api/v1/endpoints', { name: 'x', event_types: 'a' })).toBe(
    'event_types must be an array.',
  );
  expect(await messageOf('post', '/api/v1/endpoints', { name: 'x', methods: [1] })).toBe(
    'methods[0] must be a string.',
  );
  for (const value of ['5', null, [5], Number.NaN])
    expect(await messageOf('post', '/api/v1/endpoints', { name: 'x', retry: { max_attempts: value } })).toBe(
      'max_attempts must be a number from 1 to 100.',
    );
});

test.each([
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}', undefined],
  ['{"a":"\\"a\\":1","b":"a"}', undefined],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"x":[{"b":{"c":1,"c":1}}]}', 'x.b.c'],
  ['{"":1,"":2}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"payload":{"a":1,"a":2},"z":1}', undefined],
  ['{"payload":[[{"a":1,"a":2}]],"z":1,"z":2}', 'z'],
  ['{"payload":1,"payload":2}', 'payload'],
  ['[{"a":1,"a":2}]', 'a'],
  ['"a"', undefined],
])('in %s the name that is given twice is %s', (json, name) => {
  expect(repeatedName(Buffer.from(json), ['payload'])).toBe(name);
});
