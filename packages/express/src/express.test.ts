import { createServer } from 'node:http';
import { owner, startGateway } from '@paggio/core/testing';
import { describeHost, request, serveHost, sharedGateway, type Host } from '@paggio/http/testing';
import express5, { type Express, type RequestHandler } from 'express';
import { paggioMiddleware } from './index';

const versions: [string, typeof express5][] = [
  ['Express 5', express5],
  ['Express 4', jest.requireActual<typeof express5>('express4')],
];

const full = process.env['PAGGIO_FULL'] === '1';
const gatewayOfAll = sharedGateway();

async function start(
  build: (app: Express, mount: () => void) => void,
  options: Parameters<typeof paggioMiddleware>[1] = {},
  express = express5,
): Promise<Host> {
  const gateway = await gatewayOfAll();
  const app = express();
  const paggio = paggioMiddleware(gateway.paggio, options);
  build(app, () => app.use(paggio));
  const server = createServer(app);
  paggio.attach(server);
  return serveHost(gateway, server);
}

for (const [name, express] of versions) {
  const hostRoutes = (app: Express): void => {
    app.use(express.json());
    app.post('/host/echo', (request, response) => void response.json({ echo: request.body as unknown }));
  };

  const newest = express === express5;
  // The full check mounts each version in every way.
  if (full || !newest)
    describeHost(
      `${name} at the root`,
      () =>
        start(
          (app, mount) => {
            mount();
            hostRoutes(app);
          },
          { dashboard: true },
          express,
        ),
      '',
      { attached: true },
    );

  if (full || newest)
    describeHost(
      `${name} under a path`,
      () =>
        start(
          (app, mount) => {
            mount();
            hostRoutes(app);
          },
          { path: '/hooks/paggio', dashboard: true },
          express,
        ),
      '/hooks/paggio',
      { attached: true, whole: newest },
    );

  if (full || newest)
    describeHost(
      `${name} below a router that tells the path`,
      async () => {
        const gateway = await gatewayOfAll();
        const app = express();
        const router = express.Router();
        router.use('/paggio', paggioMiddleware(gateway.paggio, { dashboard: true }));
        app.use('/hooks', router);
        hostRoutes(app);
        return serveHost(gateway, createServer(app));
      },
      '/hooks/paggio',
    );
}

/** Holds an answer back until its end, like middleware that compresses, unless the answer forbids a transformation. */
const compressing: RequestHandler = (_request, response, next) => {
  const write = response.write.bind(response);
  const writeHead = response.writeHead.bind(response);
  Object.assign(response, {
    writeHead(status: number, headers: Record<string, string>) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      return writeHead(status);
    },
    write(chunk: Buffer) {
      return !String(response.getHeader('cache-control')).includes('no-transform') || write(chunk);
    },
  });
  next();
};

test('the event stream is live behind middleware that compresses, and so is that of the dashboard', async () => {
  const gateway = await gatewayOfAll();
  const app = express5();
  app.use(compressing, paggioMiddleware(gateway.paggio, { dashboard: true, resolveUser: () => owner }));
  const host = await serveHost(gateway, createServer(app));
  for (const path of ['/api/v1/events/stream', '/dashboard/api/v1/events/stream']) {
    const stream = await fetch(`http://127.0.0.1:${host.port}${path}`, { headers: { 'accept-encoding': 'gzip' } });
    const { value } = (await stream.body?.getReader().read()) as { value: Uint8Array };
    expect([path, stream.status, Buffer.from(value).toString()]).toEqual([
      path,
      200,
      expect.stringContaining('retry:'),
    ]);
  }
  await host.stop();
});

test('after a body parser a request is refused with one clear error, and never stored re-serialised [EMB-01]', async () => {
  const host = await start((app, mount) => {
    app.use(express5.json());
    mount();
  });
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'late' });
  const send = (type: string, body: string) =>
    request(host.port, { path: `/api/webhook/${endpoint.slug}`, headers: [['Content-Type', type]], body });
  const refused = await send('application/json', '{"a":1}');
  expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
    500,
    expect.objectContaining({ code: 'RAW_BODY_CONSUMED', hint: expect.stringContaining('before express.json()') }),
  ]);
  // A body that the parser left alone is accepted.
  expect((await send('text/plain', 'x')).status).toBe(200);
  const page = await host.paggio.admin.events.list(
    owner,
    { endpointId: endpoint.id },
    { limit: 10, offset: 0, startingAfter: null },
  );
  expect(page.total).toBe(1);
  await host.stop();
});

test('the bytes kept by a raw parser are used [EMB-01]', async () => {
  const host = await start((app, mount) => {
    app.use(express5.raw({ type: '*/*', inflate: false }));
    mount();
  });
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'raw' });
  const answer = await request(host.port, {
    path: `/api/webhook/${endpoint.slug}`,
    headers: [['Content-Type', 'application/json']],
    body: '{ "a":1.0 }',
  });
  expect((await host.paggio.admin.events.get(owner, answer.headers['paggio-event-id'] as string)).body.toString()).toBe(
    '{ "a":1.0 }',
  );
  await host.stop();
});

test('two instances in one app stay separate, each below its own path', async () => {
  const [first, second] = [await gatewayOfAll(), await startGateway()];
  const app = express5();
  app.use(paggioMiddleware(first.paggio, { path: 'a' }));
  app.use(paggioMiddleware(second.paggio, { path: 'b' }));
  const host = await serveHost(first, createServer(app));
  const { endpoint } = await first.paggio.admin.endpoints.create(owner, { name: 'x' });
  expect(endpoint.webhookUrl).toBe(`http://127.0.0.1:${host.port}/a/api/webhook/${endpoint.slug}`);
  const statuses = [];
  for (const path of ['a', 'b'])
    statuses.push((await request(host.port, { path: `/${path}/api/webhook/${endpoint.slug}`, body: '{}' })).status);
  expect(statuses).toEqual([200, 404]);
  await second.stop();
  await host.stop();
});

test("resolveUser gets Express's request, as the middleware before it left it", async () => {
  const host = await start(
    (app, mount) => {
      app.use((incoming, _response, next) => {
        if (incoming.get('x-session') === 'anna') Object.assign(incoming, { user: { id: owner.userId } });
        next();
      });
      mount();
    },
    {
      resolveUser: (incoming) => {
        const { user } = incoming as { user?: { id: string } };
        return user ? { userId: user.id } : null;
      },
    },
  );
  const ask = (headers: [string, string][]) => request(host.port, { method: 'GET', path: '/api/v1/events', headers });
  expect((await ask([['X-Session', 'anna']])).status).toBe(200);
  expect((await ask([])).status).toBe(401);
  await host.stop();
});

test('a link signs in to the dashboard as soon as its address is known', async () => {
  const gateway = await gatewayOfAll();
  const app = express5();
  const principal = { ...owner, scopes: new Set(['read'] as const), keyId: null };
  const late = paggioMiddleware(gateway.paggio, { dashboard: true });
  app.use('/hooks', late);
  const host = await serveHost(gateway, createServer(app));
  await expect(late.signInLink(principal)).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining("'/hooks'"),
  });
  await request(host.port, { path: '/hooks/dashboard' });
  const link = (await late.signInLink(principal)) as string;
  expect(link).toMatch(/^\/hooks\/dashboard\/sign-in\?token=/);
  const answer = await request(host.port, { method: 'GET', path: link });
  expect([answer.status, answer.headers['location']]).toEqual([303, '/hooks/dashboard']);
  const early = paggioMiddleware(gateway.paggio, { dashboard: true, path: '/hooks' });
  expect(await early.signInLink(principal)).toMatch(/^\/hooks\/dashboard\/sign-in/);
  expect(await paggioMiddleware(gateway.paggio, { path: '/hooks' }).signInLink(principal)).toBeNull();
  await host.stop();
});
