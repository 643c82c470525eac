import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { startGateway, withoutDelivery } from '@paggio/core/testing';
import { createNodeHandler } from './index';
import { startGatewayServer, type GatewayServer } from './testing';

/**
 * The body is larger than the buffers of a connection, so a sender cannot finish before the server has read most of it.
 */
const full = process.env['PAGGIO_FULL'] === '1';
const SIZE = (full ? 24 : 12) * 1024 * 1024;
const PART = Buffer.alloc(64 * 1024, 0x20);

let server: GatewayServer;
let slug: string;
let endpointId: string;

beforeAll(async () => {
  server = await startGatewayServer({ ...withoutDelivery, apiRateLimit: null });
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'large' });
  slug = data.slug;
  endpointId = data.id;
});
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

interface Case {
  name: string;
  path: string;
  headers: Record<string, string>;
  status: number;
  /** Whether the sender is allowed to send there. */
  isKnown: boolean;
}

function cases(): Case[] {
  const authorization = `Bearer ${server.key}`;
  const api = '/api/v1/endpoints';
  return [
    { name: 'a webhook', path: `/api/webhook/${slug}`, headers: {}, status: 413, isKnown: true },
    { name: 'an unknown webhook', path: '/api/webhook/unknown', headers: {}, status: 404, isKnown: false },
    { name: 'an API route', path: api, headers: { authorization }, status: 413, isKnown: true },
    { name: 'publishing', path: '/api/v1/events', headers: { authorization }, status: 413, isKnown: true },
    { name: 'signed ingest', path: `/e/${endpointId}`, headers: { authorization }, status: 401, isKnown: true },
    { name: 'no key', path: api, headers: {}, status: 401, isKnown: false },
    {
      name: 'a compressed body',
      path: api,
      headers: { authorization, 'content-encoding': 'gzip' },
      status: 415,
      isKnown: true,
    },
    { name: 'an unknown route', path: '/api/v1/nothing', headers: { authorization }, status: 404, isKnown: false },
  ];
}

/** Sends a whole request before it reads, like many simple clients. Rejects if the connection breaks before that. */
function writeThenRead(path: string, headers: Record<string, string>, chunked: boolean): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.pause();
    socket.on('error', fail);
    socket.on('data', (chunk) => {
      done(Number(chunk.toString('latin1').split(' ')[1]));
      socket.destroy();
    });
    const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${SIZE}`;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${path} HTTP/1.1\r\nHost: gateway.localhost\r\n${framing}\r\n${lines.join('')}\r\n`);
    let sent = 0;
    const send = (): void => {
      while (sent < SIZE) {
        sent += PART.length;
        if (chunked) socket.write(`${PART.length.toString(16)}\r\n`);
        if (!socket.write(PART) && sent < SIZE) {
          if (chunked) socket.write('\r\n');
          return void socket.once('drain', send);
        }
        if (chunked) socket.write('\r\n');
      }
      socket.write(chunked ? '0\r\n\r\n' : '', () => socket.resume());
    };
    send();
  });
}

test.each([false, true])(
  'a sender that reads after its large body gets the answer (in chunks: %s)',
  async (chunked) => {
    const known = cases().filter(({ isKnown }) => isKnown);
    const answers: [string, number][] = [];
    for (const { name, path, headers } of known) answers.push([name, await writeThenRead(path, headers, chunked)]);
    expect(answers).toEqual(known.map(({ name, status }) => [name, status]));
  },
);

test("Node's own clients get the answer to a large body", async () => {
  const port = { port: server.port, host: '127.0.0.1', method: 'POST' };
  const byHttp = ({ path, headers }: Case): Promise<number> =>
    new Promise((done, fail) => {
      const outgoing = httpRequest({ ...port, path, headers: { ...headers, 'content-length': SIZE } }, (answer) => {
        answer.resume().on('end', () => done(answer.statusCode as number));
      });
      outgoing.on('error', fail);
      outgoing.end(Buffer.alloc(SIZE, 0x20));
    });
  const byFetch = async ({ path, headers }: Case): Promise<number> => {
    const url = `http://127.0.0.1:${server.port}${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body: Buffer.alloc(SIZE, 0x20) });
    await answer.text();
    return answer.status;
  };
  const names = ['a webhook', 'no key', ...(full ? ['publishing', 'an unknown webhook'] : [])];
  const some = cases().filter(({ name }) => names.includes(name));
  for (const client of [byHttp, byFetch]) {
    const answers: [string, number][] = [];
    for (const one of some) answers.push([one.name, await client(one)]);
    expect(answers).toEqual(some.map(({ name, status }) => [name, status]));
  }
});

test('a connection is used for the next request after its large body was refused', async () => {
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  const size = 4 * 1024 * 1024;
  const headers = `Authorization: Bearer ${server.key}\r\nContent-Encoding: gzip\r\nContent-Length: ${size}`;
  socket.write(`POST /api/v1/endpoints HTTP/1.1\r\nHost: gateway.localhost\r\n${headers}\r\n\r\n`);
  socket.write(Buffer.alloc(size, 0x20));
  socket.write('GET /health/live HTTP/1.1\r\nHost: gateway.localhost\r\nConnection: close\r\n\r\n');
  await once(socket, 'close');
  expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['415', '200']);
});

test('a sender that never ends its refused body loses the connection, but not the answer', async () => {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  let sent = 0;
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.write(`POST /api/webhook/${slug} HTTP/1.1\r\nHost: gateway.localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const part = Buffer.concat([Buffer.from('10000\r\n'), PART, Buffer.from('\r\n')]);
  const send = (): void => {
    while (!socket.destroyed) {
      sent += part.length;
      if (!socket.write(part)) return void socket.once('drain', send);
    }
  };
  send();
  await new Promise((done) => socket.once('close', done));
  expect(received).toMatch(/^HTTP\/1\.1 413 /);
  expect(sent).toBeLessThan(256 * 1024 * 1024);
});

test('HTTP/2 senders get the answer to a large body, and their connection stays open', async () => {
  const gateway = await startGateway(withoutDelivery);
  const handle = createNodeHandler(gateway.paggio, { exclusive: true });
  const http2 = createHttp2Server((incoming, response) => void handle(incoming as never, response as never));
  handle.attach(http2);
  await new Promise<void>((done) => http2.listen(0, '127.0.0.1', done));
  const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  const post = async (path: string, size: number, headers: object = {}): Promise<number[]> => {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    const statuses: number[] = [];
    stream.on('headers', ({ ':status': status }) => statuses.push(status as number));
    stream.on('response', ({ ':status': status }) => statuses.push(status as number));
    if ('expect' in headers) stream.once('continue', () => statuses.push(100)).once('continue', () => stream.end('{}'));
    else pipeline(Readable.from(Array<Buffer>(Math.ceil(size / PART.length)).fill(PART)), stream, () => undefined);
    stream.resume();
    stream.on('error', () => undefined);
    await new Promise((done) => stream.once('close', done));
    return statuses;
  };
  expect(await post('/api/v1/endpoints', SIZE)).toEqual([401]);
  expect(await post('/api/webhook/unknown', SIZE)).toEqual([404]);
  expect(await post('/api/v1/endpoints', 2, { expect: '100-continue' })).toEqual([401]);
  session.close();
  gateway.paggio.host.quiesce();
  await new Promise((done) => http2.close(done));
  await gateway.stop();
});
