import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { AddressGuard } from './address-guard';
import { Connector } from './connector';
import { socketTransport } from './socket-transport';
import type { Transport, TransportRequest, TransportResult } from './transport';

const servers: { close(): void }[] = [];
const open: Transport[] = [];

afterEach(async () => {
  for (const transport of open.splice(0)) await transport.close();
  for (const server of servers.splice(0)) server.close();
});

interface Peer {
  port: number;
  sockets: Socket[];
}

/** A server that does this with each connection. */
async function peer(behave: (socket: Socket, count: number) => void): Promise<Peer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    behave(socket, sockets.length);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  servers.push(server, { close: () => sockets.forEach((socket) => socket.destroy()) });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A server that answers each request with these bytes. */
const answering = (text: string): Promise<Peer> =>
  peer((socket) => void socket.on('data', () => socket.write(text, 'latin1')));

type Send = (port: number, change?: Partial<TransportRequest>) => Promise<TransportResult>;

function transport(): Send {
  const one = socketTransport(new Connector(new AddressGuard(['127.0.0.0/8'])));
  open.push(one);
  return transportOf(one);
}

function transportOf(one: Transport): Send {
  return (port, change = {}) =>
    one.send({
      method: 'POST',
      origin: `http://127.0.0.1:${port}`,
      target: '/',
      headers: [],
      body: Buffer.from('x'),
      timeoutMs: 5_000,
      ...change,
    });
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a response whose end two programs could see in different places is refused', () => {
  test.each([
    ['Content-Length beside Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['Transfer-Encoding beside Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk'],
    ['the same length twice', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['a list of lengths', 'Content-Length: 2, 2\r\n\r\nok'],
    ['a length with a sign', 'Content-Length: +2\r\n\r\nok'],
    ['a length in hex', 'Content-Length: 0x2\r\n\r\nok'],
    ['a length with a tab', 'Content-Length: 2\t\r\n\r\nok'],
    ['an empty length', 'Content-Length:\r\n\r\nok'],
    ['a length beyond exact numbers', 'Content-Length: 9007199254740993\r\n\r\nok'],
    ['a space before the colon', 'Content-Length : 2\r\n\r\nok'],
    ['chunked that is not last', 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['chunked with a tab', 'Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n'],
    ['chunked with a parameter', 'Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n'],
    ['chunked in quotes', 'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n'],
    ['a header line that ends with LF', 'X: a\nContent-Length: 2\r\n\r\nok'],
    ['a bare CR in a header', 'X: a\rContent-Length: 2\r\n\r\nok'],
    ['NUL in a header', 'X: a\0b\r\nContent-Length: 2\r\n\r\nok'],
    ['a header without a name', ': a\r\nContent-Length: 2\r\n\r\nok'],
    ['a line without a colon', 'X\r\nContent-Length: 2\r\n\r\nok'],
    ['a chunk size with a sign', 'Transfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n'],
    ['a chunk size with a space', 'Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n'],
    ['a chunk size in 0x', 'Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n'],
    ['a chunk size that is too large', 'Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF2\r\nok\r\n0\r\n\r\n'],
    ['a chunk line that ends with LF', 'Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n'],
    ['a chunk longer than its size', 'Transfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n0\r\n\r\n'],
    ['a chunk extension with a control character', 'Transfer-Encoding: chunked\r\n\r\n2;a="\x01"\r\nok\r\n0\r\n\r\n'],
    ['a length in a trailer', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n'],
    ['a trailer with a bare CR', 'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: a\rb\r\n\r\n'],
  ])('%s', async (_name, rest) => {
    const { port, sockets } = await answering(`HTTP/1.1 200 OK\r\n${rest}`);
    const closed = new Promise((done) => servers.push({ close: () => done(undefined) }));
    const { error } = await transport()(port);
    expect(error).toMatchObject({ code: 'invalid_response' });
    // Nothing else may be read from this connection.
    const [socket] = sockets as [Socket];
    if (!socket.destroyed) await Promise.race([once(socket, 'close'), closed]);
  });

  test.each([
    'HTTP/2 200\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n',
    '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'SSH-2.0-OpenSSH_9.6\r\n',
    '220 smtp.example ESMTP\r\n',
  ])('a first line of %j', async (text) => {
    const { port } = await answering(text);
    expect((await transport()(port)).error).toMatchObject({ code: 'invalid_response' });
  });
});

test('bytes after a response are not taken for the answer to the next request', async () => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
  const { port, sockets } = await peer((socket, count) =>
    socket.on('data', () => socket.write(count === 1 ? OK + forged : OK)),
  );
  const send = transport();
  for (let n = 0; n < 3; n++) expect((await send(port)).body.toString()).toBe('ok');
  expect(sockets).toHaveLength(2);
});

test('bytes that come while a connection is free end it', async () => {
  const { port, sockets } = await answering(OK);
  const send = transport();
  await send(port);
  const [socket] = sockets as [Socket];
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
  expect(await Promise.race([once(socket, 'close'), sleep(3_000, 'still open')])).not.toBe('still open');
  expect((await send(port)).body.toString()).toBe('ok');
  expect(sockets).toHaveLength(2);
});

test('a response in several packets arrives whole', async () => {
  const parts = [
    'HTTP/1.1 200 O',
    'K\r\nX-One: 1\r\nTransfer-Enc',
    'oding: chunked\r\n\r',
    '\n3\r\nab',
    'c\r\n4\r\ndefg\r\n0\r\n\r\n',
  ];
  const { port } = await peer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', () => parts.forEach((part, n) => setTimeout(() => socket.write(part), n * 10)));
  });
  expect(await transport()(port)).toMatchObject({
    headers: { 'x-one': '1', 'transfer-encoding': 'chunked' },
    body: Buffer.from('abcdefg'),
    error: null,
  });
});

test('a connection is not used again when its answer came before the request was sent', async () => {
  const { port, sockets } = await peer((socket) => void socket.once('data', () => socket.pause().write(OK)));
  const send = transport();
  const body = Buffer.alloc(30_000_000);
  for (let n = 0; n < 2; n++) expect((await send(port, { body })).status).toBe(200);
  expect(sockets).toHaveLength(2);
});

test('a request is repeated on a new connection, and not on another one that may have been closed too', async () => {
  let answer = (): void => undefined;
  const { port, sockets } = await peer((socket, count) => {
    let requests = 0;
    socket.on('data', () => {
      requests++;
      if (requests === 1 || count > 2) socket.write(OK);
      else if (count === 2 && requests === 2) answer = () => socket.write(OK);
      else {
        socket.resetAndDestroy();
        // The other connection is free before the new one is open.
        setImmediate(() => answer());
      }
    });
  });
  const send = transport();
  await Promise.all([send(port), send(port)]);
  const second = send(port);
  const results = await Promise.all([second, send(port)]);
  expect(results.map(({ status }) => status)).toEqual([200, 200]);
  expect(sockets).toHaveLength(3);
});

test('a server that speaks first is refused', async () => {
  const { port } = await peer((socket) => socket.write('220 ready\r\n'));
  expect((await transport()(port)).error).toMatchObject({ code: 'invalid_response' });
});

test.each([
  ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'],
  ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
])('%s has no body, whatever its length says, and its connection is not used again', async (status, head) => {
  const { port, sockets } = await answering(head);
  const send = transport();
  for (let n = 0; n < 2; n++)
    expect(await send(port)).toMatchObject({ status: Number(status), body: Buffer.alloc(0), error: null });
  expect(sockets).toHaveLength(2);
});

test('interim responses are skipped, also 100 and one that says that the connection ends', async () => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nConnection: close\r\nLink: </a>\r\n\r\n';
  const { port } = await answering(interim + OK);
  expect(await transport()(port)).toMatchObject({ status: 200, headers: { 'content-length': '2' }, error: null });
});

test('interim responses without an end are cut off by the limit for headers', async () => {
  const { port } = await peer((socket) =>
    socket.once('data', () => {
      const more = (): void => {
        while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)));
      };
      socket.on('drain', more);
      more();
    }),
  );
  expect((await transport()(port)).error?.code).toBe('response_headers_too_large');
});

test.each([
  ['says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 2],
  ['says so among other options', 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok', 2],
  ['keeps it for a second', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=5\r\nContent-Length: 2\r\n\r\nok', 2],
  ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 2],
  ['speaks HTTP/1.0 and keeps it', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok', 1],
  ['keeps it for a minute', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 2\r\n\r\nok', 1],
])('a connection is used again unless the server ends it: it %s', async (_name, response, connections) => {
  const { port, sockets } = await answering(response);
  const send = transport();
  for (let n = 0; n < 2; n++) expect((await send(port)).body.toString()).toBe('ok');
  expect(sockets).toHaveLength(connections);
});

test('a free connection is closed when it has been idle for too long', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout', 'clearTimeout'] });
  try {
    const { port, sockets } = await answering(OK);
    await transport()(port);
    const [socket] = sockets as [Socket];
    const closed = once(socket, 'close');
    jest.advanceTimersByTime(9_000);
    expect(socket.readableEnded).toBe(false);
    jest.advanceTimersByTime(2_000);
    await closed;
  } finally {
    jest.useRealTimers();
  }
});

test('more requests than connections wait for one, and each gets its own answer', async () => {
  const { port, sockets } = await peer((socket) =>
    socket.on('data', (bytes) => {
      const [, target = ''] = bytes.toString().split(' ');
      setImmediate(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`));
    }),
  );
  const send = transport();
  const targets = Array.from({ length: 400 }, (_, n) => `/${n}`);
  const results = await Promise.all(targets.map((target) => send(port, { target })));
  expect(results.map(({ body }) => body.toString())).toEqual(targets);
  expect(sockets).toHaveLength(128);
});

test('requests that wait behind connections that hang end at their deadline, and later ones are served', async () => {
  let hangs = true;
  const { port } = await peer((socket) => socket.on('data', () => (hangs ? undefined : socket.write(OK))));
  const send = transport();
  const results = await Promise.all(Array.from({ length: 200 }, () => send(port, { timeoutMs: 300 })));
  expect(new Set(results.map(({ error }) => error?.code))).toEqual(new Set(['timeout']));
  hangs = false;
  expect((await send(port)).status).toBe(200);
});

test('when a server has closed all its connections, every request is repeated on a new one', async () => {
  const { port, sockets } = await answering(OK);
  const send = transport();
  const many = (): Promise<TransportResult[]> => Promise.all(Array.from({ length: 20 }, () => send(port)));
  await many();
  // A reset that the client reads only after it has sent the next request.
  for (const socket of sockets.splice(0)) socket.resetAndDestroy();
  expect((await many()).map(({ status }) => status)).toEqual(Array(20).fill(200));
});

test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('a %s without a body has no Content-Length', async (method) => {
  let received = '';
  const { port } = await peer((socket) =>
    socket.on('data', (bytes) => {
      received = bytes.toString();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }),
  );
  expect((await transport()(port, { method, body: Buffer.alloc(0) })).error).toBeNull();
  expect(received).not.toMatch(/content-length/i);
});

test.each(['Host', 'content-LENGTH', 'Transfer-Encoding', 'connection', 'Expect', 'upgrade', 'TE'])(
  'a header %s of the caller cannot change the framing',
  async (name) => {
    const { port, sockets } = await answering(OK);
    const { error } = await transport()(port, { headers: [name, '5'] });
    expect(error).toMatchObject({ code: 'request_not_sendable' });
    expect(sockets).toHaveLength(0);
  },
);

test.each(['', 'PO ST', 'POST\r\nX: y', 'P\u0100'])('a method of %j is not sent', async (method) => {
  expect((await transport()(1, { method })).error).toMatchObject({ code: 'request_not_sendable' });
});

test.each(['/a\r\nX: y', '/\u0100', '', '/a b'])('a target of %j is not sent', async (target) => {
  expect((await transport()(1, { target })).error).toMatchObject({ code: 'request_not_sendable' });
});

test.each(['a\u0100b', 'a\nb', 'a\0'])('a header value of %j is not sent', async (value) => {
  expect((await transport()(1, { headers: ['x', value] })).error).toMatchObject({ code: 'request_not_sendable' });
});

test('a body larger than what is copied arrives whole', async () => {
  const body = Buffer.alloc(700_000, 'abc');
  let received = Buffer.alloc(0);
  const { port } = await peer((socket) =>
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length >= body.length + received.indexOf('\r\n\r\n') + 4) socket.write(OK);
    }),
  );
  expect((await transport()(port, { body })).status).toBe(200);
  expect(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true);
});

test('what is under way or waits fails when the transport closes', async () => {
  const { port, sockets } = await peer(() => undefined);
  const send = transport();
  const sent = Promise.all(Array.from({ length: 130 }, () => send(port)));
  while (sockets.length < 128) await new Promise((done) => setImmediate(done));
  await open[0]?.close();
  expect(new Set((await sent).map(({ error }) => error?.message))).toEqual(new Set(['the transport was closed']));
});

test('a request that finds only expired connections is ended by a close too', async () => {
  let requests = 0;
  const { port, sockets } = await peer((socket) =>
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  const send = transport();
  await send(port);
  // The connection has expired, and the next sweep comes later.
  await sleep(1_200);
  const sent = send(port);
  while (sockets.length < 2) await sleep(1);
  await open[0]?.close();
  expect((await sent).error?.message).toBe('the transport was closed');
});

test.each(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'])(
  'the connection of a HEAD is not used again, because some servers send a body after all: %j',
  async (response) => {
    const { port, sockets } = await answering(response);
    const send = transport();
    for (let n = 0; n < 2; n++) expect((await send(port, { method: 'HEAD', body: Buffer.alloc(0) })).status).toBe(200);
    expect(sockets).toHaveLength(2);
  },
);

test('a connection that was opened for a request which another one served is used later', async () => {
  const { port, sockets } = await answering(OK);
  const real = new Connector(new AddressGuard(['127.0.0.0/8']));
  // Opening one takes longer than an answer.
  const slow: Pick<Connector, 'connect'> = {
    connect: async (...peers) => {
      await sleep(30);
      return real.connect(...peers);
    },
  };
  const one = socketTransport(slow);
  open.push(one);
  const send = transportOf(one);
  await send(port);
  for (let n = 0; n < 5; n++) {
    await Promise.all([send(port), send(port)]);
    await sleep(60);
  }
  expect(sockets).toHaveLength(2);
});

test('a request on which the other side has worked for a while is not repeated', async () => {
  let requests = 0;
  const { port, sockets } = await peer((socket) =>
    socket.on('data', () => {
      if (++requests === 1) socket.write(OK);
      else setTimeout(() => socket.resetAndDestroy(), 2_100);
    }),
  );
  const send = transport();
  await send(port);
  expect((await send(port)).error?.code).toBe('connection_reset');
  expect(sockets).toHaveLength(1);
});
