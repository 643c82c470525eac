import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import axios from 'axios';
import { AddressGuard, NameResolutionError, type Resolve } from './address-guard';
import { axiosTransport } from './axios-transport';
import type { PoolAge } from './connection-pools';
import { Connector } from './connector';
import { Recorder } from '../testing';
import { socketTransport } from './socket-transport';
import type { Transport, TransportRequest } from './transport';
import { toTransportError } from './transport-error';
import { undiciTransport } from './undici-transport';

const full = process.env['PAGGIO_FULL'] !== undefined;
/** Rounds of ten requests. */
const ROUNDS = full ? 100 : 4;
/** The number of simultaneous connections to one destination. */
const MANY = full ? 200 : 16;

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const open: Transport[] = [];
const servers: { close(): void }[] = [];

afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close();
  for (const server of servers.splice(0)) server.close();
});

async function tcp(behave: (socket: Socket, count: number) => void): Promise<{ port: number; accepted: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    behave(socket, ++count);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  server.unref();
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, accepted: () => count };
}

function request(port: number, change: Partial<TransportRequest> = {}): TransportRequest {
  return {
    method: 'POST',
    origin: `http://127.0.0.1:${port}`,
    target: '/hook?a=%2f',
    headers: [],
    body: Buffer.from('{"a":1.10}'),
    timeoutMs: 2_000,
    ...change,
  };
}

type Maker = [string, (connector: Connector, age?: PoolAge) => Transport];

const makers: Maker[] = [
  ['sockets', socketTransport],
  ['undici', undiciTransport],
  // The next one has everything that this one has.
  ...(full
    ? [['axios', (connector: Connector, age?: PoolAge) => axiosTransport(axios.create(), connector, age)] as Maker]
    : []),
  [
    'axios of a host that configured everything wrong',
    (connector, age) =>
      axiosTransport(
        axios.create({
          baseURL: 'http://127.0.0.1:1/elsewhere',
          headers: { 'X-Host-Default': 'leaks', common: { Accept: 'application/json' } },
          params: { leaks: 1 },
          proxy: { host: '127.0.0.1', port: 1 },
          timeout: 1,
          maxRedirects: 5,
          maxContentLength: 1,
          maxBodyLength: 1,
          decompress: true,
          responseType: 'json',
          auth: { username: 'leaks', password: 'leaks' },
          socketPath: '/nonexistent.sock',
          validateStatus: (status) => status === 200,
          transformRequest: [() => 'changed'],
          transformResponse: [() => 'changed'],
        }),
        connector,
        age,
      ),
  ],
];

/** Blocks this thread, so that nothing else happens in it. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * A server in its own thread, which answers after 50 ms whatever this thread does. It reports when a request has
 * arrived.
 */
const ELSEWHERE = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      parentPort.postMessage('received');
      setTimeout(() => response.end('accepted'), 50);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

/** Loopback, private, link-local and special hosts in the spellings that URL parsers accept. */
const hostile = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.01',
    '127.000.1',
  ],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', '0.0.0.0', '0', '127.255.255.254', '%31%32%37.0.0.1'],
  ...['\uff11\uff12\uff17.0.0.1', '\u2460\u2461\u2466.0.0.1', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]'],
  ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]'],
  ...[
    '[2002:7f00:1::1]',
    '[2001:0:102:304::80ff:fffe]',
    '[fe80::1]',
    '[fc00::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
  ],
  ...[
    '[200::1]',
    '[4000::1]',
    '[e000::1]',
    '[64:ff9b:2::1]',
    '[100:0:0:1::1]',
    '[5f00::1]',
    '[3fff::1]',
    '[2001:db8::1]',
  ],
  ...[
    '169.254.169.254',
    '2852039166',
    '[::ffff:169.254.169.254]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '169.254.170.2',
  ],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1'],
  ...['198.18.0.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.88.99.1', 'named.example'],
];

/**
 * A server in its own thread whose connection queue is full. The system leaves further connections unanswered until the
 * server accepts again.
 */
const SLOW_TO_ACCEPT = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => request.resume().on('end', () => response.end('ok')));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
  });`;

async function slowToAccept(): Promise<{ port: number; accept: () => void }> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(SLOW_TO_ACCEPT, { eval: true, workerData: gate });
  const accept = (): void => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  };
  const port = await new Promise<number>((done) => worker.once('message', done));
  const filling: Socket[] = [];
  // The queue takes one or two more than its limit. The first that does not connect shows that it is full.
  for (let isFull = false; !isFull;) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    filling.push(socket);
    isFull = await Promise.race([
      new Promise<boolean>((done) => socket.once('connect', () => done(false))),
      new Promise<boolean>((done) => setTimeout(() => done(true), 200)),
    ]);
  }
  servers.push({
    close() {
      accept();
      for (const socket of filling) socket.destroy();
      void worker.terminate();
    },
  });
  return { port, accept };
}

const EARLY_ANSWERS = {
  200: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
  410: 'HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\n',
  413: 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n',
};

/**
 * Servers in their own thread, one for each answer. They answer as soon as the head of a request has arrived, and close
 * without reading the rest, which resets the connection.
 */
const ANSWER_EARLY = `
  const { parentPort, workerData } = require('node:worker_threads');
  const ports = {};
  for (const [status, answer] of Object.entries(workerData)) {
    const server = require('node:net').createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.pause().write(answer, () => socket.destroy()));
    });
    server.listen(0, '127.0.0.1', () => {
      ports[status] = server.address().port;
      if (Object.keys(ports).length === Object.keys(workerData).length) parentPort.postMessage(ports);
    });
  }`;

// A thread costs more than most of these tests, so all transports use the same.
let elsewhere: Worker;
let elsewherePort: number;
let early: Worker;
let earlyPorts: Record<string, number>;

const wordOf = <T>(worker: Worker): Promise<T> => new Promise((done) => worker.once('message', done));

beforeAll(async () => {
  elsewhere = new Worker(ELSEWHERE, { eval: true });
  early = new Worker(ANSWER_EARLY, { eval: true, workerData: EARLY_ANSWERS });
  [elsewherePort, earlyPorts] = await Promise.all([wordOf<number>(elsewhere), wordOf<Record<string, number>>(early)]);
});

afterAll(async () => {
  await elsewhere.terminate();
  await early.terminate();
});

describe.each(makers)('%s', (_name, make) => {
  const transport = (networks = LOOPBACK, resolve?: Resolve, ports: number[] = [], age?: PoolAge): Transport => {
    const one = make(new Connector(new AddressGuard(networks, resolve, ports)), age);
    open.push(one);
    return one;
  };

  test('an answer that arrived while the event loop was blocked is not a timeout [CRA-23]', async () => {
    const received = wordOf(elsewhere);
    const result = transport().send(request(elsewherePort, { timeoutMs: 500 }));
    await received;
    block(800);
    expect(await result).toMatchObject({ status: 200, error: null, body: Buffer.from('accepted') });
  });

  test('method, target, header lines and body are sent unchanged [DEL-26]', async () => {
    let received = Buffer.alloc(0);
    const { port } = await tcp((socket) => {
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.includes(Buffer.from([0xff, 0x00]))) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const headers = ['X-FoO', 'a', 'Content-Type', 'text/odd', 'x-foo', 'caf\u00e9', 'accept', '*/*'];
    const body = Buffer.from([0x7b, 0xff, 0x00]);
    const result = await transport().send(request(port, { method: 'PATCH', headers, body }));
    expect(result).toMatchObject({ status: 200, error: null, body: Buffer.from('ok') });
    const [head, payload] = received.toString('latin1').split('\r\n\r\n') as [string, string];
    const lines = head.split('\r\n');
    expect(lines[0]).toBe('PATCH /hook?a=%2f HTTP/1.1');
    const own = lines.slice(1).filter((line) => !/^(host|content-length|connection): /i.test(line));
    expect(own).toEqual(['X-FoO: a', 'Content-Type: text/odd', 'x-foo: caf\u00e9', 'accept: */*']);
    expect(payload).toBe(body.toString('latin1'));
    expect(head.match(/^content-length: 3\r?$/gim)).toHaveLength(1);
    expect(head.match(new RegExp(`^host: 127.0.0.1:${port}\\r?$`, 'gim'))).toHaveLength(1);
  });

  test('every method can be sent, and an empty body', async () => {
    const recorder = await Recorder.start();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const result = await transport().send(request(recorder.port, { method, body: Buffer.alloc(0) }));
      expect([method, result.status, recorder.requests.at(-1)?.method]).toEqual([method, 200, method]);
    }
    await recorder.stop();
  });

  test('redirects are not followed, and nothing is decoded [SSR-10]', async () => {
    const elsewhere = await Recorder.start();
    const recorder = await Recorder.start(
      (_request, response) =>
        void response.writeHead(307, { location: elsewhere.url(), 'content-encoding': 'gzip' }).end('not gzip'),
    );
    const result = await transport().send(request(recorder.port));
    expect(result).toMatchObject({
      status: 307,
      headers: { location: elsewhere.url() },
      body: Buffer.from('not gzip'),
    });
    expect([recorder.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
    await recorder.stop();
    await elsewhere.stop();
  });

  test('the proxies of environment variables are not used [SSR-14]', async () => {
    const recorder = await Recorder.start();
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
    for (const name of names) process.env[name] = 'http://127.0.0.1:1';
    try {
      expect((await transport().send(request(recorder.port))).status).toBe(200);
      expect(recorder.requests[0]?.url).toBe('/hook?a=%2f');
    } finally {
      for (const name of names) delete process.env[name];
    }
    await recorder.stop();
  });

  test('names and literal addresses are checked before any connection [SSR-06, SSR-09]', async () => {
    const { port, accepted } = await tcp((socket) => socket.end());
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'named.example']) {
      const { error } = await transport([], resolve).send(request(port, { origin: `http://${host}:${port}` }));
      expect([host, error?.code]).toEqual([host, 'blocked_address']);
    }
    expect(accepted()).toBe(0);
  });

  test('no spelling of a host that is not public is connected to, whatever other networks are allowed', async () => {
    const { port, accepted } = await tcp((socket) => socket.end());
    for (const networks of [[], ['10.0.0.0/8', '127.0.0.2/32', 'fd00:0:0:1::/64']]) {
      const one = transport(networks, async () => [{ address: '127.0.0.1', family: 4 }]);
      const results = await Promise.all(
        hostile.map(async (host) => {
          const { error } = await one.send(request(port, { origin: new URL(`http://${host}:${port}`).origin }));
          return [host, error?.code];
        }),
      );
      expect(results).toEqual(hostile.map((host) => [host, 'blocked_address']));
    }
    expect(accepted()).toBe(0);
  });

  test('a URL that is neither http nor https is never connected to, and sending never throws', async () => {
    for (const origin of [
      'null',
      '',
      'handler:http://127.0.0.1:22',
      'file://',
      'ftp://127.0.0.1',
      'http:',
      'https://',
    ]) {
      const { status, error } = await transport().send(request(0, { origin }));
      expect([origin, status, error?.code]).toEqual([origin, null, 'blocked_address']);
    }
  });

  test('the connection goes to an address that was checked [SSR-08]', async () => {
    const recorder = await Recorder.start();
    let asked = 0;
    const resolve: Resolve = async () => {
      asked++;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const origin = `http://named.example:${recorder.port}`;
    expect((await transport(LOOPBACK, resolve).send(request(recorder.port, { origin }))).status).toBe(200);
    expect([asked, recorder.requests[0]?.headers.host]).toEqual([1, `named.example:${recorder.port}`]);
    await recorder.stop();
  });

  test('a name that changes its address between check and connection never leads to a forbidden address [SSR-08]', async () => {
    const [allowed, forbidden] = await Recorder.beside(() => Recorder.start(undefined, '127.0.0.2'), '127.0.0.1');
    let asked = 0;
    const resolve: Resolve = async () => [{ address: asked++ % 2 === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    const one = transport(['127.0.0.2/32'], resolve);
    const outcomes = new Map<string, number>();
    for (let n = 0; n < ROUNDS; n++) {
      // Ten at once need ten connections, and each connection is checked.
      const sent = Array.from({ length: 10 }, (_, m) =>
        one.send(request(allowed.port, { origin: `http://n${n}x${m}.example:${allowed.port}` })),
      );
      for (const { status, error } of await Promise.all(sent)) {
        const outcome = error?.code ?? String(status);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(outcomes)).toEqual({ '200': 5 * ROUNDS, blocked_address: 5 * ROUNDS });
    expect([allowed.requests.length, forbidden.requests.length]).toEqual([5 * ROUNDS, 0]);
    await allowed.stop();
    await forbidden.stop();
  });

  describe('a destination whose name moves to another address', () => {
    async function blueGreen(): Promise<{ old: Recorder; fresh: Recorder; name: string }> {
      const [old, fresh] = await Recorder.beside(() => Recorder.start(), '127.0.0.2');
      servers.push({ close: () => void old.stop() }, { close: () => void fresh.stop() });
      return { old, fresh, name: `http://dest.example:${old.port}` };
    }

    test('is followed within a minute, even if an event every two seconds keeps its connection in use', async () => {
      const { old, fresh, name } = await blueGreen();
      let address = '127.0.0.1';
      let seconds = 0;
      const askedAt: number[] = [];
      const resolve: Resolve = async () => {
        askedAt.push(seconds);
        return [{ address, family: 4 }];
      };
      const one = transport(LOOPBACK, resolve, [], { now: () => seconds * 1_000 });
      for (; seconds < 20; seconds += 2) await one.send(request(0, { origin: name }));
      expect([old.requests.length, fresh.requests.length]).toEqual([10, 0]);
      address = '127.0.0.2';
      for (; seconds < 120; seconds += 2) expect((await one.send(request(0, { origin: name }))).status).toBe(200);
      expect([old.requests.length, fresh.requests.length]).toEqual([30, 30]);
      // A client may open a second connection if its first one is not free again at once, and keeps both.
      expect(askedAt.filter((at) => (at > 4 && at < 60) || at > 64)).toEqual([]);
    });

    test('is checked again, and refused when the new address is not public', async () => {
      const { old, fresh, name } = await blueGreen();
      let address = '127.0.0.2';
      let now = 0;
      const one = transport(['127.0.0.2/32'], async () => [{ address, family: 4 }], [], { now: () => now });
      expect((await one.send(request(0, { origin: name }))).status).toBe(200);
      // The connection is free only after the client has read the end of the answer.
      await new Promise((done) => setTimeout(done, 20));
      address = '127.0.0.1';
      now = 60_000;
      expect((await one.send(request(0, { origin: name }))).error?.code).toBe('blocked_address');
      expect([old.requests.length, fresh.requests.length]).toEqual([0, 1]);
    });

    test('loses no request under way when a connection gets too old, and the connection is closed after it', async () => {
      const closed: Promise<unknown>[] = [];
      const { port, accepted } = await tcp((socket, count) => {
        closed.push(new Promise((done) => socket.once('close', done)));
        socket.once('data', () => {
          if (count > 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew');
          else releases.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold'));
          arrive();
        });
      });
      const releases: (() => void)[] = [];
      let arrive: () => void = () => undefined;
      const arrived = new Promise<void>((done) => (arrive = done));
      let now = 0;
      const one = transport(LOOPBACK, undefined, [], { now: () => now });
      const slow = one.send(request(port));
      await arrived;
      now = 60_000;
      expect((await one.send(request(port))).body.toString()).toBe('new');
      releases[0]?.();
      expect(await slow).toMatchObject({ status: 200, error: null, body: Buffer.from('old') });
      await closed[0];
      expect(accepted()).toBe(2);
    });

    test('is reached when all its connections become too old at once', async () => {
      const { old, name } = await blueGreen();
      let now = 0;
      const one = transport(LOOPBACK, async () => [{ address: '127.0.0.1', family: 4 }], [], { now: () => now });
      const many = (): Promise<(number | null)[]> =>
        Promise.all(
          Array.from(
            { length: MANY },
            async () => (await one.send(request(0, { origin: name, timeoutMs: 20_000 }))).status,
          ),
        );
      expect(new Set(await many())).toEqual(new Set([200]));
      now = 60_000;
      expect((await one.send(request(0, { origin: name }))).status).toBe(200);
      now = 120_000;
      expect(new Set(await many())).toEqual(new Set([200]));
      expect(old.requests.length).toBe(2 * MANY + 1);
    });
  });

  test('an address that takes a second to connect is reached when the other one is dead', async () => {
    const slow = await slowToAccept();
    const resolve: Resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.3', family: 4 },
    ];
    const sent = transport(LOOPBACK, resolve).send(
      request(0, { origin: `http://two.example:${slow.port}`, timeoutMs: 15_000 }),
    );
    // The second address refuses at once. The first is still connecting when the server begins to accept.
    await new Promise((done) => setTimeout(done, 400));
    slow.accept();
    expect(await sent).toMatchObject({ status: 200, error: null });
  });

  test('an address that never answers costs a quarter of a second, not the whole timeout', async () => {
    const [dead, alive] = await Recorder.beside(slowToAccept, '127.0.0.2');
    servers.push({ close: () => void alive.stop() });
    const resolve: Resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ];
    const one = transport(LOOPBACK, resolve);
    const result = await one.send(request(0, { origin: `http://two.example:${dead.port}`, timeoutMs: 8_000 }));
    expect(result).toMatchObject({ status: 200, error: null });
  });

  test.each(Object.keys(EARLY_ANSWERS))(
    'an answer of %s is read when it comes before the body was read, and then a reset',
    async (status) => {
      const port = earlyPorts[status] as number;
      const one = transport();
      const outcomes = new Set<string>();
      const sendOne = async (): Promise<void> => {
        const result = await one.send(request(port, { body: Buffer.alloc(900_000, 0x61), timeoutMs: 10_000 }));
        outcomes.add(`${result.status} ${result.error?.code ?? ''}`.trim());
      };
      // Several at once: while this thread serves one, the reset of another arrives before its next write.
      for (let n = 0; n < (full ? 4 : 2); n++) await Promise.all(Array.from({ length: 8 }, sendOne));
      expect([...outcomes]).toEqual([status]);
    },
  );

  test('ports of other services are refused unless the operator allows them [SSR-13]', async () => {
    const origin = 'http://127.0.0.1:6379';
    expect((await transport().send(request(0, { origin }))).error).toEqual({
      code: 'blocked_address',
      message: expect.stringMatching(/^port 6379 belongs to a service/),
    });
    expect((await transport(LOOPBACK, undefined, [6379]).send(request(0, { origin }))).error?.code).not.toBe(
      'blocked_address',
    );
  });

  test('a name that cannot be resolved has an error of its own [SSR-22]', async () => {
    const fails =
      (error: Error): Resolve =>
      () =>
        Promise.reject(error);
    const cases: [Resolve, string][] = [
      [async () => [], 'dns_not_found'],
      [fails(new NameResolutionError('x', 'dns_timeout')), 'dns_timeout'],
      [fails(new NameResolutionError('x')), 'dns_failed'],
    ];
    for (const [resolve, code] of cases) {
      const { error } = await transport(LOOPBACK, resolve).send(request(0, { origin: 'http://no.example' }));
      expect(error?.code).toBe(code);
    }
    expect((await transport().send(request(0, { origin: 'http://nothing.invalid' }))).error?.code).toMatch(/^dns_/);
  });

  test('a self-signed certificate has an error of its own [SSR-21]', async () => {
    const pem = (name: string): Buffer => readFileSync(join(__dirname, '../testing/tls', name));
    const server = createTlsServer({ key: pem('key.pem'), cert: pem('self-signed.pem') }, (socket) => socket.end());
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const result = await transport().send(request(port, { origin: `https://127.0.0.1:${port}` }));
    expect([result.status, result.error?.code]).toEqual([null, 'tls_self_signed']);
  });

  test('a server that does not speak TLS has an error of its own [SSR-21]', async () => {
    const { port } = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    const result = await transport().send(request(port, { origin: `https://127.0.0.1:${port}` }));
    expect([result.status, result.error?.code]).toEqual([null, expect.stringMatching(/^tls_/)]);
  });

  test('the deadline covers everything, even headers that never end [DEL-05]', async () => {
    const silent = await tcp(() => undefined);
    const dripping = await tcp((socket) => {
      const timer = setInterval(() => socket.write('X'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const slowBody = await tcp(
      (socket) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')),
    );
    for (const { port } of [silent, dripping, slowBody]) {
      const startedAt = performance.now();
      const result = await transport().send(request(port, { timeoutMs: 300 }));
      expect(result.error?.code).toMatch(/^(timeout|invalid_response)$/);
      expect(performance.now() - startedAt).toBeLessThan(1_300);
    }
  });

  test('an endless answer is cut, and an answer with too many headers is refused [DEL-07]', async () => {
    const endless = await Recorder.start((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x61)));
      };
      response.on('drain', more);
      more();
    });
    const result = await transport().send(request(endless.port));
    expect([result.status, result.body.length, result.truncated, result.error]).toEqual([200, 65_536, true, null]);
    await endless.stop();
    const headers = await tcp(
      (socket) =>
        void socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(1_000_000)}\r\n\r\n`)),
    );
    expect((await transport().send(request(headers.port))).error?.code).toBe('response_headers_too_large');
  });

  test('a broken body after 200 is an answer with that status [DEL-06]', async () => {
    const { port } = await tcp(
      (socket) =>
        void socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial');
          setTimeout(() => socket.resetAndDestroy(), 20);
        }),
    );
    expect(await transport().send(request(port))).toMatchObject({ status: 200, truncated: true });
  });

  test('early hints are not taken for the answer [DEL-09]', async () => {
    const { port } = await tcp(
      (socket) =>
        void socket.once('data', () => {
          socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
          socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
        }),
    );
    expect(await transport().send(request(port))).toMatchObject({ status: 201, error: null });
  });

  test('a kept-alive connection that the peer closed costs one more try, and a new connection none [DEL-09]', async () => {
    // Answers the first request of each connection and resets on the second, like a server that closes idle
    // connections.
    const { port, accepted } = await tcp((socket) => {
      let requests = 0;
      socket.on('data', () => {
        if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else socket.resetAndDestroy();
      });
    });
    const one = transport();
    expect((await one.send(request(port))).status).toBe(200);
    // The client's connection is idle only after it has read the end of the answer.
    await new Promise((done) => setTimeout(done, 20));
    expect(await one.send(request(port))).toMatchObject({ status: 200, error: null });
    expect(accepted()).toBe(2);

    const never = await tcp((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expect((await transport().send(request(never.port))).error?.code).toBe('connection_reset');
    expect(never.accepted()).toBe(1);
  });

  test('a request that HTTP cannot carry gives an error result and does not throw', async () => {
    const recorder = await Recorder.start();
    for (const change of [{ headers: ['x', 'a\r\nb: c'] }, { headers: ['a b', 'c'] }, { target: '/a b' }]) {
      expect((await transport().send(request(recorder.port, change))).error?.code).toBe('request_not_sendable');
    }
    expect(recorder.requests).toEqual([]);
    await recorder.stop();
  });
});

test("interceptors of a host's axios see each request", async () => {
  const recorder = await Recorder.start();
  const instance = axios.create();
  const seen: (string | undefined)[] = [];
  instance.interceptors.request.use((config) => {
    seen.push(config.url);
    return config;
  });
  const transport = axiosTransport(instance, new Connector(new AddressGuard(LOOPBACK)));
  open.push(transport);
  await transport.send(request(recorder.port));
  expect(seen).toEqual([`http://127.0.0.1:${recorder.port}/hook?a=%2f`]);
  await recorder.stop();
});

test('each kind of TLS failure has its own error code [SSR-21]', () => {
  const code = (of: string): string => toTransportError(Object.assign(new Error('x'), { code: of })).code;
  expect(
    [
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'EPROTO',
    ].map(code),
  ).toEqual(['tls_certificate_expired', 'tls_wrong_host', 'tls_untrusted', 'tls_protocol', 'tls_failed']);
});

test.each(['SSLV3', 'TLSV1', 'TLSV13', 'SSL/TLS'])(
  'a TLS alert is recognized in the name of any OpenSSL: %s',
  (version) => {
    const error = (alert: string): object =>
      toTransportError(Object.assign(new Error('x'), { code: `ERR_SSL_${version}_ALERT_${alert}` }));
    for (const alert of [
      'BAD_CERTIFICATE',
      'CERTIFICATE_REQUIRED',
      'CERTIFICATE_EXPIRED',
      'UNKNOWN_CA',
      'ACCESS_DENIED',
    ])
      expect(error(alert)).toMatchObject({ code: 'tls_client_certificate' });
    expect(error('PROTOCOL_VERSION')).toMatchObject({ code: 'tls_protocol' });
    expect(error('HANDSHAKE_FAILURE')).toMatchObject({ message: expect.stringContaining('client certificate') });
  },
);
