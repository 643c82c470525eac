import type { Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { startGateway, withoutDelivery } from '@paggio/core/testing';
import { createNodeHandler } from './index';
import { openHttp2Readers, serveHost } from './testing';

/** Makes an HTTP/2 server with the type of an HTTP/1 server, which the helpers expect. */
function http2Server(listener: (...args: Parameters<ReturnType<typeof createNodeHandler>>) => void): Server {
  return createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[1]) as unknown as Server;
}

test('sessions and event streams of HTTP/2 clients do not keep a node:http2 server from closing', async () => {
  const gateway = await startGateway(withoutDelivery);
  const handle = createNodeHandler(gateway.paggio);
  const server = http2Server((incoming, response) => {
    if (!handle(incoming, response)) response.writeHead(404).end();
  });
  const { port, key } = await serveHost(gateway, server);
  const readers = await openHttp2Readers(port, key, '/a/path/of/the/host');
  gateway.paggio.host.quiesce();
  await new Promise((done) => server.close(done));
  await readers.closed;
  await gateway.stop();
});

test('HTTP/2 sessions that begin while the host stops end after their answer', async () => {
  const gateway = await startGateway(withoutDelivery);
  const handle = createNodeHandler(gateway.paggio);
  const { port, key } = await serveHost(
    gateway,
    http2Server((incoming, response) => void handle(incoming, response)),
  );
  gateway.paggio.host.quiesce();
  await (
    await openHttp2Readers(port, key)
  ).closed;
  await gateway.stop();
});
