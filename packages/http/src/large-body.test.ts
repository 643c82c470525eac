import { createHmac, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Recorder } from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from './testing/gateway-server';
import { request, type RawAnswer } from './testing/raw-http';

// A host that accepts more than 1 MiB reads all of it. No accepted event may be filtered wrongly, stored twice or trusted because
// its body was too long to read.

const full = process.env['PAGGIO_FULL'] === '1';
const MiB = 1024 * 1024;
const LIMIT = (full ? 8 : 4) * MiB;

let server: GatewayServer;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
  server = await startGatewayServer({ bodyLimit: LIMIT });
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await recorder.stop();
  await server.stop();
});

const FILLER = `"filler":"${'x'.repeat(1_050_000)}"`;

async function endpointFor(provider: string, secret: string, more: object = {}): Promise<{ id: string; path: string }> {
  const verification = { provider, secrets: [secret] };
  const { data, status } = await server.api().post('/api/v1/endpoints', { name: provider, verification, ...more });
  expect(status).toBe(201);
  return { id: data.id, path: new URL(data.webhook_url).pathname };
}

function post(path: string, body: string | Buffer, headers: [string, string][]): Promise<RawAnswer> {
  return request(server.port, { method: 'POST', path, headers, body: Buffer.from(body as string) });
}

async function eventsOf(id: string): Promise<{ event_type: string | null }[]> {
  return (await server.api().get('/api/v1/events', { params: { endpoint_id: id } })).data.data;
}

const mac = (body: string, secret = 's'): string => createHmac('sha256', secret).update(body).digest('hex');

test("a large GitHub event has its action in its type, and passes its destination's filter", async () => {
  const destinations = [{ name: 'd', url: recorder.url('/large'), event_types: ['pull_request.opened'] }];
  const { id, path } = await endpointFor('github', 's', { destinations });
  const body = `{${FILLER},"action":"opened"}`;
  const headers: [string, string][] = [
    ['X-GitHub-Event', 'pull_request'],
    ['X-GitHub-Delivery', 'd-1'],
    ['X-Hub-Signature-256', `sha256=${mac(body)}`],
  ];
  expect((await post(path, body, headers)).status).toBe(200);
  await recorder.received(1);
  expect(recorder.requests[0]?.body.toString()).toBe(body);
  expect(await eventsOf(id)).toEqual([expect.objectContaining({ event_type: 'pull_request.opened' })]);
});

test('the same large Stripe event sent twice is one event', async () => {
  const { id, path } = await endpointFor('stripe', 's');
  const body = `{"type":"invoice.paid",${FILLER},"id":"evt_large"}`;
  for (const age of [0, 10]) {
    const at = Math.floor(Date.now() / 1000) - age;
    const { status } = await post(path, body, [['Stripe-Signature', `t=${at},v1=${mac(`${at}.${body}`)}`]]);
    expect(status).toBe(200);
  }
  expect(await eventsOf(id)).toEqual([expect.objectContaining({ event_type: 'invoice.paid' })]);
});

test('the age of a large Linear event is checked', async () => {
  const { id, path } = await endpointFor('linear', 's');
  const bodyAt = (at: number): string => `{${FILLER},"type":"Issue","action":"create","webhookTimestamp":${at}}`;
  const statusOf = async (body: string): Promise<number> =>
    (await post(path, body, [['Linear-Signature', mac(body)]])).status;
  expect(await statusOf(bodyAt(Date.now() - 2 * 24 * 3600_000))).toBe(401);
  expect(await eventsOf(id)).toEqual([]);
  expect(await statusOf(bodyAt(Date.now()))).toBe(200);
});

test('an event that is too large to read is refused, and its rejection says so', async () => {
  const { id, path } = await endpointFor('microsoft-graph', 'state');
  const items = (count: number, filler = '"a":1'): string =>
    `{${filler},"value":[${'{"clientState":"state"},'.repeat(count)}{"clientState":"state"}]}`;
  // Up to 100,000 items are read.
  expect((await post(path, full ? items(60_000) : items(1_000, FILLER), [])).status).toBe(202);
  expect((await post(path, items(full ? 120_000 : 101_000), [])).status).toBe(401);
  const { data } = await server.api().get('/api/v1/rejections', { params: { endpoint_id: id } });
  const { data: why } = await server.api().get(`/api/v1/rejections/${data.data[0].id}/verification`);
  expect(why).toMatchObject({
    reason: 'body_too_large_to_read',
    explanation: expect.stringContaining('could not: the body is nested too deeply'),
  });
});

test('a compressed body is read up to the body limit, and refused with the reason if it unpacks to more', async () => {
  const settings = { kind: 'hmac', header: 'X-Sig', body: 'inflated' };
  const verification = { provider: 'custom', secrets: ['s'], settings };
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'inflated', verification });
  // Part of it does not compress well, as in real JSON.
  const words = randomBytes(MiB).toString('base64');
  const plain = (filler: number): string => `{"words":"${words}","filler":"${'x'.repeat(filler)}","type":"late.type"}`;
  const send = (body: string): Promise<RawAnswer> =>
    post(new URL(data.webhook_url).pathname, gzipSync(body, { level: 1 }), [
      ['X-Sig', mac(body)],
      ['Content-Encoding', 'gzip'],
    ]);
  expect((await send(plain(LIMIT / 2))).status).toBe(200);
  expect(await eventsOf(data.id)).toEqual([expect.objectContaining({ event_type: 'late.type' })]);
  const refused = await send(plain(LIMIT - MiB));
  expect([refused.status, refused.body.toString()]).toEqual([401, expect.stringContaining('body_too_large_to_read')]);
});
