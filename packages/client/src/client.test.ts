import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { scopes } from '@paggio/core';
import { owner, Recorder, settled } from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from '@paggio/http/testing';
import { createClient, PaggioClientError, unwrap, type PaggioClient } from './index';

let server: GatewayServer;
let recorder: Recorder;
let paggio: PaggioClient;

beforeAll(async () => {
  server = await startGatewayServer({ apiRateLimit: null });
  recorder = await Recorder.start();
  paggio = createClient({ baseUrl: `http://127.0.0.1:${server.port}/`, apiKey: server.key });
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

test('the types match the committed document (npm run openapi)', () => {
  const file = join(__dirname, 'api.ts');
  const before = readFileSync(file, 'utf8');
  execFileSync(process.execPath, [join(__dirname, '../../../scripts/api-types.mjs')]);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('an endpoint can be created, used for an event, changed and deleted', async () => {
  const made = unwrap(await paggio.endpoints.create({ name: 'client', destination_url: recorder.url() }));
  expect(made.secret).toMatch(/^whsec_/);
  const { id } = unwrap(await paggio.endpoints.test(made.id, { event_type: 'a.b' }));
  await settled(server.paggio, owner, id);
  const event = unwrap(await paggio.events.get(id));
  expect([event.status, event.event_type, event.attempts.length]).toEqual(['delivered', 'a.b', 1]);
  expect(unwrap(await paggio.events.raw(id)).length).toBe(event.size);
  expect(unwrap(await paggio.events.replay(id))).toMatchObject({ status: 'QUEUED' });
  expect(unwrap(await paggio.events.replay(id, { destination_url: recorder.url('/x') }))).toMatchObject({
    status: 'delivered',
  });
  expect(unwrap(await paggio.events.verification(id)).status).toBe('unverified');
  const [destination] = unwrap(await paggio.destinations.list(made.id)).data;
  expect(unwrap(await paggio.destinations.update(made.id, destination?.id as string, { name: 'renamed' })).name).toBe(
    'renamed',
  );
  expect(unwrap(await paggio.endpoints.secret(made.id)).secret).toBe(made.secret);
  expect(unwrap(await paggio.stats({ endpoint_id: made.id })).total_events).toBe(2);
  expect(unwrap(await paggio.providers()).data.length).toBeGreaterThan(20);
  const gone = await paggio.endpoints.delete(made.id);
  expect(gone).toEqual({ ok: true, value: undefined, status: 204, etag: null });
});

test('a change with the etag of an earlier result succeeds only if nobody else has changed the object', async () => {
  const made = await paggio.endpoints.create({ name: 'shared' });
  const { id } = unwrap(made);
  const seen = await paggio.endpoints.get(id);
  if (!made.ok || !seen.ok || seen.etag === null) throw new Error('There is no etag.');
  expect(made.etag).toBe(seen.etag);
  const ifMatch = seen.etag;
  expect(unwrap(await paggio.endpoints.update(id, { description: 'first' }, { ifMatch })).description).toBe('first');
  expect(await paggio.endpoints.update(id, { description: 'second' }, { ifMatch })).toMatchObject({
    ok: false,
    error: { code: 'PRECONDITION_FAILED', status: 412 },
  });
  expect((await paggio.endpoints.delete(id, { ifMatch })).ok).toBe(false);
  expect(unwrap(await paggio.endpoints.get(id)).description).toBe('first');
});

test('a failure is a value with the error of the API, and unwrap throws it', async () => {
  const missing = await paggio.events.get('01a1feba-f6e4-7000-a9af-4d30305a647b');
  expect(missing).toEqual({
    ok: false,
    error: {
      code: 'NOT_FOUND',
      status: 404,
      message: 'There is no such event',
      hint: expect.any(String),
      details: [],
      requestId: expect.any(String),
      retryAfterSeconds: null,
    },
  });
  expect(() => unwrap(missing)).toThrow(PaggioClientError);
  const invalid = await paggio.endpoints.create({ name: '' });
  expect(invalid.ok ? null : invalid.error.details[0]?.field).toBe('name');
  const stranger = createClient({ baseUrl: `http://127.0.0.1:${server.port}`, apiKey: 'nope' });
  expect(await stranger.events.list()).toMatchObject({ ok: false, error: { code: 'UNAUTHORIZED', status: 401 } });
  expect(await stranger.events.raw('x')).toMatchObject({ ok: false, error: { code: 'UNAUTHORIZED' } });
  await expect(stranger.events.stream().next()).rejects.toThrow('UNAUTHORIZED');
  const nobody = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'x', retries: 0 });
  expect(await nobody.events.list()).toMatchObject({ ok: false, error: { code: 'NETWORK', status: null } });
});

test('a path parameter cannot reach another path', async () => {
  expect(await paggio.events.get('../keys')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
});

test('an iterator visits every page once, and throws errors', async () => {
  const capture = unwrap(await paggio.endpoints.create({ name: 'many' }));
  for (let n = 0; n < 7; n++) unwrap(await paggio.endpoints.test(capture.id));
  const ids: string[] = [];
  for await (const event of paggio.events.iterate({ endpoint_id: capture.id, limit: 3 })) ids.push(event.id);
  const listed = unwrap(await paggio.events.list({ endpoint_id: capture.id, limit: 100 })).data.map(({ id }) => id);
  expect([ids.length, ids]).toEqual([7, listed]);
  const wrong = paggio.events.iterate({ endpoint_id: 'nope' });
  await expect(wrong.next()).rejects.toMatchObject({ error: { code: 'BAD_REQUEST' } });
  for await (const key of paggio.keys.iterate()) expect(scopes).toEqual(expect.arrayContaining(key.scopes));
  for await (const entry of paggio.audit.iterate({ action: 'endpoint.created' }))
    expect(entry.action).toBe('endpoint.created');
});

test('signed ingest accepts objects, text and bytes, and sends correlation id and idempotency key', async () => {
  const target = unwrap(await paggio.endpoints.create({ name: 'ingest' }));
  const options = { secret: target.secret, eventType: 'a', correlationId: 'c-1', idempotencyKey: 'once' };
  const first = unwrap(await paggio.ingest(target.id, '{"n": 1.10}', options));
  const again = unwrap(await paggio.ingest(target.id, '{"n": 1.10}', options));
  expect(again.id).toBe(first.id);
  expect(unwrap(await paggio.events.raw(first.id)).toString()).toBe('{"n": 1.10}');
  expect(unwrap(await paggio.events.get(first.id))).toMatchObject({ event_type: 'a', correlation_id: 'c-1' });
  const conflict = await paggio.ingest(target.id, { n: 2 }, options);
  expect(conflict).toMatchObject({ ok: false, error: { code: 'IDEMPOTENCY_KEY_CONFLICT' } });
});

test('a custom parser reads numbers that JSON.parse would round', async () => {
  const target = unwrap(await paggio.endpoints.create({ name: 'exact numbers' }));
  const { id } = unwrap(await paggio.ingest(target.id, '{"n": 12345678901234567890}', { secret: target.secret }));
  const exact = createClient({
    baseUrl: `http://127.0.0.1:${server.port}`,
    apiKey: server.key,
    parseJson: (text) => JSON.parse(text.replaceAll(/(?<=: )\d{17,}(?=\})/g, '"$&"')) as unknown,
  });
  expect(unwrap(await paggio.events.get(id)).payload).toEqual({ n: Number('12345678901234567890') });
  expect(unwrap(await exact.events.get(id)).payload).toEqual({ n: '12345678901234567890' });
  expect(unwrap(await exact.events.raw(id)).toString()).toBe('{"n": 12345678901234567890}');
  expect(await exact.events.get('nope')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
});

test('the stream can be read message by message until it is aborted', async () => {
  const target = unwrap(await paggio.endpoints.create({ name: 'stream' }));
  const stop = new AbortController();
  const messages = paggio.events.stream({ signal: stop.signal });
  const next = messages.next();
  let id = '';
  // Repeat until a message arrives, because the stream may not be open yet when the first event is made.
  const making = setInterval(() => {
    void paggio.endpoints.test(target.id).then((made) => (id ||= unwrap(made).id));
  }, 50);
  const { value } = await next;
  clearInterval(making);
  expect(value).toMatchObject({ type: 'event.created', event: { endpoint_id: target.id } });
  stop.abort();
  const rest = async (): Promise<void> => {
    for await (const message of messages) expect(message.type).toBe('event.created');
  };
  await expect(rest()).rejects.toThrow();
});

describe('with a faulty server', () => {
  let fake: Server;
  let answer: RequestListener;
  let client: PaggioClient;
  const seen: { key: string | undefined; body: string }[] = [];

  beforeAll(async () => {
    fake = createServer((request, response) => {
      let body = '';
      request
        .on('data', (chunk) => (body += chunk))
        .on('end', () => {
          seen.push({ key: request.headers['idempotency-key'] as string | undefined, body });
          answer(request, response);
        });
    });
    await new Promise<void>((done) => fake.listen(0, '127.0.0.1', done));
    client = createClient({ baseUrl: `http://127.0.0.1:${(fake.address() as AddressInfo).port}`, apiKey: 'k' });
  });
  beforeEach(() => void seen.splice(0));
  afterAll(() => void fake.close());

  const unavailable = JSON.stringify({ code: 'UNAVAILABLE', message: 'm', hint: '', details: [], request_id: 'r' });

  test('a call that may be repeated is retried under one idempotency key, and any other is not', async () => {
    answer = (_request, response) =>
      seen.length < 3
        ? void response.writeHead(503, { 'content-type': 'application/json' }).end(unavailable)
        : void response.writeHead(202, { 'content-type': 'application/json' }).end('{"deliveries": []}');
    expect(await client.events.publish({ event_type: 'a', payload: { n: 1 } })).toMatchObject({ ok: true });
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ key, body }) => createHash('md5').update(`${key} ${body}`).digest('hex'))).size).toBe(1);
    seen.splice(0);
    expect(await client.endpoints.create({ name: 'x' })).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
    expect(seen).toHaveLength(1);
  });

  test('an answer that does not come from the API is an error of its own', async () => {
    answer = (_request, response) => void response.writeHead(502).end('<html>Bad gateway</html>');
    expect(await client.endpoints.create({ name: 'x' })).toMatchObject({
      ok: false,
      error: { code: 'UNEXPECTED', status: 502 },
    });
    const { port } = fake.address() as AddressInfo;
    const parsing = createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k', parseJson: JSON.parse });
    expect(await parsing.endpoints.create({ name: 'x' })).toMatchObject({ ok: false, error: { code: 'UNEXPECTED' } });
    answer = (request) => void request.socket.destroy();
    expect(await client.endpoints.create({ name: 'x' })).toMatchObject({ ok: false, error: { code: 'NETWORK' } });
  });

  test('a signal ends a call', async () => {
    answer = () => undefined;
    const stop = new AbortController();
    const call = client.events.get('x');
    const aborted = client.call('events.get', { params: { id: 'x' }, signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toThrow();
    fake.closeAllConnections();
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    expect(await call).toMatchObject({ ok: true });
  });
});
