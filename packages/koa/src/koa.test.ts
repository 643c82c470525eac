import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { startGateway } from '@paggio/core/testing';
import { describeHost, serveHost } from '@paggio/http/testing';
import Koa from 'koa';
import { paggioMiddleware } from './index';

const Koa2 = jest.requireActual<typeof Koa>('koa2');
const versions: [string, typeof Koa, string][] = [
  ['Koa 3', Koa, ''],
  ['Koa 3', Koa, '/hooks'],
  ['Koa 2', Koa2, ''],
  ['Koa 2', Koa2, '/hooks'],
];

for (const [name, Host, path] of versions) {
  describeHost(
    `${name} at "${path}"`,
    async () => {
      const gateway = await startGateway();
      const app = new Host();
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
