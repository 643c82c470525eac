import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Paggio } from '@paggio/core';
import { owner, query, startGateway, testMasterKey, until, type TestDatabase } from '@paggio/core/testing';
import axios from 'axios';

const page = (name: string): string => readFileSync(join(__dirname, '../../..', name), 'utf8');
const source = (name: string): string => readFileSync(join(__dirname, `${name}.ts`), 'utf8').trim();

/** Finds a free port below those that systems assign, so that no server of another test can take it in between. */
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

/**
 * A process that runs built examples. One process runs them all, each with its own database, because most of a start is
 * loading the packages that they share. In the full check each example has its own process.
 */
class ExampleProcess {
  private said = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
  }

  static start(): ExampleProcess {
    const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
    const env = { PATH: process.env['PATH'] };
    return new ExampleProcess(
      fork(join(__dirname, 'testing/run-examples.js'), { env, execArgv: [], stdio: [...stdio] }),
    );
  }

  run(file: string, env: Record<string, string>): void {
    this.child.send({ file, env });
  }

  /** The output of its examples so far. */
  get output(): string {
    return this.said;
  }

  async kill(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

let examples: ExampleProcess | undefined;
const databases: TestDatabase[] = [];

async function killExamples(): Promise<void> {
  await examples?.kill();
  examples = undefined;
  await Promise.all(databases.splice(0).map((database) => database.drop()));
}

beforeEach(async () => {
  if (process.env['PAGGIO_FULL']) await killExamples();
  examples ??= ExampleProcess.start();
});

afterAll(killExamples);

interface Example {
  paggio: Paggio;
  database: TestDatabase;
  endpointId: string;
  url: string;
  /** The output of the examples so far. Ids of events tell them apart. */
  output: () => string;
}

/** Runs an example with an endpoint for Stripe, and does the work while it runs. */
async function withExample(file: string, path: string, work: (example: Example) => Promise<void>): Promise<void> {
  const { paggio, database } = await startGateway({ roles: ['capture', 'api'] });
  databases.push(database);
  await query(database.url, 'create table payments (invoice text)');
  const verification = { provider: 'stripe', secrets: ['whsec_example'] };
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'example', verification });
  const port = await freePort();
  examples?.run(join(__dirname, file), {
    DATABASE_URL: database.url,
    PAGGIO_MASTER_KEY: testMasterKey.toString('base64'),
    PORT: String(port),
  });
  const url = `http://127.0.0.1:${port}${path}/api/webhook/${endpoint.slug}`;
  // The example listens after its start, when its handlers are known.
  await until(
    paggio,
    async () => (await axios.post(url, '{}').catch(({ response }) => response)) as object | undefined,
  );
  await work({ paggio, database, endpointId: endpoint.id, url, output: () => examples?.output ?? '' });
  await paggio.stop();
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
  'the %s example is the same as in the documentation, accepts webhooks and handles them',
  async (name) => {
    expect(page(documented[name] as string)).toContain(source(name));
    await withExample(`../dist/${name}.js`, '', async ({ paggio, endpointId, url, output }) => {
      // The request has no signature.
      const refused = await axios.post(url, '{}', { validateStatus: () => true });
      expect([refused.status, refused.data.code]).toEqual([401, 'INVALID_SIGNATURE']);
      const id = await paggio.admin.testEvents.send(owner, endpointId, 'invoice.paid');
      await until(paggio, async () => (output().includes(`paid ${id}`) ? true : undefined));
    });
  },
  60_000,
);

test('the orders example is the same as in the documentation, and writes a row and publishes an event for each invoice together', async () => {
  expect(page('docs/handlers.md')).toContain(source('orders'));
  await withExample('../dist/orders.js', '', async ({ paggio, database, endpointId }) => {
    const id = await paggio.admin.testEvents.send(owner, endpointId, 'invoice.paid');
    const event = await until(paggio, async () => {
      const one = await paggio.admin.events.get(owner, id);
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

test("the Next.js example is the same as in the documentation, and answers when Next's router calls it", async () => {
  expect(page('docs/hosts.md')).toContain(source('next-route'));
  await withExample('testing/next-server.js', '/paggio', async ({ paggio, endpointId, output }) => {
    const id = await paggio.admin.testEvents.send(owner, endpointId, 'invoice.paid');
    await until(paggio, async () => (output().includes(`paid ${id}`) ? true : undefined));
  });
}, 60_000);
