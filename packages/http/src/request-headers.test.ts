import { createServer, IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { owner, startGateway, type TestGateway } from '@paggio/core/testing';
import { requestHeaders } from './index';
import { createNodeHandler, type NodeHandler } from './node/node-handler';
import { writeAnswer } from './node/write-answer';
import { injectInto, request as send, serveHost, withHeadersOnly, type InjectedAnswer } from './testing';

function withHeaders(headers: unknown, rawHeaders?: unknown): IncomingMessage {
  const request = new IncomingMessage(new PassThrough() as unknown as Socket);
  for (const [name, value] of Object.entries({ headers, rawHeaders })) Object.defineProperty(request, name, { value });
  return request;
}

test('headers without raw headers become pairs of name and value, one for each repetition', () => {
  const headers = { 'content-length': 2, 'set-cookie': ['a=1', 'b=2'], 'x-none': undefined, host: 'example.com' };
  const list = ['content-length', '2', 'set-cookie', 'a=1', 'set-cookie', 'b=2', 'host', 'example.com'];
  expect(requestHeaders(withHeaders(headers, []))).toEqual(list);
  expect(requestHeaders(withHeaders(headers))).toEqual(list);
});

test('raw headers are used unchanged when a request has them', () => {
  const rawHeaders = ['X-A', '1', 'x-a', '2'];
  expect(requestHeaders(withHeaders({ 'x-b': '3' }, rawHeaders))).toBe(rawHeaders);
});

test('later changes of the headers by the host have no effect', () => {
  const headers: Record<string, string> = { 'content-type': 'text/plain' };
  const request = withHeaders(headers, []);
  const before = requestHeaders(request);
  delete headers['content-type'];
  expect(requestHeaders(request)).toEqual(['content-type', 'text/plain']);
  expect(requestHeaders(request)).toBe(before);
});

test('characters that no byte can hold become the bytes of UTF-8, as a sender would have written them', () => {
  const list = requestHeaders(withHeaders({ 'x-latin': 'caf\u00e9', 'x-name': 'Zo\u00eb \u2713' }, []));
  expect(list).toEqual(['x-latin', 'caf\u00e9', 'x-name', Buffer.from('Zo\u00eb \u2713').toString('latin1')]);
});

async function gatewayAt(): Promise<{
  gateway: TestGateway;
  handle: NodeHandler;
  path: string;
  total: () => Promise<number>;
}> {
  const gateway = await startGateway();
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'headers' });
  return {
    gateway,
    handle: createNodeHandler(gateway.paggio, { dashboard: true }),
    path: `/api/webhook/${endpoint.slug}`,
    total: async () =>
      (await gateway.paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null })).total,
  };
}

test('a header that would break out of its line is refused, and nothing is stored', async () => {
  const { gateway, handle, path, total } = await gatewayAt();
  const inject = injectInto((request, response) => handle(request, response));
  const call = (url: string, headers: Record<string, string>): Promise<InjectedAnswer> =>
    inject({ method: 'POST', url, headers, payload: Buffer.from('{}') });
  // U+010D and U+010A would be a line break if only their low bytes were kept.
  expect((await call(path, { 'x-a': 'a\u010d\u010ax-admin: 1' })).statusCode).toBe(200);
  const hostile: Record<string, string>[] = [
    { 'x-a': 'a\r\nx-admin: 1' },
    { 'x-a': 'a\0' },
    { 'x-a: 1\r\nx-b': '1' },
    { '': 'a' },
  ];
  for (const headers of hostile) {
    for (const url of [path, '/api/v1/events']) {
      const answer = await call(url, headers);
      expect([answer.statusCode, JSON.parse(answer.rawPayload.toString()).code]).toEqual([400, 'BAD_REQUEST']);
    }
  }
  const [event] = (await gateway.paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null }))
    .items;
  const { rawHeaders } = await gateway.paggio.admin.events.get(owner, event?.id as string);
  expect([await total(), rawHeaders.includes('x-admin')]).toEqual([1, false]);
  await gateway.stop();
});

test('a host with undefined raw headers, or a request without headers, causes no fault', async () => {
  const { gateway, handle, path, total } = await gatewayAt();
  const host = await serveHost(gateway, createServer(withHeadersOnly((q, s) => handle(q, s), undefined)));
  expect((await send(host.port, { path, body: '{}' })).status).toBe(200);
  const inject = injectInto((request, response) => {
    Object.defineProperty(request, 'headers', { value: undefined });
    return handle(request, response);
  });
  const answer = await inject({ method: 'POST', url: path, headers: {}, payload: Buffer.from('{}') });
  expect([answer.statusCode, await total()]).toEqual([400, 1]);
  await host.stop();
});

test('bodies of every size arrive through a transport without a socket, with or without a length', async () => {
  const { gateway, handle, path } = await gatewayAt();
  const inject = injectInto((request, response) => handle(request, response));
  for (const size of [0, 1, 100_000, 900_000]) {
    const payload = Buffer.alloc(size, 'a');
    const headerSets: Record<string, string>[] = [{}, { 'content-length': String(size) }];
    for (const headers of headerSets) {
      const answer = await inject({ method: 'POST', url: path, headers, payload });
      const event = await gateway.paggio.admin.events.get(owner, answer.headers['paggio-event-id'] as string);
      expect([answer.statusCode, event.body.equals(payload)]).toEqual([200, true]);
    }
  }
  await gateway.stop();
});

test('over HTTP/2 two hosts are refused, cookies become one header, and repeated headers of an answer are all sent', async () => {
  const { gateway, handle, path, total } = await gatewayAt();
  const server = createHttp2Server((request, response) => {
    const [asked, answered] = [request, response] as unknown as [IncomingMessage, ServerResponse];
    if (handle(asked, answered)) return;
    const headers: [string, string][] = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['connection', 'close'],
    ];
    writeAnswer(answered, { status: 200, headers, body: '' });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const call = async (headers: object): Promise<[number, Record<string, unknown>]> => {
    const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false });
    stream.end('{}');
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    return [answer[':status'] as number, answer];
  };
  expect((await call({ ':path': path, ':authority': 'a.example', host: 'b.example' }))[0]).toBe(400);
  const [status, answer] = await call({
    ':path': path,
    ':authority': 'a.example',
    cookie: ['a=1', 'b=2'],
    'x-many': ['1', '2'],
  });
  const { rawHeaders } = await gateway.paggio.admin.events.get(owner, answer['paggio-event-id'] as string);
  expect([status, await total(), rawHeaders]).toEqual([
    200,
    1,
    ['host', 'a.example', 'cookie', 'a=1; b=2', 'x-many', '1', 'x-many', '2'],
  ]);
  const [, { 'set-cookie': cookies }] = await call({ ':path': '/twice', ':authority': 'a.example' });
  expect(cookies).toEqual(['a=1', 'b=2']);
  session.destroy();
  server.close();
  await gateway.stop();
});
