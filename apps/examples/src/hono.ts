import { serve, type HttpBindings } from '@hono/node-server';
import { createPaggio } from '@paggio/core';
import { createFetchHandler } from '@paggio/http';
import { Hono } from 'hono';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));

const handle = createFetchHandler(paggio);
const app = new Hono<{ Bindings: HttpBindings }>();
app.use(async (c, next) => (await handle(c.req.raw, { remoteAddr: c.env.incoming.socket.remoteAddress })) ?? next());
void paggio.start().then(() => serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }));
