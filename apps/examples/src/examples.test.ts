import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createPaggio, type Paggio } from '@paggio/core';
import { createTestDatabase, owner, query, testMasterKey, until, type TestDatabase } from '@paggio/core/testing';
import axios from 'axios';

const page = (name: string): string => readFileSync(join(__dirname, '../../..', name), 'utf8');
const source = (name: string): string => readFileSync(join(__dirname, `${name}.ts`), 'utf8').trim();

/** Below those that systems hand out by themselves: a server of another test must not get it in between. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false)).listen(port, () => done(true));
    });
    if (!free) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

interface Example {
  paggio: Paggio;
  database: TestDatabase;
  endpointId: string;
  url: string;
  /** What it has said so far. */
  output: () => string;
}

/** An example as it was built, with an endpoint of Stripe; the work is done while it runs. */
async function withExample(name: string, path: string, work: (example: Example) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  await query(database.url, 'create table payments (invoice text)');
  const paggio = createPaggio({ database: { url: database.url }, masterKey: testMasterKey, roles: ['capture', 'api'] });
  await paggio.start();
  const verification = { provider: 'stripe', secrets: ['whsec_example'] };
  const { endpoint } = await paggio.endpoints.create(owner, { name: 'example', verification });
  const port = await freePort();
  const child = spawn(process.execPath, name.endsWith('.js') ? [name] : [join(__dirname, `../dist/${name}.js`)], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      PAGGIO_MASTER_KEY: testMasterKey.toString('base64'),
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = `http://127.0.0.1:${port}${path}/api/webhook/${endpoint.slug}`;
  // It listens after its start, and its handlers are known by then.
  await until(
    paggio,
    async () => (await axios.post(url, '{}').catch(({ response }) => response)) as object | undefined,
  );
  await work({ paggio, database, endpointId: endpoint.id, url, output: () => said });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await paggio.stop();
  await database.drop();
}

const documented: Readonly<Record<string, string>> = {
  nest: 'README.md',
  express: 'README.md',
  'nest-fastify': 'docs/hosts.md',
  fastify: 'docs/hosts.md',
  koa: 'docs/hosts.md',
  'node-http': 'docs/hosts.md',
  hono: 'docs/hosts.md',
};

test.each(Object.keys(documented))(
  'the %s example is what the documentation shows, takes webhooks in, and handles them',
  async (name) => {
    expect(page(documented[name] as string)).toContain(source(name));
    await withExample(name, '', async ({ paggio, endpointId, url, output }) => {
      // Nobody signed it.
      const refused = await axios.post(url, '{}', { validateStatus: () => true });
      expect([refused.status, refused.data.code]).toEqual([401, 'INVALID_SIGNATURE']);
      const id = await paggio.testEvents.send(owner, endpointId, 'invoice.paid');
      await until(paggio, async () => (output().includes(`paid ${id}`) ? true : undefined));
    });
  },
  60_000,
);

test('the orders example is what the documentation shows: a row and an event of its own for each invoice, at once', async () => {
  expect(page('docs/handlers.md')).toContain(source('orders'));
  await withExample('orders', '', async ({ paggio, database, endpointId }) => {
    const id = await paggio.testEvents.send(owner, endpointId, 'invoice.paid');
    const event = await until(paggio, async () => {
      const one = await paggio.events.get(owner, id);
      return one.status === 'pending' ? undefined : one;
    });
    expect(event.status).toBe('delivered');
    const rows = await query<{ invoice: string }>(database.url, 'select invoice from payments');
    expect(rows).toEqual([{ invoice: expect.stringMatching(/^in_/) }]);
    const [published] = await query<{ body: Buffer }>(
      database.url,
      `select body from paggio.events where event_type = 'payment.recorded'`,
    );
    expect(JSON.parse(String(published?.body))).toEqual(rows[0]);
  });
}, 60_000);

test("the Next.js example is what the documentation shows, and answers as Next's router calls it", async () => {
  expect(page('docs/hosts.md')).toContain(source('next-route'));
  await withExample(
    join(__dirname, '../src/testing/next-server.js'),
    '/paggio',
    async ({ paggio, endpointId, output }) => {
      const id = await paggio.testEvents.send(owner, endpointId, 'invoice.paid');
      await until(paggio, async () => (output().includes(`paid ${id}`) ? true : undefined));
    },
  );
}, 60_000);
