import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { json } from 'node:stream/consumers';
import { owner, startGateway } from '@paggio/core/testing';
import {
  describeHost,
  inFrontOfHttp2,
  openHttp2Readers,
  request,
  serveHost,
  sharedGateway,
} from '@paggio/http/testing';
import Koa from 'koa';
import { paggioMiddleware } from './index';

const Koa2 = jest.requireActual<typeof Koa>('koa2');
const full = process.env['PAGGIO_FULL'] === '1';
const versions: [string, typeof Koa, string][] = [
  ['Koa 3', Koa, '/hooks'],
  ['Koa 2', Koa2, ''],
];
// Each version at the other path.
if (full) versions.push(['Koa 3', Koa, ''], ['Koa 2', Koa2, '/hooks']);

const gatewayOfAll = sharedGateway();

for (const [name, Host, path] of versions) {
  describeHost(
    `${name} at "${path}"`,
    async () => {
      const gateway = await gatewayOfAll();
      const app = new Host();
      const paggio = paggioMiddleware(gateway.paggio, { path, dashboard: true });
      app.use(paggio);
      app.use(async (context, next) => {
        if (context.path !== '/host/echo') return next();
        context.body = { echo: await json(context.req) };
      });
      const server = createServer((request, response) => void app.callback()(request, response));
      paggio.attach(server);
      return serveHost(gateway, server);
    },
    path,
    { attached: true, whole: Host === Koa },
  );
}

describeHost(
  'Koa 3 with HTTP/2',
  async () => {
    const gateway = await gatewayOfAll();
    const app = new Koa();
    app.use(paggioMiddleware(gateway.paggio, { dashboard: true }));
    app.use(async (context, next) => {
      if (context.path !== '/host/echo') return next();
      context.body = { echo: await json(context.req) };
    });
    const handle = app.callback();
    return serveHost(
      gateway,
      inFrontOfHttp2(createHttp2Server((request, response) => void handle(request as never, response as never))),
    );
  },
  '',
  { ownsConnection: false },
);

test('sessions and event streams of HTTP/2 clients do not keep Koa from closing', async () => {
  const gateway = await startGateway();
  const app = new Koa();
  app.use(paggioMiddleware(gateway.paggio));
  const handle = app.callback();
  const server = createHttp2Server((incoming, response) => void handle(incoming as never, response as never));
  const { port, key } = await serveHost(gateway, server as unknown as Server);
  const readers = await openHttp2Readers(port, key, '/a/path/of/the/host');
  gateway.paggio.host.quiesce();
  await new Promise((done) => server.close(done));
  await readers.closed;
  await gateway.stop();
});

test('after a body parser a request is refused with one clear error, and earlier middleware sees the answer [EMB-01]', async () => {
  for (const Host of [Koa, Koa2]) {
    const gateway = await gatewayOfAll();
    const app = new Host();
    const seen: number[] = [];
    app.use(async (context, next) => {
      await next();
      seen.push(context.status);
    });
    app.use(async (context, next) => {
      if (context.get('x-parse') !== '') (context.request as { body?: unknown }).body = await json(context.req);
      await next();
    });
    app.use(paggioMiddleware(gateway.paggio));
    const handle = app.callback();
    const host = await serveHost(
      gateway,
      createServer((incoming, response) => void handle(incoming, response)),
    );
    const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'late' });
    const path = `/api/webhook/${endpoint.slug}`;
    const refused = await request(host.port, { path, headers: [['X-Parse', '1']], body: '{"a":1}' });
    expect([refused.status, JSON.parse(refused.body.toString()).code]).toEqual([500, 'RAW_BODY_CONSUMED']);
    expect((await request(host.port, { path, body: '{"a":1}' })).status).toBe(200);
    const page = await host.paggio.admin.events.list(
      owner,
      { endpointId: endpoint.id },
      { limit: 1, offset: 0, startingAfter: null },
    );
    expect([page.total, seen]).toEqual([1, [500, 200]]);
    await host.stop();
  }
});

test("resolveUser gets Koa's context", async () => {
  const gateway = await gatewayOfAll();
  const app = new Koa<{ user?: string }>();
  app.use(async (context, next) => {
    if (context.get('x-session') === 'anna') context.state.user = owner.userId;
    await next();
  });
  app.use(
    paggioMiddleware(gateway.paggio, {
      resolveUser: (context) => {
        const { user } = context.state as { user?: string };
        return user === undefined ? null : { userId: user };
      },
    }),
  );
  const handle = app.callback();
  const host = await serveHost(
    gateway,
    createServer((incoming, response) => void handle(incoming, response)),
  );
  const ask = (headers: [string, string][]) => request(host.port, { method: 'GET', path: '/api/v1/events', headers });
  expect((await ask([['X-Session', 'anna']])).status).toBe(200);
  expect((await ask([])).status).toBe(401);
  await host.stop();
});

test('a link signs in to the dashboard', async () => {
  const gateway = await gatewayOfAll();
  const app = new Koa();
  const middleware = paggioMiddleware(gateway.paggio, { path: '/hooks', dashboard: true });
  app.use(middleware);
  const host = await serveHost(
    gateway,
    createServer((incoming, response) => void app.callback()(incoming, response)),
  );
  const link = (await middleware.signInLink({ ...owner, scopes: new Set(['read']), keyId: null })) as string;
  const answer = await request(host.port, { method: 'GET', path: link });
  expect([answer.status, answer.headers['location']]).toEqual([303, '/hooks/dashboard']);
  await host.stop();
});
