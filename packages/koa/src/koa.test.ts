import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { startGateway } from '@paggio/core/testing';
import { describeHost, serveHost } from '@paggio/http/testing';
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
      return serveHost(
        gateway,
        createServer((request, response) => void app.callback()(request, response)),
      );
    },
    path,
  );
}
