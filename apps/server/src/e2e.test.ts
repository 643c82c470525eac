import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratedDatabase, Recorder, type TestDatabase } from '@paggio/core/testing';
import githubExamples from '@octokit/webhooks-examples';
import { sign, verify } from '@octokit/webhooks-methods';
import axios from 'axios';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { LocalServer } from './testing/local-server';
import { ServerProcess } from './testing/server-process';

const GITHUB_SECRET = 'github secret with spaces';
const STRIPE_SECRET = 'whsec_stripe_test_secret_0001';

/** The full check runs the built server in a process of its own, which costs over a second of CPU time. */
const isFull = process.env['PAGGIO_FULL'] !== undefined;

let directory: string;
let server: ServerProcess | LocalServer;
let database: TestDatabase;
let recorder: Recorder;
let api: ReturnType<ServerProcess['api']>;

interface EndpointAnswer {
  id: string;
  webhook_url: string;
  secret: string;
}

beforeAll(async () => {
  database = await migratedDatabase();
  directory = mkdtempSync(join(tmpdir(), 'paggio-e2e-'));
  const env = { DATABASE_URL: database.url, PAGGIO_STAGING_HOST: 'localhost:1' };
  server = await (isFull ? ServerProcess : LocalServer).start(env, directory);
  recorder = await Recorder.start();
  api = server.api();
}, 60_000);

afterAll(async () => {
  expect(await server.stop()).toBe(isFull ? 0 : undefined);
  rmSync(directory, { recursive: true, force: true });
  await recorder.stop();
  await database.drop();
}, 60_000);

async function createEndpoint(settings: object): Promise<EndpointAnswer> {
  const { status, data } = await api.post('/api/v1/endpoints', settings);
  expect([status, data]).toEqual([201, expect.objectContaining({ status: 'ACTIVE' })]);
  return data as EndpointAnswer;
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<string> {
  const answer = await axios.post(url, Buffer.from(body), {
    headers: { 'content-type': 'application/json', ...headers },
    validateStatus: () => true,
  });
  expect([answer.status, answer.data]).toEqual([200, { received: true }]);
  return answer.headers['paggio-event-id'] as string;
}

/** Resolves when no event of the endpoint is pending any more. It looks after each signal of the recorder. */
async function settledEvents(
  endpointId: string,
  count: number,
): Promise<{ id: string; status: string; source: string; event_type: string }[]> {
  for (let round = 0; round < 400; round++) {
    const { data } = await api.get('/api/v1/events', {
      params: { endpoint_id: endpointId, status: 'pending', limit: 1 },
    });
    if (data.meta.total === 0) break;
    await new Promise((done) => setTimeout(done, 25));
  }
  const all: { id: string; status: string; source: string; event_type: string }[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.id) {
    const { data } = await api.get('/api/v1/events', {
      params: { endpoint_id: endpointId, limit: 100, ...(after ? { starting_after: after } : {}) },
    });
    all.push(...data.data);
    if (!data.meta.has_more) break;
  }
  expect(all).toHaveLength(count);
  return all;
}

async function settledEvent(id: string): Promise<any> {
  for (let round = 0; round < 800; round++) {
    const { data } = await api.get(`/api/v1/events/${id}`);
    if (data.status !== 'pending') return data;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`event ${id} stayed pending`);
}

const fast = { max_attempts: 3, base_seconds: 1, factor: 1, cap_seconds: 1, floor_seconds: 0 };

test('every GitHub example arrives byte for byte, is verified, and still verifies at the destination', async () => {
  const endpoint = await createEndpoint({
    name: 'github',
    destination_url: recorder.url('/github'),
    concurrency: 32,
    verification: { provider: 'github', secrets: [GITHUB_SECRET] },
  });
  const examples = githubExamples.flatMap((entry) =>
    entry.examples.map((example: unknown) => ({ name: entry.name, body: JSON.stringify(example, null, 1) })),
  );
  expect(examples.length).toBeGreaterThan(200);
  const sent = new Map<string, { name: string; body: string }>();
  for (let i = 0; i < examples.length; i += 20) {
    await Promise.all(
      examples.slice(i, i + 20).map(async (example, n) => {
        const id = await post(endpoint.webhook_url, example.body, {
          'X-GitHub-Event': example.name,
          'X-GitHub-Delivery': `72d3162e-cc78-11e3-81ab-4c9367dc${String(i + n).padStart(4, '0')}`,
          'X-Hub-Signature-256': await sign(GITHUB_SECRET, example.body),
        });
        sent.set(id, example);
      }),
    );
  }
  expect(sent.size).toBe(examples.length);
  await recorder.received(examples.length);

  const events = await settledEvents(endpoint.id, examples.length);
  const standard = new Webhook(endpoint.secret);
  const arrived = recorder.requests.filter((request) => request.url === '/github');
  expect(arrived).toHaveLength(examples.length);
  for (const request of arrived) {
    const example = sent.get(request.headers['webhook-id'] as string);
    expect(request.body.toString()).toBe(example?.body);
    expect(await verify(GITHUB_SECRET, request.body.toString(), request.headers['x-hub-signature-256'] as string)).toBe(
      true,
    );
    expect(() => standard.verify(request.body.toString(), request.headers as Record<string, string>)).not.toThrow();
  }
  expect(new Set(events.map((event) => event.status))).toEqual(new Set(['delivered']));
  for (const event of events) {
    const example = sent.get(event.id) as { name: string; body: string };
    const action = (JSON.parse(example.body) as { action?: string }).action;
    expect(event).toMatchObject({ source: 'github', event_type: action ? `${example.name}.${action}` : example.name });
  }
  const first = events[0]?.id as string;
  const raw = await api.get(`/api/v1/events/${first}/raw`, { responseType: 'arraybuffer' });
  expect(Buffer.from(raw.data).toString()).toBe(sent.get(first)?.body);
}, 120_000);

test("the vendor's own code verifies Stripe events at the gateway and at the destination", async () => {
  const stripe = new Stripe('sk_test_x');
  const endpoint = await createEndpoint({
    name: 'stripe',
    destination_url: recorder.url('/stripe'),
    verification: { provider: 'stripe', secrets: [STRIPE_SECRET] },
  });
  const types = ['payment_intent.succeeded', 'invoice.paid', 'charge.refunded', 'customer.subscription.deleted'];
  const bodies = types.map(
    (type, n) =>
      `{\n  "id": "evt_${n}", "object": "event",\n  "type": "${type}", "data": {"object": {"amount": 2000.00, "big": 12345678901234567890, "name": "é😀\\u00e9"}}}\n`,
  );
  const ids = await Promise.all(
    bodies.map((payload) =>
      post(endpoint.webhook_url, payload, {
        'Stripe-Signature': stripe.webhooks.generateTestHeaderString({ payload, secret: STRIPE_SECRET }),
      }),
    ),
  );
  const events = await settledEvents(endpoint.id, types.length);
  expect(events.map((event) => event.event_type).sort()).toEqual([...types].sort());
  const arrived = recorder.requests.filter((request) => request.url === '/stripe');
  expect(arrived.map((request) => request.body.toString()).sort()).toEqual([...bodies].sort());
  for (const request of arrived) {
    const event = stripe.webhooks.constructEvent(
      request.body,
      request.headers['stripe-signature'] as string,
      STRIPE_SECRET,
    );
    expect(types).toContain(event.type);
  }
  const { data } = await api.get(`/api/v1/events/${ids[0]}`);
  expect(data).toMatchObject({
    status: 'delivered',
    source: 'stripe',
    payload_format: 'json',
    payload: JSON.parse(bodies[0] as string),
    verification: { status: 'verified', provider: 'stripe', body_authenticated: true },
  });

  const forged = await axios.post(endpoint.webhook_url, bodies[0], {
    headers: { 'stripe-signature': 't=1,v1=00' },
    validateStatus: () => true,
  });
  expect(forged.status).toBe(401);
  expect(forged.data).toMatchObject({ status: 'error', code: 'INVALID_SIGNATURE' });
  expect(forged.headers['paggio-rejection-id']).toMatch(/^[0-9a-f-]{36}$/);
  await settledEvents(endpoint.id, types.length);
});

test('an event is delivered at the third attempt, fails if none is accepted, and is captured without a destination', async () => {
  const flaky = await Recorder.start(
    (_request, response, count) => void response.writeHead(count < 3 ? 503 : 200).end('ok'),
  );
  const endpoint = await createEndpoint({ name: 'flaky', destination_url: flaky.url(), retry: fast });
  const accepted = await post(endpoint.webhook_url, '{}', {});
  // Asking all the time until the last attempt would cost more than the attempts.
  await flaky.received(3);
  const delivered = await settledEvent(accepted);
  expect(delivered).toMatchObject({ status: 'delivered', response_status: 200, response_body: 'ok' });
  expect(delivered.attempts.map((attempt: any) => [attempt.number, attempt.trigger, attempt.response_status])).toEqual([
    [1, 'scheduled', 503],
    [2, 'scheduled', 503],
    [3, 'scheduled', 200],
  ]);
  await flaky.stop();

  const never = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const failing = await createEndpoint({
    name: 'never',
    destination_url: never.url(),
    retry: { ...fast, max_attempts: 2 },
  });
  const refused = await post(failing.webhook_url, '{}', {});
  await never.received(2);
  expect(await settledEvent(refused)).toMatchObject({
    status: 'failed',
    status_reason: 'exhausted',
  });
  expect(never.requests).toHaveLength(2);
  await never.stop();

  const silent = await createEndpoint({ name: 'capture only' });
  expect(await settledEvent(await post(silent.webhook_url, '{}', {}))).toMatchObject({
    status: 'captured',
    status_reason: 'no_destination',
    attempts: [],
  });
});

test('a replay to a second recorder works in all three forms', async () => {
  const second = await Recorder.start();
  const body = '{"a":1.10,"b":[1,2]}';
  const endpoint = await createEndpoint({ name: 'replay', destination_url: recorder.url('/replay') });
  const id = await post(endpoint.webhook_url, body, { 'X-Custom': 'kept' });
  await settledEvent(id);

  const direct = await api.post(`/api/v1/events/${id}/replay`, { destination_url: second.url('/direct') });
  expect([direct.status, direct.data]).toEqual([
    200,
    expect.objectContaining({
      status: 'delivered',
      response_status: 200,
      destination_url: second.url('/direct'),
      error: null,
    }),
  ]);
  const custom = await api.post(`/api/v1/events/evt_${id}/replay`, {
    environment: 'custom',
    customUrl: second.url('/custom'),
  });
  expect(custom.data).toMatchObject({ status: 'delivered' });
  expect(second.requests.map((request) => [request.url, request.body.toString(), request.headers['x-custom']])).toEqual(
    [
      ['/direct', body, 'kept'],
      ['/custom', body, 'kept'],
    ],
  );
  const staging = await api.post(`/api/v1/events/${id}/replay`, { environment: 'staging' });
  expect(staging.data).toMatchObject({
    status: 'failed',
    destination_url: 'http://localhost:1/replay',
    response_status: null,
  });

  await api.patch(`/api/v1/endpoints/${endpoint.id}`, { destination_url: second.url('/redelivered') });
  const again = await api.post(`/api/v1/events/${id}/replay`);
  expect([again.status, again.data]).toEqual([
    202,
    { id: expect.any(String), status: 'QUEUED', message: 'Event replayed' },
  ]);
  const replayed = await settledEvent(again.data.id);
  expect(replayed).toMatchObject({ status: 'delivered', replay_of: id });
  const last = second.requests.at(-1);
  expect([last?.url, last?.body.toString(), last?.headers['webhook-id'], last?.headers['paggio-event-id']]).toEqual([
    '/redelivered',
    body,
    id,
    replayed.id,
  ]);
  expect((await api.get(`/api/v1/events/${id}`)).data).toMatchObject({
    status: 'delivered',
    replayed_as: [replayed.id],
  });

  expect(
    (await api.post(`/api/v1/events/${id}/replay`, { destination_url: second.url(), environment: 'local' })).status,
  ).toBe(400);
  const own = await api.post(`/api/v1/events/${id}/replay`, { destination_url: endpoint.webhook_url });
  expect([own.status, own.data.code]).toEqual([422, 'DESTINATION_NOT_ALLOWED']);
  const hash = createHash('sha256').update(body).digest('hex');
  expect(
    createHash('sha256')
      .update(last?.body as Buffer)
      .digest('hex'),
  ).toBe(hash);
  await second.stop();
});

test('the commands of getting-started do what the page says', async () => {
  const root = join(__dirname, '../../..');
  // The directory is inside the workspace, because the receiver imports a package.
  const inside = mkdtempSync(join(root, 'apps/server/dist/getting-started-'));
  copyFileSync(join(directory, 'api-key'), join(inside, 'api-key'));
  const free = await Recorder.start();
  const port = String(free.port);
  await free.stop();
  const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8');
  const [start, ...blocks] = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  expect([start, blocks.at(-1)]).toEqual(['npm start\n', 'kill %1\n']);
  const script = blocks
    .join('')
    .replaceAll('http://127.0.0.1:4400', server.url)
    .replaceAll('3000', port)
    // Modules are named with a dot in front, everything else is relative to the workspace.
    .replaceAll('./.paggio', inside)
    .replaceAll('.paggio', inside)
    // A person is slower than a script.
    .replace(
      'receiver.mjs &\n',
      (all) => `${all}until (echo > /dev/tcp/127.0.0.1/${port}) 2> /dev/null; do sleep 0.1; done\n`,
    );
  writeFileSync(join(inside, 'script.sh'), `set -em\n${script}`);
  const shell = spawn('bash', [join(inside, 'script.sh')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(shell, 'close')) as [number];
  rmSync(inside, { recursive: true });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('{"received": true}') });
  expect(output).toContain('handled /hook Keep it logically awesome.');
  expect(output).toContain('HTTP/1.1 401 Unauthorized');
  expect(output).toContain('"code":"INVALID_SIGNATURE"');
  expect(output).toContain('handled /again Keep it logically awesome.');
});
