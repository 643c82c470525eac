import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { context, ROOT_CONTEXT, type ContextManager } from '@opentelemetry/api';
import { owner, query, startGateway, until, withoutDelivery, type TestGateway } from '@paggio/core/testing';
import { Client } from 'pg';
import { Api, createNodeHandler } from './index';
import { close } from './testing/gateway-server';
import { build, request, requestsAtOnce } from './testing/raw-http';

type Listener = (message: IncomingMessage, handle: () => void) => void;

let gateway: TestGateway;
let server: Server;
let api: Api;
let path: string;
let listener: Listener = (_message, handle) => handle();

beforeAll(async () => {
  gateway = await startGateway(withoutDelivery);
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'plain' });
  path = `/api/webhook/${endpoint.slug}`;
  api = new Api(gateway.paggio);
  const handler = createNodeHandler(gateway.paggio, {}, api);
  server = createServer((message, response) => listener(message, () => handler(message, response)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

beforeEach(() => query(gateway.database.url, 'truncate paggio.events cascade'));
afterEach(() => (listener = (_message, handle) => handle()));

afterAll(async () => {
  await close(server);
  await gateway.stop();
});

const port = (): number => (server.address() as AddressInfo).port;
const bodies = async (): Promise<string[]> =>
  (await query<{ body: Buffer }>(gateway.database.url, 'select body from paggio.events order by id')).map(({ body }) =>
    body.toString(),
  );

test('webhooks that arrive together are stored by one statement, each with its own body', async () => {
  const sent = Array.from({ length: 20 }, (_, n) => `body ${n}`);
  const answers = await requestsAtOnce(
    port(),
    sent.map((body) => ({ path, body })),
  );
  expect(answers.map(({ status }) => status)).toEqual(sent.map(() => 200));
  expect(await bodies()).toEqual(sent);
  const [transactions] = await query<{ count: number }>(
    gateway.database.url,
    'select count(distinct xmin::text)::int as count from paggio.events',
  );
  expect(transactions?.count).toBe(1);
});

test.each(['after its headers', 'in two parts', 'byte by byte'])(
  'a body that arrives %s is stored whole',
  async (way) => {
    const whole = build({ path, body: '{"one": "two"}' });
    const head = whole.indexOf('\r\n\r\n') + 4;
    const cuts =
      way === 'after its headers' ? [head] : way === 'in two parts' ? [head + 5] : [head + 1, head + 2, head + 3];
    const socket = connect(port(), '127.0.0.1').setNoDelay();
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    let from = 0;
    for (const cut of cuts) {
      const seen = from === 0 ? once(server, 'request') : undefined;
      socket.write(whole.subarray(from, cut));
      await seen;
      // The server ends its turn before the next part comes.
      await new Promise((done) => setImmediate(() => setImmediate(done)));
      from = cut;
    }
    socket.write(whole.subarray(from));
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
    expect(await bodies()).toEqual(['{"one": "two"}']);
  },
);

test('a body is stored whole when the host hands the request over later, or listens to its end', async () => {
  let ends = 0;
  for (const way of ['later', 'end'] as const) {
    listener = (message, handle) => {
      if (way === 'later') setImmediate(handle);
      else {
        message.on('end', () => ends++);
        handle();
      }
    };
    expect((await request(port(), { path, body: way })).status).toBe(200);
  }
  expect(await bodies()).toEqual(['later', 'end']);
  expect(ends).toBe(1);
});

test('a client that disconnects during its body stores nothing, and others go on', async () => {
  const socket = connect(port(), '127.0.0.1');
  const seen = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write(build({ path, body: '{"half":', contentLength: 100 }));
  const [message] = await seen;
  const gone = once(message, 'close').catch(() => undefined);
  socket.destroy();
  await gone;
  expect((await request(port(), { path, body: 'whole' })).status).toBe(200);
  expect(await bodies()).toEqual(['whole']);
});

test('a client that disconnects while its endpoint is looked up leaves no memory taken', async () => {
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'not yet known' });
  const holder = new Client({ connectionString: gateway.database.url });
  await holder.connect();
  await holder.query('begin; lock table paggio.endpoints in access exclusive mode');
  const socket = connect(port(), '127.0.0.1');
  const seen = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write(build({ path: `/api/webhook/${endpoint.slug}`, body: 'x'.repeat(1_000), contentLength: 2_000 }));
  const [message] = await seen;
  const gone = once(message, 'close').catch(() => undefined);
  socket.destroy();
  await gone;
  const { unread } = api.memory;
  const isAllFree = (): true | undefined => {
    const all = unread.share('all of it');
    const refusal = all.take(64 * 1024 * 1024);
    all.giveBack();
    return refusal === null ? true : undefined;
  };
  expect(isAllFree()).toBeUndefined();
  await holder.query('rollback');
  await holder.end();
  await until(gateway.paggio, async () => isAllFree());
});

test('each webhook is taken in within the asynchronous context of its own request', async () => {
  // The endpoint is in memory after this, so nothing is awaited.
  await request(port(), { path, body: '0' });
  const contexts = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  // Taking a webhook in asks for the active span once. A tracer would stay in use for the tests that follow.
  const manager: ContextManager = {
    active() {
      seen.push(contexts.getStore());
      return ROOT_CONTEXT;
    },
    with: (_context, work, self, ...args) => work.call(self as ThisParameterType<typeof work>, ...args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
  listener = (message, handle) => contexts.run(String(message.headers['x-number']), handle);
  const numbers = ['1', '2', '3'];
  await requestsAtOnce(
    port(),
    numbers.map((number) => ({ path, body: number, headers: [['X-Number', number]] })),
  );
  context.disable();
  expect(seen).toEqual(numbers);
});
