import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createHmac } from 'node:crypto';
import { json, text } from 'node:stream/consumers';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { owner, withoutDelivery } from '@paggio/core/testing';
import { Hono } from 'hono';
import { createFetchHandler, createNodeHandler } from './index';
import {
  describeHost,
  inFrontOfHttp2,
  inFrontOfInject,
  injectInto,
  request as send,
  serveHost,
  sharedGateway,
  startGatewayServer,
  withHeadersOnly,
} from './testing';

const full = process.env['PAGGIO_FULL'] === '1';
const gatewayOfAll = sharedGateway();

async function ownRoutes(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== '/host/echo') return void response.writeHead(404).end();
  const echo = await json(request);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ echo }));
}

for (const path of ['', '/hooks/paggio']) {
  describeHost(
    `node:http at "${path}"`,
    async () => {
      const gateway = await gatewayOfAll();
      const handle = createNodeHandler(gateway.paggio, { path, dashboard: true });
      const server = createServer((request, response) => {
        if (!handle(request, response)) void ownRoutes(request, response);
      });
      handle.attach(server);
      return serveHost(gateway, server);
    },
    path,
    { attached: true, whole: path === '' },
  );

  if (path !== '' || full)
    describeHost(
      `Hono at "${path}"`,
      async () => {
        const gateway = await gatewayOfAll();
        const handle = createFetchHandler(gateway.paggio, { path, dashboard: true });
        const app = new Hono<{ Bindings: HttpBindings }>();
        app.use(async (c, next) => {
          const remoteAddr = c.env.incoming.socket.remoteAddress;
          return (await handle(c.req.raw, { remoteAddr })) ?? next();
        });
        app.post('/host/echo', async (c) => c.json({ echo: await c.req.json<unknown>() }));
        return serveHost(gateway, createAdaptorServer({ fetch: app.fetch }) as ReturnType<typeof createServer>);
      },
      path,
      { ownsConnection: false, whole: true },
    );
}

type Handle = ReturnType<typeof createNodeHandler>;
type Server = ReturnType<typeof createServer>;

function answering(handle: Handle): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!handle(request, response)) void ownRoutes(request, response);
  };
}

const transports: [string, (handle: Handle) => Server, { ownsConnection?: boolean; streams?: boolean }][] = [
  [
    'node:http2',
    (handle) =>
      inFrontOfHttp2(createHttp2Server(answering(handle) as unknown as Parameters<typeof createHttp2Server>[1])),
    { ownsConnection: false },
  ],
  ['a host that fills headers only', (handle) => createServer(withHeadersOnly(answering(handle))), {}],
  [
    'a serverless adapter',
    (handle) => inFrontOfInject(injectInto(answering(handle))),
    { ownsConnection: false, streams: false },
  ],
];

for (const [name, serve, limits] of transports) {
  describeHost(
    name,
    async () => {
      const gateway = await gatewayOfAll();
      return serveHost(gateway, serve(createNodeHandler(gateway.paggio, { dashboard: true })));
    },
    '',
    limits,
  );
}

test('a body that the host has already read is refused, however the host read it [EMB-01]', async () => {
  const gateway = await gatewayOfAll();
  const handle = createNodeHandler(gateway.paggio);
  const fetch = createFetchHandler(gateway.paggio);
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'late' });
  const path = `/api/webhook/${endpoint.slug}`;
  const server = createServer((request, response) => void text(request).then(() => handle(request, response)));
  const host = await serveHost(gateway, server);
  const answer = await send(host.port, { path, body: '{"a":1}' });
  expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([500, 'RAW_BODY_CONSUMED']);
  const request = new Request(`http://host${path}`, { method: 'POST', body: '{"a":1}' });
  await request.text();
  const response = (await fetch(request)) as Response;
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([500, 'RAW_BODY_CONSUMED']);
  const page = await host.paggio.admin.events.list(
    owner,
    { endpointId: endpoint.id },
    { limit: 1, offset: 0, startingAfter: null },
  );
  expect(page.total).toBe(0);
  await host.stop();
});

test('a path that only begins like the mount path belongs to the host, even if Paggio answers everything below its own', async () => {
  const gateway = await gatewayOfAll();
  const handle = createNodeHandler(gateway.paggio, { path: '/hooks', exclusive: true });
  const server = createServer((request, response) => void (handle(request, response) || response.writeHead(204).end()));
  const host = await serveHost(gateway, server);
  const statuses: number[] = [];
  for (const path of ['/hooks-of-mine', '/hooks', '/hooks/', '/hooks/nothing', '/hook'])
    statuses.push((await send(host.port, { method: 'GET', path })).status);
  expect(statuses).toEqual([204, 404, 404, 404, 204]);
  await host.stop();
});

test('a signature over the URL is verified against the configured URL, whatever Host and proxies say [EMB-08]', async () => {
  const { database } = await gatewayOfAll();
  const options = { publicUrl: 'https://hooks.example.com', trustedProxies: ['127.0.0.0/8'], ...withoutDelivery };
  const server = await startGatewayServer(options, {}, database);
  const public_url = 'https://hooks.example.com/in/trello';
  const verification = { provider: 'trello', secrets: ['a secret of Trello'], public_url };
  const { slug } = (await server.api().post('/api/v1/endpoints', { name: 'url', verification })).data;
  const body = '{"action":{"type":"updateCard"}}';
  const deliver = async (signedUrl: string): Promise<number> => {
    const signature = createHmac('sha1', 'a secret of Trello')
      .update(body + signedUrl)
      .digest('base64');
    const headers: [string, string][] = [
      ['X-Trello-Webhook', signature],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'http'],
      ['Forwarded', 'host=evil.example;proto=http'],
    ];
    return (await send(server.port, { path: `/api/webhook/${slug}`, headers, body })).status;
  };
  expect(await deliver(public_url)).toBe(200);
  for (const url of [`http://evil.example/api/webhook/${slug}`, `http://127.0.0.1:${server.port}/api/webhook/${slug}`])
    expect(await deliver(url)).toBe(401);
  await server.stop();
});

test('the Fetch handler serves the dashboard, and answers everything below its path if it is exclusive', async () => {
  const gateway = await gatewayOfAll();
  const handle = createFetchHandler(gateway.paggio, {
    dashboard: true,
    exclusive: true,
    path: '/p',
    resolveUser: (request) => (request.headers.get('x-session') === 'anna' ? owner : null),
  });
  const ask = async (path: string, init?: RequestInit): Promise<Response> =>
    (await handle(new Request(`http://host${path}`, init))) as Response;
  const page = await ask('/p/dashboard');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect((await ask('/p/dashboard/api/v1/events')).status).toBe(401);
  const headers = { 'x-session': 'anna' };
  expect((await ask('/p/dashboard/api/v1/events', { headers })).status).toBe(200);
  expect((await ask('/p/api/v1/events', { headers })).status).toBe(200);
  const csrf = { method: 'POST', headers: { ...headers, origin: 'https://evil.example' }, body: '{"name":"x"}' };
  expect((await ask('/p/api/v1/endpoints', csrf)).status).toBe(403);
  expect((await ask('/p/nothing')).status).toBe(404);
  expect(await handle(new Request('http://host/elsewhere'))).toBeUndefined();
  const link = (await handle.signInLink({ ...owner, keyId: null, scopes: new Set(['read']) })) as string;
  expect((await ask(link)).headers.get('set-cookie')).toContain('Path=/p/dashboard');
  const head = await ask('/p/api/v1/events', { method: 'HEAD', headers });
  expect([head.status, await head.text()]).toEqual([200, '']);
  await gateway.stop();
});
