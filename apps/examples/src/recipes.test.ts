import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { createClient, unwrap, type PaggioClient } from '@paggio/client';
import type { Paggio } from '@paggio/core';
import {
  hostPool,
  migratedDatabase,
  query,
  Recorder,
  settled,
  testMasterKey,
  until,
  type TestDatabase,
} from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from '@paggio/http/testing';
import axios from 'axios';
import type { Pool } from 'pg';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { alertSlack } from './recipes/alerts-to-slack';
import { deleteCustomer } from './recipes/delete-customer';
import { addCustomer, notify } from './recipes/endpoint-per-customer';
import { createFanOut } from './recipes/fan-out';
import { enqueueWelcome, handleJobs } from './recipes/from-bullmq';
import { handlePayments } from './recipes/host-transaction';
import { createOrderedEndpoint } from './recipes/in-order';
import { forward } from './recipes/local-development';
import { placeOrder } from './recipes/outbox';
import { reportPayment } from './recipes/own-producer';
import { replayYesterday } from './recipes/replay-failures';
import { acceptNewSecret, rotateSigningSecret } from './recipes/rotate-secret';
import { copyChanges, type Change } from './recipes/stream-to-service';
import type * as SeveralProcesses from './recipes/several-processes';
import type * as StripeInNest from './recipes/stripe-in-nest';
import { tryHandler } from './recipes/test-a-handler';

const DAY_MS = 86_400_000;
const root = join(__dirname, '../../..');
const sources = join(__dirname, 'recipes');

// One gateway and one database for all recipes. Recipes that start their own process come last.
let database: TestDatabase;
let pool: Pool;
let server: GatewayServer;
let paggio: Paggio;
let client: PaggioClient;
const mails: unknown[] = [];

beforeAll(async () => {
  // Recipes print what they do.
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  database = await migratedDatabase();
  await query(database.url, 'create table payments (invoice text)');
  await query(database.url, 'create table orders (id text, total int)');
  pool = hostPool({ connectionString: database.url });
  server = await startGatewayServer({ transactions: { pool } }, {}, database, {}, (starting) => {
    handlePayments(starting);
    handleJobs(starting, async (job) => void mails.push(job));
    starting.on(
      'stripe',
      'charge.failed',
      () => {
        throw new Error('not today');
      },
      { retry: { preset: 'none' } },
    );
  });
  paggio = server.paggio;
  client = createClient({ baseUrl: `http://127.0.0.1:${server.port}`, apiKey: server.key });
  for (const userId of ['jobs', 'shop'])
    await paggio.admin.endpoints.create({ userId, mode: 'live' }, { name: userId });
});

afterAll(async () => {
  await server.stop();
  await pool.end();
  await database.drop();
});

const me = { userId: 'user-1', mode: 'live' } as const;
const finished = (id: string) => settled(paggio, me, id);

async function publish(endpointId: string, eventType: string, payload: object): Promise<string> {
  const { deliveries } = unwrap(
    await client.events.publish({ event_type: eventType, payload, endpoint_ids: [endpointId] }),
  );
  return deliveries[0]!.event_id;
}

test('every recipe has a page that shows its code, and the index lists it', () => {
  const names = readdirSync(sources).map((file) => file.replace(/\.ts$/, ''));
  const index = readFileSync(join(root, 'docs/recipes/README.md'), 'utf8');
  for (const name of names) {
    const page = readFileSync(join(root, `docs/recipes/${name}.md`), 'utf8');
    const code = readFileSync(join(sources, `${name}.ts`), 'utf8');
    expect({ name, shown: page.includes(`\`\`\`ts\n${code}\`\`\``) }).toEqual({ name, shown: true });
    expect(index).toContain(`(${name}.md)`);
  }
  const pages = readdirSync(join(root, 'docs/recipes')).filter((file) => file !== 'README.md');
  expect(pages).toEqual(names.map((name) => `${name}.md`));
  expect(names.length).toBeGreaterThanOrEqual(12);
});

test('replay-failures delivers the failed events of the day before', async () => {
  let status = 500;
  const destination = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const endpoint = unwrap(
    await client.endpoints.create({ name: 'broken', destination_url: destination.url(), retry: { preset: 'none' } }),
  );
  expect((await finished(await publish(endpoint.id, 'a', { n: 1 }))).status).toBe('failed');
  status = 200;
  expect(await replayYesterday(client, new Date(Date.now() + DAY_MS))).toBe(1);
  expect(String(destination.requests[1]?.body)).toBe('{"n":1}');
  expect(destination.requests[1]?.headers['webhook-id']).toBe(destination.requests[0]?.headers['webhook-id']);
  // Events of today do not count as yesterday's.
  expect(await replayYesterday(client)).toBe(0);
  await destination.stop();
});

test('rotate-secret accepts both secrets of the sender, and signs with both of its own', async () => {
  const verification = { provider: 'github', secrets: ['previous'] };
  const destination = await Recorder.start();
  const endpoint = unwrap(
    await client.endpoints.create({ name: 'rotated', verification, destination_url: destination.url() }),
  );
  await acceptNewSecret(client, endpoint.id, { previous: 'previous', next: 'next' });
  const { sign } = await import('@octokit/webhooks-methods');
  const post = async (secret: string): Promise<number> => {
    const headers = { 'x-github-event': 'push', 'x-hub-signature-256': await sign(secret, `"${secret}"`) };
    const options = { headers: { ...headers, 'content-type': 'application/json' }, validateStatus: () => true };
    return (await axios.post(endpoint.webhook_url, Buffer.from(`"${secret}"`), options)).status;
  };
  expect([await post('previous'), await post('next'), await post('other')]).toEqual([200, 200, 401]);
  await destination.received(2);

  const secret = await rotateSigningSecret(client, endpoint.id);
  expect(await post('next')).toBe(200);
  await destination.received(3);
  const { body, headers } = destination.requests[2]!;
  for (const one of [secret, endpoint.secret]) {
    expect(new Webhook(one).verify(String(body), headers as Record<string, string>)).toBe('next');
  }
  await destination.stop();
});

test('from-bullmq runs a job once per key', async () => {
  await enqueueWelcome(paggio, 'ada@example.com');
  await enqueueWelcome(paggio, 'ada@example.com');
  await until(paggio, async () => mails[0]);
  await enqueueWelcome(paggio, 'bob@example.com');
  await until(paggio, async () => mails[1]);
  expect(mails).toEqual([{ to: 'ada@example.com' }, { to: 'bob@example.com' }]);
});

test('local-development forwards the exact bytes of new events', async () => {
  const local = await Recorder.start();
  const ending = new AbortController();
  const ended = forward(client, local.url('/local'), ending.signal).catch(() => undefined);
  const endpoint = unwrap(await client.endpoints.create({ name: 'forwarded' }));
  // The stream begins some time after the call.
  for (let n = 0; local.requests.length === 0; n++) {
    await axios.post(endpoint.webhook_url, Buffer.from(`{ "n": ${n}.10 }`), { headers: { 'X-Mine': 'yes' } });
    await new Promise((done) => setTimeout(done, 50));
  }
  expect(local.requests[0]).toMatchObject({ method: 'POST', url: '/local', headers: { 'x-mine': 'yes' } });
  expect(String(local.requests[0]?.body)).toMatch(/^\{ "n": \d+\.10 \}$/);
  ending.abort();
  await ended;
  await local.stop();
});

test('endpoint-per-customer reaches one customer, who can verify it', async () => {
  const [ada, bob] = [await Recorder.start(), await Recorder.start()];
  const customer = await addCustomer(client, { name: 'ada', webhookUrl: ada.url() });
  await addCustomer(client, { name: 'bob', webhookUrl: bob.url() });
  await notify(client, customer.endpointId, 'invoice.paid', { id: 'in_1' });
  await ada.received(1);
  const { body, headers } = ada.requests[0]!;
  expect(new Webhook(customer.secret).verify(String(body), headers as Record<string, string>)).toEqual({ id: 'in_1' });
  const [other] = await notify(client, customer.endpointId, 'order.paid', {});
  expect((await finished(other!.event_id)).status).toBe('captured');
  expect([ada.requests.length, bob.requests.length]).toEqual([1, 0]);
  await Promise.all([ada.stop(), bob.stop()]);
});

test('host-transaction writes its row once, and fails for good without an invoice', async () => {
  const endpoint = unwrap(await client.endpoints.create({ name: 'payments' }));
  const paid = await finished(await publish(endpoint.id, 'payment.received', { invoice: 'in_7' }));
  const empty = await finished(await publish(endpoint.id, 'payment.received', {}));
  expect([paid.status, empty.status, empty.attempts.length]).toEqual(['delivered', 'failed', 1]);
  expect(await query(database.url, 'select invoice from payments')).toEqual([{ invoice: 'in_7' }]);
});

test('outbox publishes with the commit, and publishes nothing after a rollback', async () => {
  await placeOrder(paggio, pool, { id: 'o-1', total: 10 });
  await expect(placeOrder(paggio, pool, { id: 'o-2', total: Number.NaN })).rejects.toThrow();
  const orders = await query(database.url, 'select id from orders');
  const events = await query<{ body: Buffer }>(
    database.url,
    `select body from paggio.events where event_type = 'order.created'`,
  );
  expect(orders).toEqual([{ id: 'o-1' }]);
  expect(events.map(({ body }) => JSON.parse(String(body)))).toEqual([{ id: 'o-1', total: 10 }]);
});

test('fan-out sends all events to one destination, and invoices also to another with its header', async () => {
  const [shop, accounting] = [await Recorder.start(), await Recorder.start()];
  const endpoint = await createFanOut(client, { shop: shop.url(), accounting: accounting.url() });
  await finished(await publish(endpoint.id, 'order.paid', {}));
  await finished(await publish(endpoint.id, 'invoice.paid', {}));
  expect([shop.requests.length, accounting.requests.length]).toEqual([2, 1]);
  expect(accounting.requests[0]?.headers['x-token']).toBe('accounting-token');
  await Promise.all([shop.stop(), accounting.stop()]);
});

test('alerts-to-slack stores the channel and sends a message', async () => {
  const slack = await Recorder.start((_request, response) => void response.end('ok'));
  await alertSlack(client, slack.url('/services/T/B/secret'));
  await slack.received(1);
  expect(JSON.parse(String(slack.requests[0]?.body))).toHaveProperty('text');
  expect(unwrap(await client.notifications.get()).slack?.triggers).toEqual(['failing', 'paused', 'recovered']);
  // Later recipes must not send alerts.
  unwrap(await client.notifications.put({ slack: null }));
  await slack.stop();
});

test('test-a-handler shows how a handler dealt with a sample', async () => {
  const verification = { provider: 'stripe', secrets: ['whsec_example'] };
  const endpoint = unwrap(await client.endpoints.create({ name: 'tried', verification }));
  const event = await tryHandler(client, endpoint.id, 'charge.failed');
  expect(event.status).toBe('failed');
  expect(event.attempts[0]?.error).toContain('not today');
});

test('stream-to-service passes each change on, and continues where it stopped', async () => {
  const endpoint = unwrap(await client.endpoints.create({ name: 'streamed' }));
  const changes: Change[] = [];
  let saved: string | undefined;
  const position = { load: async () => saved, save: async (id: string) => void (saved = id) };
  const copy = (signal: AbortSignal): Promise<void> =>
    copyChanges(client, position, async (change) => void changes.push(change), signal);
  const first = new AbortController();
  const running = copy(first.signal);
  while (saved === undefined) {
    await publish(endpoint.id, 'streamed', {});
    await new Promise((done) => setTimeout(done, 50));
  }
  first.abort();
  await running;

  const missed = await publish(endpoint.id, 'streamed', {});
  const second = new AbortController();
  const again = copy(second.signal);
  await until(paggio, async () => changes.find(({ id }) => id === missed));
  expect(changes.find(({ id }) => id === missed)?.status).toBe('captured');
  second.abort();
  await again;
});

test('delete-customer closes the URL and cancels pending deliveries', async () => {
  const down = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const customer = await addCustomer(client, { name: 'leaves', webhookUrl: down.url() });
  const { webhook_url: url } = unwrap(await client.endpoints.get(customer.endpointId));
  const id = await publish(customer.endpointId, 'invoice.paid', {});
  await down.received(1);
  await deleteCustomer(client, customer.endpointId);
  const event = await finished(id);
  expect([event.status, event.statusReason]).toEqual(['failed', 'endpoint_deleted']);
  expect((await axios.post(url, '{}', { validateStatus: () => true })).status).toBe(410);
  await down.stop();
});

test('in-order holds back the next event of the same customer, but no other', async () => {
  let answerFirst = (): void => undefined;
  const destination = await Recorder.start((_request, response, count) => {
    if (count === 1) answerFirst = () => void response.end();
    else response.end();
  });
  const endpoint = await createOrderedEndpoint(client, destination.url());
  const first = await publish(endpoint.id, 'a', { customer: 'ada', n: 1 });
  await destination.received(1);
  const second = await publish(endpoint.id, 'a', { customer: 'ada', n: 2 });
  await publish(endpoint.id, 'a', { customer: 'bob', n: 3 });
  await destination.received(2);
  expect(JSON.parse(String(destination.requests[1]?.body))).toEqual({ customer: 'bob', n: 3 });
  answerFirst();
  await finished(first);
  await finished(second);
  expect(JSON.parse(String(destination.requests[2]?.body))).toEqual({ customer: 'ada', n: 2 });
  await destination.stop();
});

test('own-producer stores a repeated payment once', async () => {
  const endpoint = unwrap(await client.endpoints.create({ name: 'produced' }));
  const ids = [
    await reportPayment(client, endpoint, { id: 'p-1', amount: 5 }),
    await reportPayment(client, endpoint, { id: 'p-1', amount: 5 }),
  ];
  expect(ids[1]).toBe(ids[0]);
  const event = unwrap(await client.events.get(ids[0]!));
  expect([event.event_type, event.payload]).toEqual(['payment.reported', { id: 'p-1', amount: 5 }]);
});

describe('recipes with their own process', () => {
  beforeAll(() => {
    process.env['DATABASE_URL'] = database.url;
    process.env['PAGGIO_MASTER_KEY'] = testMasterKey.toString('base64');
  });

  test('stripe-in-nest handles events signed by Stripe, and refuses all others', async () => {
    const secret = 'whsec_stripe_recipe';
    const verification = { provider: 'stripe', secrets: [secret] };
    const endpoint = unwrap(await client.endpoints.create({ name: 'stripe', verification }));
    const { AppModule, Invoices } = jest.requireActual<typeof StripeInNest>('./recipes/stripe-in-nest');
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    const body = JSON.stringify({ id: 'evt_1', type: 'invoice.paid', data: { object: { id: 'in_42' } } });
    const post = async (signature: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      const url = `${await app.getUrl()}/api/webhook/${endpoint.slug}`;
      return (await axios.post(url, Buffer.from(body), { headers, validateStatus: () => true })).status;
    };
    expect(await post('t=1,v1=00')).toBe(401);
    expect(await post(Stripe.webhooks.generateTestHeaderString({ payload: body, secret }))).toBe(200);
    await until(paggio, async () => app.get(Invoices).paid[0]);
    expect(app.get(Invoices).paid).toEqual(['in_42']);
    await app.close();
  });

  test('several-processes hands events that one process accepts to another', async () => {
    const { startWebProcess, startWorkerProcess } =
      jest.requireActual<typeof SeveralProcesses>('./recipes/several-processes');
    const reports: string[] = [];
    const worker = await startWorkerProcess(async (month) => void reports.push(month));
    const web = await startWebProcess();
    await web.publish({ userId: 'jobs', eventType: 'report.requested', payload: { month: '2026-10' } });
    await until(worker, async () => reports[0]);
    expect(reports).toEqual(['2026-10']);
    await Promise.all([web.stop(), worker.stop()]);
  });
});
