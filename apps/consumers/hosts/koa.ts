import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import Koa from 'koa';
import { paggioMiddleware } from '@paggio/koa';
import { createGateway, mount, serve } from './gateway.js';

const paggio = createGateway();
const app = new Koa();
app.use(paggioMiddleware(paggio, { path: mount }));
app.use(async (context, next) => {
  if (context.path !== '/host/echo') return next();
  context.body = { echo: await json(context.req) };
});
const handle = app.callback();
void serve(
  createServer((request, response) => void handle(request, response)),
  paggio,
);
