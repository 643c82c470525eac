import type { Paggio } from './index';
import { drained, owner, Recorder, settled, startGateway, type TestGateway } from './testing';

let gateway: TestGateway;
let paggio: Paggio;
let recorder: Recorder;

beforeAll(async () => {
  gateway = await startGateway();
  paggio = gateway.paggio;
  recorder = await Recorder.start();
});

afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

async function send(
  slug: string,
  body: string | Buffer,
  headers: string[] = ['Content-Type', 'application/json'],
  query = '',
): Promise<{ id: string; status: number; duplicate: boolean }> {
  const endpoint = await paggio.host.capture.route(slug, 'POST');
  const answer = await paggio.host.capture.receive(endpoint, {
    method: 'POST',
    path: `/api/webhook/${slug}`,
    query,
    rawHeaders: headers,
    body: Buffer.from(body as string),
    remoteAddr: '127.0.0.1',
  });
  const header = Object.fromEntries(answer.headers);
  return {
    id: header['Paggio-Event-Id'] as string,
    status: answer.status,
    duplicate: header['Paggio-Duplicate'] === 'true',
  };
}

const fast = { maxAttempts: 3, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };

test('an event is stored, delivered byte for byte and read back', async () => {
  const { endpoint, secret } = await paggio.admin.endpoints.create(owner, {
    name: 'Stripe prod',
    destinationUrl: recorder.url(),
  });
  expect(secret).toMatch(/^whsec_/);
  const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
  const before = recorder.requests.length;
  const { id, status } = await send(endpoint.slug, body, [
    'X-FoO',
    'a',
    'x-foo',
    'b\u00e9',
    'Content-Type',
    'application/json',
  ]);
  expect(status).toBe(200);
  const event = await settled(paggio, owner, id);
  expect(event).toMatchObject({ status: 'delivered', responseStatus: 200, attemptCount: 1 });
  expect(event.body.equals(body)).toBe(true);
  expect(event.rawHeaders).toEqual(['X-FoO', 'a', 'x-foo', 'b\u00e9', 'Content-Type', 'application/json']);
  const sent = recorder.requests[before];
  expect(sent?.body.equals(body)).toBe(true);
  expect(sent?.rawHeaders.slice(0, 20).join('|')).toContain('X-FoO|a|x-foo|b\u00e9|Content-Type|application/json');
  expect(event.attempts).toMatchObject([{ number: 1, trigger: 'scheduled', status: 'delivered' }]);
});

test('an event without a destination is captured, and a filtered one is captured with that reason', async () => {
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'c' });
  const { id } = await send(endpoint.slug, '{}');
  expect(await paggio.admin.events.get(owner, id)).toMatchObject({
    status: 'captured',
    statusReason: 'no_destination',
  });
  const filtered = await paggio.admin.endpoints.create(owner, {
    name: 'f',
    destinationUrl: recorder.url(),
    eventTypes: ['a.*'],
  });
  const other = await send(filtered.endpoint.slug, '{"type":"b.c"}');
  expect(await paggio.admin.events.get(owner, other.id)).toMatchObject({
    status: 'captured',
    statusReason: 'filtered',
  });
});

test('an event is delivered when the third attempt succeeds, and fails when no attempt does', async () => {
  const flaky = await Recorder.start(
    (_request, response, count) => void response.writeHead(count < 3 ? 503 : 200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'flaky',
    destinationUrl: flaky.url(),
    retry: fast,
  });
  const { id } = await send(endpoint.slug, '{}');
  const event = await settled(paggio, owner, id);
  expect(event.status).toBe('delivered');
  expect(event.attempts.map((attempt) => [attempt.number, attempt.responseStatus])).toEqual([
    [1, 503],
    [2, 503],
    [3, 200],
  ]);
  const ids = new Set(flaky.requests.map((request) => request.headers['webhook-id']));
  expect([...ids]).toEqual([id]);
  await flaky.stop();

  const never = await Recorder.start((_request, response) => void response.writeHead(500).end('no'));
  const failing = await paggio.admin.endpoints.create(owner, {
    name: 'never',
    destinationUrl: never.url(),
    retry: { ...fast, maxAttempts: 2 },
  });
  const failed = await settled(paggio, owner, (await send(failing.endpoint.slug, '{}')).id);
  expect(failed).toMatchObject({ status: 'failed', statusReason: 'exhausted', responseStatus: 500, attemptCount: 2 });
  await never.stop();
});

test('pausing holds events, resuming sends them, and deleting cancels them with a reason', async () => {
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'p',
    destinationUrl: recorder.url('/paused'),
  });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const { id } = await send(endpoint.slug, '{}');
  expect(await paggio.admin.events.get(owner, id)).toMatchObject({
    status: 'pending',
    statusReason: 'paused',
    nextAttemptAt: null,
  });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  expect((await settled(paggio, owner, id)).status).toBe('delivered');

  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const held = await send(endpoint.slug, '{}');
  await paggio.admin.endpoints.delete(owner, endpoint.id);
  expect(await paggio.admin.events.get(owner, held.id)).toMatchObject({
    status: 'failed',
    statusReason: 'endpoint_deleted',
  });
  await expect(Promise.resolve().then(() => paggio.host.capture.route(endpoint.slug, 'POST'))).rejects.toMatchObject({
    code: 'GONE',
  });
});

test('a backlog larger than every limit is delivered completely', async () => {
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'backlog',
    destinationUrl: recorder.url('/backlog'),
    concurrency: 2,
  });
  await Promise.all(Array.from({ length: 200 }, (_, n) => send(endpoint.slug, `{"n":${n}}`)));
  await drained(gateway, endpoint.id);
  const filter = { endpointId: endpoint.id, status: 'delivered' } as const;
  const page = await paggio.admin.events.list(owner, filter, { limit: 1, offset: 0, startingAfter: null });
  expect(page.total).toBe(200);
  const arrived = recorder.requests.filter((request) => request.url === '/backlog');
  expect(arrived).toHaveLength(200);
  expect(new Set(arrived.map((request) => request.body.toString())).size).toBe(200);
});

test('an event can be replayed to a URL at once, to an environment, or as a new event', async () => {
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'r',
    destinationUrl: recorder.url('/original'),
  });
  const { id } = await send(
    endpoint.slug,
    '{"a":1.10}',
    ['Authorization', 'secret', 'Content-Type', 'application/json'],
    'q=%2f',
  );
  await settled(paggio, owner, id);
  const second = await Recorder.start((_request, response) => void response.writeHead(418).end('tea'));
  const result = await paggio.admin.replays.send(owner, id, { destinationUrl: second.url('/x?own=1') });
  expect(result).toMatchObject({ status: 'failed', responseStatus: 418 });
  expect(second.requests[0]?.url).toBe('/x?own=1&q=%2f');
  expect(second.requests[0]?.headers.authorization).toBeUndefined();
  await paggio.admin.replays.send(
    owner,
    id,
    { environment: 'custom', customUrl: second.url() },
    { includeCredentials: true },
  );
  expect(second.requests[1]?.headers.authorization).toBe('secret');
  expect(await paggio.admin.replays.send(owner, id, { environment: 'original' })).toMatchObject({
    status: 'delivered',
    destinationUrl: recorder.url('/original'),
  });

  const copy = await paggio.admin.replays.redeliver(owner, id);
  const replayed = await settled(paggio, owner, copy);
  expect(replayed).toMatchObject({ status: 'delivered', replayOf: id, originId: id });
  const original = await paggio.admin.events.get(owner, id);
  expect(original.replayedAs).toEqual([copy]);
  expect(original.status).toBe('delivered');
  expect(original.attempts.filter((attempt) => attempt.trigger === 'replay')).toHaveLength(3);
  expect(recorder.requests.at(-1)?.headers['webhook-id']).toBe(id);
  expect(recorder.requests.at(-1)?.headers['paggio-event-id']).toBe(copy);
  await second.stop();
});
