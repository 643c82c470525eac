import { createHmac, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { EventDetail } from '@paggio/core';
import { owner, query, Recorder, settled, withoutDelivery, type RecordedRequest } from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from './testing/gateway-server';
import { build, request, sendRaw, type RawAnswer, type RawRequest } from './testing/raw-http';

const full = process.env['PAGGIO_FULL'] === '1';

let server: GatewayServer;
let api: ReturnType<GatewayServer['api']>;
let recorder: Recorder;
let path: string;
let endpointId: string;

beforeAll(async () => {
  server = await startGatewayServer();
  api = server.api();
  recorder = await Recorder.start();
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, {
    name: 'capture',
    destinationUrl: recorder.url(),
    concurrency: 50,
  });
  path = `/api/webhook/${endpoint.slug}`;
  endpointId = endpoint.id;
});

afterAll(async () => {
  await recorder.stop();
  await server.stop();
});

afterEach(() => expect(server.faults.splice(0)).toEqual([]));

const JSON_TYPE: [string, string] = ['Content-Type', 'application/json'];

async function total(): Promise<number> {
  const page = await server.paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null });
  return page.total;
}

/** Sends a body, and checks that the stored, forwarded and downloaded bytes are the same. */
async function exact(
  input: Omit<RawRequest, 'path'> & { path?: string },
): Promise<{ answer: RawAnswer; event: EventDetail; forwarded: RecordedRequest; shown: any }> {
  const answer = await request(server.port, { path, ...input });
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"received": true}']);
  const id = answer.headers['paggio-event-id'] as string;
  const forwarded = await delivered(id);
  const event = await server.paggio.admin.events.get(owner, id);
  const sent = Buffer.from((input.body ?? '') as string);
  const raw = await api.get(`/api/v1/events/${id}/raw`, { responseType: 'arraybuffer', decompress: false });
  const copies = [event.body, forwarded.body, Buffer.from(raw.data)];
  expect(copies.map((one) => one.equals(sent))).toEqual([true, true, true]);
  const { data: shown, status } = await api.get(`/api/v1/events/${id}`);
  expect(status).toBe(200);
  return { answer, event, forwarded, shown };
}

/** Waits until an event arrives at its destination. */
async function delivered(id: string): Promise<RecordedRequest> {
  for (;;) {
    const { requests } = recorder;
    const found = requests.find(({ headers }) => headers['webhook-id'] === id);
    if (found) return found;
    await recorder.received(requests.length + 1);
  }
}

/** Sends bodies at the same time. */
function eachExact(type: [string, string][], bodies: readonly (Buffer | string)[]): ReturnType<typeof allExact> {
  return allExact(bodies.map((body) => ({ headers: type, body })));
}

function allExact(inputs: Parameters<typeof exact>[0][]): Promise<Awaited<ReturnType<typeof exact>>[]> {
  return Promise.all(inputs.map(exact));
}

/** The answer for an event, as text. */
async function textOf(id: string): Promise<string> {
  const { data } = await api.get(`/api/v1/events/${id}`, { responseType: 'arraybuffer' });
  return Buffer.from(data).toString();
}

test('big integers, 1.10, escapes and a final newline survive [ING-01]', async () => {
  const body = '{"z":1,"id":"evt_1","a":12345678901234567890,"f":1.10,"e":1e3,"u":"\\u00e9é😀","s":"a\\/b"}\n';
  const { event, shown } = await exact({ headers: [JSON_TYPE], body });
  expect(shown).toMatchObject({ payload_format: 'json', payload: JSON.parse(body) });
  expect(await textOf(event.id)).toContain(`"payload":${body},"payload_format":"json"`);
});

test('a JSON body is shown in the event byte for byte, and any other body is shown as text or null', async () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const json = [
    '1.10',
    '-0',
    '12345678901234567890',
    ' \r\n\t{ "a" :\n1e400 } \r\n',
    '"\\ud800 \\/ \u2028"',
    '{"__proto__":{"toJSON":1},"a":1,"a":2}',
    '"</script>"',
    'null',
    deep(512),
    `"${'x'.repeat(1024 * 1024 - 2)}"`,
  ];
  for (const [n, { event }] of (await eachExact([JSON_TYPE], json)).entries()) {
    const [text, body] = [await textOf(event.id), json[n] as string];
    const part = `"payload":${body},"payload_format":"json","size":${Buffer.byteLength(body)}`;
    expect([body.slice(0, 100), text.includes(part), JSON.parse(text).id]).toEqual([
      body.slice(0, 100),
      true,
      event.id,
    ]);
  }
  const others = ['', '\ufeff1', '{"a":1,}', '01', '{"a":1} x', '"\n"', deep(513)];
  const shown = (await eachExact([JSON_TYPE], others)).map(({ shown }) => [shown.payload_format, shown.payload]);
  expect(shown).toEqual(others.map((body) => ['text', body]));
});

test('repeated keys and the order of keys survive [ING-02]', async () => {
  for (const body of ['{"a":1,"a":2}', '{"10":1,"2":1}']) {
    const { event } = await exact({ headers: [JSON_TYPE], body });
    expect(await textOf(event.id)).toContain(`"payload":${body},"payload_format":"json"`);
  }
});

test('an escaped NUL is stored, readable, searchable and replayable [ING-03]', async () => {
  const { event } = await exact({ headers: [JSON_TYPE], body: '{"type":"nul\\u0000type","a":"x\\u0000y"}' });
  await exact({ headers: [JSON_TYPE], body: '{"a\\u0000":1}' });
  const { data } = await api.get('/api/v1/events', { params: { q: 'x\\u0000y' } });
  expect(data.data.map((item: any) => item.id)).toEqual([event.id]);
  expect(
    await server.paggio.admin.replays.send(owner, event.id, { destinationUrl: recorder.url('/again') }),
  ).toMatchObject({
    status: 'delivered',
  });
});

test('NUL bytes, random bytes, invalid UTF-8, BOM, UTF-16 and Latin-1 survive [ING-04, ING-06]', async () => {
  const [invalid] = await allExact([
    { headers: [JSON_TYPE], body: Buffer.from([0x7b, 0xff, 0x7d]) },
    { headers: [JSON_TYPE], body: Buffer.from('{"a":"\0"}') },
    { headers: [JSON_TYPE], body: randomBytes(100) },
    { headers: [JSON_TYPE], body: Buffer.from('\ufeff{"a":1}') },
    { headers: [['Content-Type', 'application/json; charset=utf-16le']], body: Buffer.from('{"a":1}', 'utf16le') },
    { headers: [['Content-Type', 'text/plain; charset=iso-8859-1']], body: Buffer.from([0xe9]) },
  ]);
  expect(invalid?.shown).toMatchObject({ payload: null, payload_format: 'binary' });
});

test('lone surrogates survive and can be read [ING-05]', async () => {
  await eachExact([JSON_TYPE], ['{"a":"\\ud800"}', '{"a":"\\udc00"}']);
});

test('empty bodies, with and without a length, and GET are captured [ING-07]', async () => {
  const { event, forwarded } = await exact({ contentLength: 0 });
  expect(event.body).toHaveLength(0);
  expect(forwarded.headers['content-length']).toBe('0');
  await exact({ contentLength: null });
  const get = await exact({ method: 'GET', contentLength: null });
  expect(get.event.method).toBe('GET');
});

test('any content type and forms pass through unchanged [ING-08, ING-09]', async () => {
  const types = [
    'text/xml',
    'application/octet-stream',
    'application/json; charset="utf-8',
    `text/${'x'.repeat(4000)}`,
  ];
  const passed = await allExact([
    ...types.map((type) => ({ headers: [['Content-Type', type]] as [string, string][], body: '<a/>' })),
    { headers: [], body: 'no type' },
    { headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: 'a=1&a=2&b=%00&c=+%2B' },
  ]);
  expect(passed.slice(0, -2).map(({ forwarded }) => forwarded.headers['content-type'])).toEqual(types);
});

test('a multipart body with a hostile file name is stored unchanged [ING-10]', async () => {
  const part = Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="../../x\\"\\r\\n"\r\n\r\n'),
    randomBytes(200_000),
    Buffer.from('\r\n--b--\r\n'),
  ]);
  await exact({ headers: [['Content-Type', 'multipart/form-data; boundary=b']], body: part });
});

test('malformed JSON, top-level values and absurd numbers are stored [ING-11, ING-12, ING-15]', async () => {
  await eachExact(
    [JSON_TYPE],
    ['{', 'nul', '{"a":NaN}', '1 2', 'null', 'true', '"s"', '[]', '[1]', '{"e":1e400,"x":1e200000,"n":-0}'],
  );
});

test('deep nesting and numbers that would expand are read back small and fast [ING-13, ING-14]', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect((await exact({ headers: [JSON_TYPE], body: deep })).shown.payload_format).toBe('text');
  const numbers = `[${Array.from({ length: 1000 }, () => '1e100000').join(',')}]`;
  const { shown } = await exact({ headers: [JSON_TYPE], body: numbers });
  expect(JSON.stringify(shown).length).toBeLessThan(20_000);
});

test('prototype names are ordinary data [ING-16]', async () => {
  await exact({ headers: [JSON_TYPE], body: '{"__proto__":{"admin":true},"constructor":{"prototype":{"p":1}}}' });
  const answer = await api.post('/api/v1/endpoints', '{"name":"x","__proto__":{"admin":true}}', {
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(422);
  expect(({} as any).admin).toBeUndefined();
  expect(({} as any).p).toBeUndefined();
});

test('a body of exactly the limit is accepted; one byte more is 413, with or without a length, and leaves no trace [ING-17]', async () => {
  const limit = 1024 * 1024;
  await exact({ headers: [['Content-Type', 'text/plain']], body: Buffer.alloc(limit, 0x61) });
  const before = await total();
  const over = Buffer.alloc(limit + 1, 0x61);
  const sized = await request(server.port, { path, body: over });
  expect([sized.status, JSON.parse(sized.body.toString()).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  const chunked = Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${over.length.toString(16)}\r\n`,
    ),
    over,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
  expect((await sendRaw(server.port, chunked)).status).toBe(413);
  expect(await total()).toBe(before);
});

test('with a larger limit a body of 5 MB is accepted, beyond what frameworks allow by default [ING-39]', async () => {
  const options = { ...withoutDelivery, bodyLimit: 10 * 1024 * 1024 };
  const large = await startGatewayServer(options, {}, server.gateway.database);
  const { data: endpoint } = await large.api().post('/api/v1/endpoints', { name: 'large' });
  // Random within the window in which PostgreSQL looks for repetitions, and quick to store.
  const body = Buffer.concat(Array<Buffer>(5 * 1024).fill(randomBytes(1024)));
  const answer = await request(large.port, { path: `/api/webhook/${endpoint.slug}`, body });
  expect(answer.status).toBe(200);
  const raw = await large
    .api()
    .get(`/api/v1/events/${answer.headers['paggio-event-id']}/raw`, { responseType: 'arraybuffer' });
  expect(Buffer.compare(raw.data, body)).toBe(0);
  await large.stop();
});

test('a body that breaks off leaves no trace [ING-18, ING-19]', async () => {
  const before = await total();
  await sendRaw(server.port, build({ path, body: 'x'.repeat(500), contentLength: 1000 }), { end: true });
  await sendRaw(
    server.port,
    Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
    { end: true },
  );
  await sendRaw(server.port, build({ path, body: 'x'.repeat(500), contentLength: 1000 }), { resetAfterMs: 20 });
  await exact({ body: 'after' });
  expect(await total()).toBe(before + 1);
});

test('encoded bodies are opaque and forwarded in their encoding [ING-20, ING-21, ING-22]', async () => {
  const gzip = gzipSync('{"type":"zipped"}');
  const bomb = gzipSync(Buffer.alloc(full ? 50_000_000 : 5_000_000));
  const [zipped] = await allExact([
    { headers: [JSON_TYPE, ['Content-Encoding', 'gzip']], body: gzip },
    { headers: [['Content-Encoding', 'gzip']], body: bomb },
    ...['br', 'zstd', 'gzip, gzip', 'bogus'].map((encoding) => ({
      headers: [['Content-Encoding', encoding]] as [string, string][],
      body: 'xxx',
    })),
  ]);
  expect(zipped?.forwarded.headers['content-encoding']).toBe('gzip');
});

test('a hundred headers are kept; more than two hundred are 431 and never silently dropped [ING-23]', async () => {
  const many = (count: number): [string, string][] => Array.from({ length: count }, (_, n) => [`h${n}`, 'v']);
  const { event } = await exact({ headers: many(101), body: '{}' });
  expect(event.rawHeaders.filter((name) => /^h\d+$/.test(name))).toHaveLength(101);
  const before = await total();
  for (const count of [250, 2_000, 2_500])
    expect((await request(server.port, { path, headers: many(count), body: '{}' })).status).toBe(431);
  expect((await request(server.port, { path, headers: [['big', 'x'.repeat(17_000)]], body: '{}' })).status).toBe(431);
  expect(await total()).toBe(before);
});

test('bytes above ASCII, empty values, repetitions, order and case of headers survive [ING-24, ING-25]', async () => {
  const headers: [string, string][] = [
    ['X-FoO', 'caf\u00e9'],
    ['x-empty', ''],
    ['X-foo', 'second'],
    ['X-Long', 'y'.repeat(8_000)],
  ];
  const { event, forwarded, shown } = await exact({ headers, body: '{}' });
  const custom = (raw: readonly string[]): string[] =>
    raw.filter((_, n) => /^x-(foo|empty|long)$/i.test(raw[n - (n % 2)] as string));
  expect(custom(event.rawHeaders)).toEqual(headers.flat());
  expect(custom(forwarded.rawHeaders)).toEqual(headers.flat());
  expect(shown.headers).toMatchObject({ 'x-foo': ['caf\u00e9', 'second'], 'x-empty': '' });
});

test('request smuggling is refused and leaves no trace [ING-26]', async () => {
  const before = await total();
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n`;
  for (const rest of [
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Content-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'Transfer-Encoding: xchunked\r\n\r\n',
    'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'Content-Length : 0\r\n\r\n',
    'X: a\0b\r\nContent-Length: 0\r\n\r\n',
  ]) {
    expect((await sendRaw(server.port, Buffer.from(head + rest, 'latin1'))).status).toBe(400);
  }
  expect(await total()).toBe(before);
});

test('only the path decides, and it is not normalised [ING-27]', async () => {
  const absolute = await exact({ path: `http://evil.test${path}` });
  expect(absolute.event.path).toBe(path);
  const dots = await exact({ path: `${path}/../../v1/events` });
  expect(dots.event.path).toBe(`${path}/../../v1/events`);
  const crlf = await exact({ path: `${path}?x=%0d%0aY:1&&a` });
  expect([crlf.event.query, crlf.forwarded.url]).toEqual(['x=%0d%0aY:1&&a', '/hook?x=%0d%0aY:1&&a']);
  for (const wrong of [`/api/webhook//${path.split('/').at(-1)}`, `${path}%2f..`]) {
    expect((await request(server.port, { path: wrong, body: '{}' })).status).toBe(404);
  }
});

test('every method is captured, and OPTIONS reveals no CORS [ING-28]', async () => {
  const methods = ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
  const captured = await allExact(methods.map((method) => ({ method, body: '{}' })));
  expect(captured.map(({ event }) => event.method)).toEqual(methods);
  const names = captured.flatMap(({ answer }) => Object.keys(answer.headers));
  expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
  const head = await request(server.port, {
    method: 'HEAD',
    path,
    headers: [['Connection', 'close']],
    contentLength: null,
  });
  expect([head.status, head.headers['paggio-event-id']]).toEqual([200, expect.any(String)]);
});

test('unknown and malformed slugs are the same 404 [ING-29]', async () => {
  const answers = await Promise.all(
    ['unknown-slug-abcdef', 'NOT-lower', 'x'.repeat(5_000), '%00', '%F0%9F%98%80', '-'].map((slug) =>
      request(server.port, { path: `/api/webhook/${slug}`, body: '{}' }),
    ),
  );
  const bodies = answers.map((answer) => [answer.status, { ...JSON.parse(answer.body.toString()), request_id: '' }]);
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  expect(bodies[0]?.[0]).toBe(404);
});

test('a paused endpoint stores and holds events, and a deleted one is 410 [ING-30]', async () => {
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, {
    name: 'p',
    destinationUrl: recorder.url('/held'),
  });
  await server.paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const answer = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  expect(answer.status).toBe(200);
  expect(await server.paggio.admin.events.get(owner, answer.headers['paggio-event-id'] as string)).toMatchObject({
    status: 'pending',
    statusReason: 'paused',
  });
  await server.paggio.admin.endpoints.delete(owner, endpoint.id);
  const gone = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  expect([gone.status, JSON.parse(gone.body.toString()).code]).toEqual([410, 'GONE']);
  expect(recorder.requests.filter((one) => one.url === '/held')).toEqual([]);
});

describe('de-duplication', () => {
  const secret = 'dedup secret';
  const github = async (slug: string, body: string, delivery: string): Promise<RawAnswer> =>
    request(server.port, {
      path: `/api/webhook/${slug}`,
      headers: [
        ['X-GitHub-Event', 'push'],
        ['X-GitHub-Delivery', delivery],
        ['X-Hub-Signature-256', `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`],
      ],
      body,
    });
  const verified = async (): Promise<string> => {
    const { endpoint } = await server.paggio.admin.endpoints.create(owner, {
      name: 'd',
      destinationUrl: recorder.url('/dedup'),
      verification: { provider: 'github', secrets: [secret] },
    });
    return endpoint.slug;
  };

  test('the same request twice in sequence and fifty times at once makes one event [ING-31]', async () => {
    const slug = await verified();
    const first = await github(slug, '{"n":1}', 'd-1');
    const second = await github(slug, '{"n":1}', 'd-1');
    expect(second.headers).toMatchObject({
      'paggio-event-id': first.headers['paggio-event-id'],
      'paggio-duplicate': 'true',
    });
    const before = await total();
    const crowd = await Promise.all(Array.from({ length: 50 }, () => github(slug, '{"n":2}', 'd-2')));
    expect(new Set(crowd.map((answer) => [answer.status, answer.headers['paggio-event-id']].join())).size).toBe(1);
    expect(crowd.filter((answer) => answer.headers['paggio-duplicate'] !== 'true')).toHaveLength(1);
    expect(await total()).toBe(before + 1);
    const id = crowd[0]?.headers['paggio-event-id'] as string;
    await settled(server.paggio, owner, id);
    const { data } = await api.get(`/api/v1/events/${id}`);
    expect(data.dedup).toEqual({ key: expect.any(String), duplicates: 49, id_conflict: false });
    expect(recorder.requests.filter((one) => one.headers['webhook-id'] === id)).toHaveLength(1);
  });

  test('another body is a conflict, another endpoint is not, and ids may have any length [ING-32, ING-33, ING-34]', async () => {
    const slug = await verified();
    const first = await github(slug, '{"n":1}', 'same');
    const other = await github(slug, '{"n":2}', 'same');
    expect(other.headers['paggio-event-id']).not.toBe(first.headers['paggio-event-id']);
    const { data } = await api.get(`/api/v1/events/${other.headers['paggio-event-id']}`);
    expect(data.dedup).toMatchObject({ id_conflict: true });
    const elsewhere = await github(await verified(), '{"n":1}', 'same');
    expect(elsewhere.headers['paggio-duplicate']).toBeUndefined();
    const long = randomBytes(3_000).toString('hex');
    expect([
      (await github(slug, '{}', long)).headers['paggio-duplicate'],
      (await github(slug, '{}', long)).headers['paggio-duplicate'],
    ]).toEqual([undefined, 'true']);
  });

  test('after the window the same id makes a new event [ING-35]', async () => {
    const slug = await verified();
    const first = await github(slug, '{"n":1}', 'old');
    await query(
      server.gateway.database.url,
      `update paggio.dedup_keys set expires_at = now() - interval '1 second' where event_id = '${first.headers['paggio-event-id']}'`,
    );
    const later = await github(slug, '{"n":1}', 'old');
    expect(later.headers['paggio-duplicate']).toBeUndefined();
    expect((await github(slug, '{"n":1}', 'old')).headers['paggio-event-id']).toBe(later.headers['paggio-event-id']);
  });

  test('identical unverified requests are two events', async () => {
    const answers = [
      await request(server.port, { path, body: 'same' }),
      await request(server.port, { path, body: 'same' }),
    ];
    expect(new Set(answers.map((answer) => answer.headers['paggio-event-id'])).size).toBe(2);
  });
});

test('refused requests are 401 and leave no event, and their rejection tells why [SIG-02, SIG-08, SIG-10]', async () => {
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, {
    name: 's',
    verification: { provider: 'slack', secrets: ['k'] },
  });
  const unsigned = await request(server.port, {
    path: `/api/webhook/${endpoint.slug}`,
    headers: [JSON_TYPE],
    body: '{"type":"url_verification","challenge":"c","event":{"type":"x"}}',
  });
  expect(unsigned.status).toBe(401);
  expect(JSON.parse(unsigned.body.toString())).toMatchObject({
    code: 'INVALID_SIGNATURE',
    hint: expect.stringContaining('missing_signature'),
  });
  expect(unsigned.headers['paggio-rejection-id']).toMatch(/^[0-9a-f-]{36}$/);
  const page = await server.paggio.admin.events.list(
    owner,
    { endpointId: endpoint.id },
    { limit: 1, offset: 0, startingAfter: null },
  );
  expect(page.total).toBe(0);

  await query(
    server.gateway.database.url,
    `update paggio.endpoints set verification = 'v1:x:y:z:w' where id = '${endpoint.id}'; update paggio.state set config_version = config_version + 1`,
  );
  await request(server.port, { path, body: 'hears of the new version' });
  const forced = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  expect(forced.status).toBe(401);
});

test('with pipelined requests, HTTP/1.0 and Expect each event gets its own body [ING-37]', async () => {
  const before = await total();
  const two = Buffer.concat([
    build({ path, body: '{"pipelined":1}' }),
    build({ path, headers: [['Connection', 'close']], body: '{"pipelined":2}' }),
  ]);
  expect((await sendRaw(server.port, two, { answers: 2 })).status).toBe(200);
  const old = `POST ${path} HTTP/1.0\r\nContent-Length: 7\r\n\r\n{"a":0}`;
  expect((await sendRaw(server.port, Buffer.from(old))).status).toBe(200);
  const expecting = build({ path, headers: [['Expect', '100-continue']], body: '{"b":0}' });
  expect((await sendRaw(server.port, expecting)).status).toBe(200);
  const { items } = await server.paggio.admin.events.list(owner, {}, { limit: 10, offset: 0, startingAfter: null });
  const bodies = await Promise.all(
    items.slice(0, 4).map(async (item) => (await server.paggio.admin.events.get(owner, item.id)).body.toString()),
  );
  expect(bodies.sort()).toEqual(['{"a":0}', '{"b":0}', '{"pipelined":1}', '{"pipelined":2}']);
  expect(await total()).toBe(before + 4);
});

test('metacharacters are stored unchanged [ING-38]', async () => {
  const text = `'; drop table paggio.events; -- % _ \\ $1 {{7*7}} \${jndi:ldap://x}`;
  const { event } = await exact({ path: `${path}?q=$1'--`, headers: [['X-Odd', text]], body: text });
  expect([event.query, event.rawHeaders.includes(text)]).toEqual([`q=$1'--`, true]);
});

test('a custom acknowledgement is sent exactly [ING-41]', async () => {
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, {
    name: 'a',
    acknowledgement: { status: 202, contentType: 'text/plain', body: '[accepted]' },
  });
  const answer = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([
    202,
    'text/plain',
    '[accepted]',
  ]);
  expect(endpointId).toBeTruthy();
});
