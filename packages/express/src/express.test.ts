import { createServer } from 'node:http';
import { owner, startGateway } from '@paggio/core/testing';
import { describeHost, request, serveHost, type Host } from '@paggio/http/testing';
import express, { type Express } from 'express';
import { paggioMiddleware } from './index';

async function start(build: (app: Express, mount: () => void) => void, path?: string): Promise<Host> {
  const gateway = await startGateway();
  const app = express();
  build(app, () => app.use(paggioMiddleware(gateway.paggio, { path })));
  return serveHost(gateway, createServer(app));
}

function hostRoutes(app: Express): void {
  app.use(express.json());
  app.post('/host/echo', (request, response) => void response.json({ echo: request.body as unknown }));
}

describeHost('Express 5 at the root', () =>
  start((app, mount) => {
    mount();
    hostRoutes(app);
  }),
);

describeHost(
  'Express 5 under a path',
  () =>
    start((app, mount) => {
      mount();
      hostRoutes(app);
    }, '/hooks/paggio'),
  '/hooks/paggio',
);

test('EMB-01: behind a body parser a request is refused with one clear error and never stored re-serialised', async () => {
  const host = await start((app, mount) => {
    app.use(express.json());
    mount();
  });
  const { endpoint } = await host.paggio.endpoints.create(owner, { name: 'late' });
  const send = (type: string, body: string) =>
    request(host.port, { path: `/api/webhook/${endpoint.slug}`, headers: [['Content-Type', type]], body });
  const refused = await send('application/json', '{"a":1}');
  expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
    500,
    expect.objectContaining({ code: 'RAW_BODY_CONSUMED', hint: expect.stringContaining('before express.json()') }),
  ]);
  // What the parser left alone still works.
  expect((await send('text/plain', 'x')).status).toBe(200);
  const page = await host.paggio.events.list(owner, {}, { limit: 10, offset: 0, startingAfter: null });
  expect(page.total).toBe(1);
  await host.stop();
});

test('EMB-01: the bytes that a raw parser kept are used', async () => {
  const host = await start((app, mount) => {
    app.use(express.raw({ type: '*/*', inflate: false }));
    mount();
  });
  const { endpoint } = await host.paggio.endpoints.create(owner, { name: 'raw' });
  const answer = await request(host.port, {
    path: `/api/webhook/${endpoint.slug}`,
    headers: [['Content-Type', 'application/json']],
    body: '{ "a":1.0 }',
  });
  expect((await host.paggio.events.get(owner, answer.headers['paggio-event-id'] as string)).body.toString()).toBe(
    '{ "a":1.0 }',
  );
  await host.stop();
});
