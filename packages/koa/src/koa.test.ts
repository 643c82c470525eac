import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { createKeyText } from '@paggio/core';
import { owner, startGateway } from '@paggio/core/testing';
import { close, describeHost } from '@paggio/http/testing';
import Koa from 'koa';
import { paggioMiddleware } from './index';

for (const path of ['', '/hooks']) {
  describeHost(
    `Koa 3 at "${path}"`,
    async () => {
      const gateway = await startGateway();
      const app = new Koa();
      app.use(paggioMiddleware(gateway.paggio, { path }));
      app.use(async (context, next) => {
        if (context.path !== '/host/echo') return next();
        context.body = { echo: await json(context.req) };
      });
      const server = createServer((request, response) => void app.callback()(request, response));
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as AddressInfo;
      gateway.paggio.publishedAt(`http://127.0.0.1:${port}`);
      const key = createKeyText('live');
      await gateway.paggio.keys.createFirst(owner.userId, key);
      return {
        paggio: gateway.paggio,
        port,
        key,
        async stop() {
          await close(server);
          await gateway.stop();
        },
      };
    },
    path,
  );
}
