import { createPaggio } from '@paggio/core';
import { createNodeHandler } from '@paggio/http';
import fastify from 'fastify';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));

const handle = createNodeHandler(paggio);
const app = fastify();
handle.attach(app.server);
// The hook runs before Fastify reads the body, for requests of sockets and of app.inject().
app.addHook('onRequest', (request, reply, done) => {
  if (handle(request.raw, reply.raw)) reply.hijack();
  else done();
});
app.addHook('preClose', async () => paggio.host.quiesce());
app.addHook('onClose', () => paggio.stop());
void paggio.start().then(() => app.listen({ port: Number(process.env.PORT ?? 3000) }));
