import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { startGateway } from '@paggio/core/testing';
import { Hono } from 'hono';
import { createFetchHandler, createNodeHandler } from './index';
import { describeHost, serveHost } from './testing';

async function ownRoutes(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== '/host/echo') return void response.writeHead(404).end();
  const echo = await json(request);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ echo }));
}

for (const path of ['', '/hooks/paggio']) {
  describeHost(
    `node:http at "${path}"`,
    async () => {
      const gateway = await startGateway();
      const handle = createNodeHandler(gateway.paggio, { path });
      const server = createServer((request, response) => {
        if (!handle(request, response)) void ownRoutes(request, response);
      });
      return serveHost(gateway, server);
    },
    path,
  );

  describeHost(
    `Hono at "${path}"`,
    async () => {
      const gateway = await startGateway();
      const handle = createFetchHandler(gateway.paggio, { path });
      const app = new Hono<{ Bindings: HttpBindings }>();
      app.use(async (c, next) => {
        const remoteAddr = c.env.incoming.socket.remoteAddress;
        return (await handle(c.req.raw, { remoteAddr })) ?? next();
      });
      app.post('/host/echo', async (c) => c.json({ echo: await c.req.json<unknown>() }));
      return serveHost(gateway, createAdaptorServer({ fetch: app.fetch }) as ReturnType<typeof createServer>);
    },
    path,
    { ownsConnection: false },
  );
}
