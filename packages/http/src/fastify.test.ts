import type { TestGateway } from '@paggio/core/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { createNodeHandler } from './index';
import { describeHost, inFrontOfInject, serveHost, sharedGateway, type Host } from './testing';

const gatewayOfAll = sharedGateway();

/** Fastify without Nest, as `docs/hosts.md` shows it. */
function appWith({ paggio }: TestGateway, path: string): FastifyInstance {
  const handle = createNodeHandler(paggio, { path, dashboard: true });
  const app = fastify();
  handle.attach(app.server);
  app.addHook('onRequest', (request, reply, done) => {
    if (handle(request.raw, reply.raw)) reply.hijack();
    else done();
  });
  app.post('/host/echo', async (request) => ({ echo: request.body }));
  return app;
}

// The full check also mounts at the root.
for (const path of process.env['PAGGIO_FULL'] === '1' ? ['', '/hooks/paggio'] : ['/hooks/paggio']) {
  describeHost(
    `Fastify at "${path}"`,
    async (): Promise<Host> => {
      const gateway = await gatewayOfAll();
      const app = appWith(gateway, path);
      await app.ready();
      return serveHost(gateway, app.server);
    },
    path,
    { routesFirst: false, attached: true, whole: true },
  );
}

describeHost(
  'Fastify without a socket',
  async (): Promise<Host> => {
    const gateway = await gatewayOfAll();
    const app = appWith(gateway, '');
    return serveHost(
      gateway,
      inFrontOfInject((injected) => app.inject(injected as never)),
    );
  },
  '',
  { ownsConnection: false, streams: false, routesFirst: false },
);
