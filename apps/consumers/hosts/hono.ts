import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { createFetchHandler } from '@paggio/http';
import { Hono } from 'hono';
import { createGateway, mount, serve } from './gateway.js';

const paggio = createGateway();
const handle = createFetchHandler(paggio, { path: mount });
const app = new Hono<{ Bindings: HttpBindings }>();
app.use(async (c, next) => {
  const remoteAddr = c.env.incoming.socket.remoteAddress;
  return (await handle(c.req.raw, { remoteAddr })) ?? next();
});
app.post('/host/echo', async (c) => c.json({ echo: await c.req.json<unknown>() }));
void serve(createAdaptorServer({ fetch: app.fetch }) as Server, paggio);
