import { createNodeHandler } from '@paggio/http';
import fastify from 'fastify';
import { createGateway, mount, serve } from './gateway.js';

const paggio = createGateway();
const handle = createNodeHandler(paggio, { path: mount });
const app = fastify();
app.addHook('onRequest', (request, reply, done) => {
  if (handle(request.raw, reply.raw)) reply.hijack();
  else done();
});
app.post('/host/echo', async (request) => ({ echo: request.body }));
void app.ready().then(() => serve(app.server, paggio));
