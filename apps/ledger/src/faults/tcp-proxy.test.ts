import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TcpProxy, type NetworkFault } from './tcp-proxy';

let server: Server;
let proxy: TcpProxy;
let heard = '';

/** The server sends back what it receives. */
beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, () => 0);
});

afterEach(async () => {
  await proxy.stop();
  await new Promise((done) => server.close(done));
});

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

async function answer(socket: Socket, text: string): Promise<{ text: string; ms: number }> {
  const startedAt = performance.now();
  socket.write(text);
  let got = '';
  while (got.length < text.length) got += ((await once(socket, 'data')) as [Buffer])[0].toString();
  return { text: got, ms: performance.now() - startedAt };
}

test('the proxy passes everything on, and every fault works until it is over', async () => {
  const socket = await dial();
  expect((await answer(socket, 'hello')).text).toBe('hello');
  proxy.fault = { latencyMs: 100 };
  expect((await answer(socket, 'slow')).ms).toBeGreaterThan(190);
  proxy.fault = { bytesPerSecond: 100 };
  expect((await answer(socket, 'x'.repeat(30))).ms).toBeGreaterThan(390);
  // The rate is the requested one, and not one piece in each tenth of a second.
  proxy.fault = { bytesPerSecond: 5_000_000 };
  const { ms } = await answer(socket, 'x'.repeat(2_000_000));
  expect(ms).toBeGreaterThan(390);
  expect(ms).toBeLessThan(2_500);
  proxy.fault = {};
  expect(await answer(socket, 'again')).toMatchObject({ text: 'again' });
  socket.destroy();
});

test.each<[string, NetworkFault, string]>([
  ['a black hole', { blackhole: true }, ''],
  ['a half-open connection', { halfOpen: true }, 'lost'],
])('nothing comes back in %s', async (_name, fault, arrives) => {
  const socket = await dial();
  await answer(socket, 'hello');
  proxy.fault = fault;
  const before = heard.length;
  let came = false;
  socket.on('data', () => (came = true));
  socket.write('lost');
  await new Promise((done) => setTimeout(done, 100));
  expect([came, heard.slice(before)]).toEqual([false, arrives]);
  proxy.fault = {};
  expect((await answer(socket, 'found')).text).toBe('found');
  socket.destroy();
});

test('connections can be reset, refused, and cut before an answer', async () => {
  const socket = await dial();
  await answer(socket, 'hello');
  proxy.cutBefore((asked) => asked.includes('commit'));
  expect((await answer(socket, 'select')).text).toBe('select');
  socket.write('commit');
  await closed(socket);
  expect([heard, proxy.cuts]).toEqual(['helloselectcommit', 1]);

  const second = await dial();
  proxy.fault = { resetChance: 1 };
  second.write('x');
  await closed(second);
  proxy.fault = { refuse: true };
  const third = connect(proxy.port, '127.0.0.1');
  third.on('error', () => undefined);
  await closed(third);
});
