import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyText } from '@paggio/core';
import { owner, startGateway } from '@paggio/core/testing';
import { createNodeHandler } from './index';
import { openIdleConnections, serveHost, startBody } from './testing';

test('senders in the middle of a body are asked to send it again when the host stops', async () => {
  const gateway = await startGateway();
  const { paggio } = gateway;
  const handle = createNodeHandler(paggio, { exclusive: true });
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const key = createKeyText('live');
  await paggio.admin.keys.createFirst(owner.userId, key);
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'slow' });
  const senders = [
    await startBody(server, { path: `/api/webhook/${endpoint.slug}` }),
    await startBody(server, { path: '/api/v1/endpoints', headers: [['Authorization', `Bearer ${key}`]] }),
  ];
  paggio.host.quiesce();
  await new Promise((done) => server.close(done));
  await gateway.stop();
  for (const { answer } of senders) {
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toMatch(/\r\nretry-after: 5\r\n/i);
    expect(text).toContain('The server is stopping');
  }
});

test('an attached server closes, whatever its clients have left open', async () => {
  const gateway = await startGateway();
  const handle = createNodeHandler(gateway.paggio, { exclusive: true, openapi: true });
  const server = createServer((request, response) => {
    if (request.url === '/of/the/host') response.end(Buffer.alloc(16 * 1024 * 1024));
    else handle(request, response);
  });
  handle.attach(server);
  const { key, port } = await serveHost(gateway, server);
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'idle' });
  const { closed } = await openIdleConnections(server, key, endpoint.slug);
  // The answer to a webhook waits for an answer that is not read, and half a request follows.
  const unread = connect(port, '127.0.0.1');
  unread.on('error', () => undefined);
  const lines = 'HTTP/1.1\r\nHost: gateway.localhost\r\n';
  const asked = new Promise<void>((done) => {
    const look = ({ url }: IncomingMessage): void => {
      if (url === '/api/webhook/unknown') done();
    };
    server.on('request', look);
  });
  unread.write(
    `GET /of/the/host ${lines}\r\nPOST /api/webhook/unknown ${lines}Content-Length: 0\r\n\r\nGET / ${lines}`,
  );
  await asked;
  gateway.paggio.host.quiesce();
  await new Promise((done) => server.close(done));
  await closed();
  await gateway.stop();
});

test('an attached server that stays open keeps its connections, and one that closes first answers its own requests', async () => {
  const gateway = await startGateway();
  const handle = createNodeHandler(gateway.paggio);
  let finish: () => void = () => undefined;
  const start = async (): Promise<{ server: Server; port: number; waiting: Socket }> => {
    const server = createServer((request, response) => {
      if (handle(request, response)) return;
      response.write('first ');
      finish = () => response.end('last');
    });
    handle.attach(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const waiting = connect(port, '127.0.0.1');
    await once(server, 'connection');
    return { server, port, waiting };
  };
  const [open, closing] = [await start(), await start()];
  const answer = await fetch(`http://127.0.0.1:${closing.port}/of/the/host`);
  gateway.paggio.host.quiesce();
  const closed = new Promise((done) => closing.server.close(done));
  // Longer than two checks of the connections.
  await sleep(3_000);
  expect([open.waiting.closed, closing.waiting.closed]).toEqual([false, false]);
  finish();
  expect(await answer.text()).toBe('first last');
  await closed;
  await new Promise((done) => open.server.close(done));
  await gateway.stop();
});
