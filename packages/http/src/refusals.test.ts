import { createServer, type Server, type ServerOptions } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createKeyText } from '@paggio/core';
import { owner, startGateway, type TestGateway, withoutDelivery } from '@paggio/core/testing';
import { answerRefusals, createNodeHandler } from './index';
import { build, close, statusesOf } from './testing';

let gateway: TestGateway;
let server: Server;
let key: string;
let path: string;

async function serve(options: ServerOptions): Promise<Server> {
  const handle = createNodeHandler(gateway.paggio, { exclusive: true });
  const made = createServer({ maxHeaderSize: 8_192, requireHostHeader: false, ...options }, (request, response) => {
    handle(request, response);
  });
  handle.attach(made);
  answerRefusals(made);
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  return made;
}

beforeAll(async () => {
  gateway = await startGateway(withoutDelivery);
  key = createKeyText('live');
  await gateway.paggio.admin.keys.createFirst(owner.userId, key);
  path = `/api/webhook/${(await gateway.paggio.admin.endpoints.create(owner, { name: 'refused' })).endpoint.slug}`;
  server = await serve({});
});
afterAll(async () => {
  await close(server);
  await gateway.stop();
});

/** Sends raw bytes, and resolves with everything that arrives until the server ends the connection. */
function say(bytes: string | Buffer, to = server): Promise<string> {
  return new Promise((done) => {
    const socket = connect((to.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => done(received));
    socket.write(bytes);
  });
}

function read(answer: string): { status: number; head: string; body: any } {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: JSON.parse(body) };
}

const get = (...headers: string[]): string => ['GET /api/v1/events HTTP/1.1', ...headers, '', ''].join('\r\n');
const HOST = 'Host: gateway.localhost';

const refused: [string, () => string, number][] = [
  ['what is no HTTP', () => 'hello\r\n\r\n', 400],
  ['HTTP/2 without an agreement', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a malformed header', () => get(HOST, 'A B: c'), 400],
  ['contradicting lengths', () => get(HOST, 'Content-Length: 1', 'Content-Length: 2'), 400],
  ['a broken chunk', () => `POST ${path} HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  ['no header at all', () => get(), 400],
  ['no host', () => get('Accept: */*'), 400],
  ['two hosts', () => get(HOST, HOST), 400],
  ['large headers', () => get(HOST, `X-Large: ${'a'.repeat(9_000)}`), 431],
  ['very large headers', () => get(HOST, `X-Large: ${'a'.repeat(1_000_000)}`), 431],
  ['an unknown expectation', () => get(HOST, 'Expect: a-miracle'), 417],
  ['an unknown expectation beside 100-continue', () => get(HOST, 'Expect: 100-continue, a-miracle'), 417],
  [
    'an unknown expectation with a body',
    () => `POST ${path} HTTP/1.1\r\n${HOST}\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}`,
    417,
  ],
];

test.each(refused)('%s is refused with the usual error body', async (_, request, status) => {
  const answer = read(await say(request()));
  expect(answer).toEqual({
    status,
    head: expect.any(String),
    body: {
      status: 'error',
      code: 'BAD_REQUEST',
      message: expect.stringContaining('request'),
      hint: expect.stringMatching(/\.$/),
      details: [],
      request_id: expect.any(String),
    },
  });
  for (const line of [
    'connection: close',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    "content-security-policy: sandbox; default-src 'none'",
    'content-type: application/json; charset=utf-8',
    `content-length: ${JSON.stringify(answer.body).length}`,
  ])
    expect(answer.head.split('\r\n')).toContain(line);
});

test('headers and bodies that do not arrive in time are refused with 408', async () => {
  const hasty = await serve({ headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 });
  for (const sent of ['GET / HTTP/1.1\r\nHost: a', `POST ${path} HTTP/1.1\r\n${HOST}\r\nContent-Length: 10\r\n\r\n{`]) {
    const { status, body } = read(await say(sent, hasty));
    expect([status, body.code, body.message]).toEqual([408, 'BAD_REQUEST', 'The request did not arrive in time']);
  }
  await close(hasty);
});

test('a request before a malformed one gets its own answer', async () => {
  const answers = await say(`${build({ path, body: '{"first":1}' }).toString('latin1')}nonsense\r\n\r\n`);
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  const again = await say(
    `${build({ path, body: '{' }).toString('latin1')}${build({ path, headers: [['Connection', 'close']] }).toString('latin1')}`,
  );
  expect(again.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('a refused body that turns out to be malformed gets no second answer', async () => {
  const head = `POST /api/v1/events HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    if (received === '') socket.write('no chunk\r\n');
    received += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(head);
  await new Promise((done) => socket.once('close', done));
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
});

test('Expect: 100-continue is answered, in any case and even if it is there twice', async () => {
  const { port } = server.address() as AddressInfo;
  for (const headers of [
    [['Expect', '100-Continue']],
    [
      ['Expect', '100-continue'],
      ['expect', '100-continue'],
    ],
  ] as [string, string][][])
    expect(await statusesOf(port, { path, headers, body: '{}' })).toEqual([100, 200]);
});
