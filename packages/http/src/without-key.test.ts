import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createKeyText } from '@paggio/core';
import { startGateway, type TestGateway, withoutDelivery } from '@paggio/core/testing';
import { dialectNames, dialects } from './dialects';
import { createNodeHandler } from './index';
import { operations } from './resources/operations';
import { build, close, sendRaw, type RawRequest } from './testing';

let gateway: TestGateway;
let server: Server;
let port: number;
const faults: unknown[] = [];
/** The server's side of each connection, by the client's port. */
const peers = new Map<number, Socket>();
const accepted = new EventEmitter();

beforeAll(async () => {
  gateway = await startGateway({ ...withoutDelivery, bodyLimit: 64 * 1024 * 1024 });
  const handle = createNodeHandler(gateway.paggio, {
    exclusive: true,
    dashboard: true,
    health: true,
    openapi: true,
    metrics: true,
    dialects: dialectNames,
    onFault: (error) => faults.push(error),
  });
  server = createServer((request, response) => void handle(request, response));
  server.on('connection', (peer) => {
    const from = peer.remotePort as number;
    peers.set(from, peer);
    // A later connection may come from the same port.
    peer.once('close', () => peers.delete(from));
    accepted.emit(String(peer.remotePort), peer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  expect(faults).toEqual([]);
  await close(server);
  await gateway.stop();
});

const id = '01a1feba-f6e4-7000-a9af-4d30305a647b';

/** Every method and path of the served tables that a client without a key can ask for. */
function servedPaths(): { method: string; path: string; isOpen: boolean }[] {
  const filled = (path: string): string => path.replace(/:\w+/g, id);
  const own = operations.map(({ method, path, scope }) => ({ method, path: filled(path), isOpen: scope === null }));
  const compatible = dialectNames.flatMap((name) =>
    dialects[name].operations.map(({ method, path, scope }) => ({
      method,
      path: `/compat/${name}${filled(path)}`,
      isOpen: scope === null,
    })),
  );
  const pages = own
    .filter(({ path }) => path.startsWith('/api/v1/'))
    .map((one) => ({ ...one, path: `/dashboard${one.path}` }));
  const sessions = ['GET', 'POST', 'PATCH', 'DELETE'].map((method) => ({
    method,
    path: '/dashboard/session',
    isOpen: method === 'POST' || method === 'DELETE',
  }));
  const others = ['/dashboard', '/dashboard/sign-in', '/dashboard/none', '/none', '/api/v1/none'].flatMap((path) =>
    ['GET', 'POST'].map((method) => ({ method, path, isOpen: false })),
  );
  const webhooks = [{ method: 'POST', path: `/api/webhook/${'a'.repeat(32)}`, isOpen: false }];
  return [...own, ...compatible, ...pages, ...sessions, ...others, ...webhooks];
}

/** A request like those of the dashboard's own pages. */
function head({ headers = [], ...input }: RawRequest): Buffer {
  const own = `127.0.0.1:${port}`;
  return build({ ...input, headers: [['Host', own], ['Origin', `http://${own}`], ...headers] });
}

/** Sends a body until the server stops reading, and returns how many bytes the server read off the connection. */
async function flood(input: RawRequest): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const own = socket.localPort as number;
  const peer = peers.get(own) ?? (await new Promise<Socket>((found) => accepted.once(String(own), found)));
  let read = 0;
  peer.once('close', () => (read = peer.bytesRead));
  const closed = new Promise((done) => peer.once('close', done));
  socket.resume().on('error', () => undefined);
  const headers: [string, string][] = [...(input.headers ?? []), ['Transfer-Encoding', 'chunked']];
  socket.write(head({ ...input, headers, contentLength: null }));
  const chunk = Buffer.from(`10000\r\n${'a'.repeat(65_536)}\r\n`);
  const pump = (): void => {
    while (!socket.destroyed && socket.bytesWritten < 8 * 1024 * 1024) if (!socket.write(chunk)) return;
  };
  socket.on('drain', pump);
  pump();
  await closed;
  socket.destroy();
  return read;
}

test.each([
  ['no key', (): [string, string][] => []],
  ['an invented key', (): [string, string][] => [['Authorization', `Bearer ${createKeyText('live')}`]]],
])('no path reads more than the beginning of a body that is sent with %s', async (_what, headers) => {
  const taken: string[] = [];
  const served = servedPaths();
  expect(served.length).toBeGreaterThan(100);
  await Promise.all(
    served.map(async ({ method, path }) => {
      const read = await flood({ method, path, headers: headers() });
      // Bytes before the answer, bytes under way, and bytes that are read afterwards so that the sender sees the answer.
      if (read > 512 * 1024) taken.push(`${method} ${path}: ${read}`);
    }),
  );
  expect(taken).toEqual([]);
});

test('a request without a key is refused by its headers, before its body has arrived', async () => {
  const waiting: string[] = [];
  await Promise.all(
    servedPaths().map(async ({ method, path, isOpen }) => {
      const { status } = await sendRaw(port, head({ method, path, contentLength: 1_000_000, body: 'a' }));
      if (!(isOpen ? [200, 204, 308, 413, 403] : [200, 308, 303, 401, 403, 404, 405, 429]).includes(status))
        waiting.push(`${method} ${path}: ${status}`);
    }),
  );
  expect(waiting).toEqual([]);
});

test('a sign-in accepts a body of at most 4 KiB', async () => {
  const signIn = async (length: number): Promise<number> => {
    const body = JSON.stringify({ key: 'k'.repeat(length - '{"key":""}'.length) });
    return (await sendRaw(port, head({ path: '/dashboard/session', body }))).status;
  };
  expect([401, 429]).toContain(await signIn(4096));
  expect(await signIn(4097)).toBe(413);
});

test.each([
  ['two Host headers', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['two equal Host headers', 'GET /health HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
  ['HTTP/1.0 in chunks', 'POST /api/v1/events HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['HTTP/2.0 in a request line', 'GET /health HTTP/2.0\r\nHost: a\r\n\r\n'],
  ['HTTP/0.9 in a request line', 'GET /health HTTP/0.9\r\nHost: a\r\n\r\n'],
  ['a coding besides chunked', 'POST /e/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['two Host headers at a webhook', 'POST /api/webhook/x HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n'],
])('a request with %s is refused', async (_what, text) => {
  const { status, headers } = await sendRaw(port, Buffer.from(text, 'latin1'));
  expect([status, headers['connection']]).toEqual([400, 'close']);
});

test('HTTP/1.0 without a body, and chunks over HTTP/1.1, are accepted', async () => {
  const old = await sendRaw(port, Buffer.from('GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n', 'latin1'));
  expect(old.status).toBe(200);
  const chunked = 'POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n';
  // Earlier tests may have used up the guesses of this address.
  expect([401, 429]).toContain((await sendRaw(port, Buffer.from(chunked, 'latin1'))).status);
});
