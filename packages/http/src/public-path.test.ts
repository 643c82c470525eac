import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import { createKeyText, scopes } from '@paggio/core';
import { migratedDatabase, owner, startGateway, type TestDatabase, type TestGateway } from '@paggio/core/testing';
import { createNodeHandler, type NodeHandler } from './index';

let database: TestDatabase;
beforeAll(async () => (database = await migratedDatabase()));
afterAll(() => database.drop());

interface Embedded {
  gateway: TestGateway;
  handle: NodeHandler;
  key: string;
  /** Browsers and senders connect to this server. */
  front: Server;
  app: Server;
}

const open: Embedded[] = [];
afterEach(async () => {
  for (const { gateway, front, app } of open.splice(0)) {
    for (const server of [front, app]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
    await gateway.stop();
  }
});

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
};

/** An app that mounts Paggio at a path, behind a proxy that removes a prefix. */
async function embed(publicPath: string, path: string, stripped: string): Promise<Embedded & { origin: string }> {
  const mounted: { handle?: NodeHandler } = {};
  const app = createServer((request, response) => {
    if (!mounted.handle?.(request, response)) response.writeHead(418).end('of the app');
  });
  const appPort = await listen(app);
  const front = createServer((incoming, answer) => {
    const target = incoming.url as string;
    if (!`${target}/`.startsWith(`${stripped}/`)) return void answer.writeHead(404).end('of the proxy');
    const { method, headers } = incoming;
    const options = { port: appPort, method, headers, path: target.slice(stripped.length) };
    const onward = httpRequest(options, (response: IncomingMessage) => {
      answer.writeHead(response.statusCode as number, response.rawHeaders);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  const origin = `http://127.0.0.1:${await listen(front)}`;
  const gateway = await startGateway({ publicUrl: origin + publicPath }, {}, database);
  const key = createKeyText('live');
  await gateway.paggio.admin.keys.createFirst(owner.userId, key);
  const handle = createNodeHandler(gateway.paggio, { path, dashboard: true });
  mounted.handle = handle;
  const embedded = { gateway, handle, key, front, app, origin };
  open.push(embedded);
  return embedded;
}

test.each([
  ['no path at all', '', '', '', ''],
  ['a mount path', '', '/hooks', '', '/hooks'],
  ['a mount path that the public URL has too', '/hooks', '/hooks', '', '/hooks'],
  [
    'a longer mount path that the public URL has too, with a slash at its end',
    '/api/hooks/',
    '/api/hooks',
    '',
    '/api/hooks',
  ],
  ['a proxy that removes the path of the public URL', '/gw', '', '/gw', '/gw'],
  ['such a proxy in front of a mount path', '/gw', '/hooks', '/gw', '/gw/hooks'],
  ['such a proxy, and a public URL with both paths', '/gw/hooks', '/hooks', '/gw', '/gw/hooks'],
  ['a mount path that ends like the path of the public URL', '/webhooks', '/hooks', '/webhooks', '/webhooks/hooks'],
])('behind %s every address that Paggio gives is correct', async (_what, publicPath, path, stripped, expected) => {
  const { gateway, handle, key, origin } = await embed(publicPath, path, stripped);
  const { paggio } = gateway;
  expect(paggio.host.address.baseUrl).toBe(origin + expected);
  const api = axios.create({
    baseURL: origin + expected,
    headers: { authorization: `Bearer ${key}` },
    maxRedirects: 0,
    validateStatus: () => true,
  });
  const made = await api.post('/api/v1/endpoints', { name: 'x' });
  expect([made.status, made.headers['location']]).toEqual([201, `${expected}/api/v1/endpoints/${made.data.id}`]);
  expect((await api.get(origin + (made.headers['location'] as string))).data.id).toBe(made.data.id);

  expect(made.data.webhook_url).toBe(`${origin}${expected}/api/webhook/${made.data.slug}`);
  expect((await axios.post(made.data.webhook_url as string, {})).status).toBe(200);

  const principal = { ...owner, scopes: new Set(scopes), keyId: null };
  const link = (await handle.signInLink(principal)) as string;
  expect(link.startsWith(`${expected}/dashboard/sign-in?token=`)).toBe(true);
  const signedIn = await api.get(origin + link);
  expect([signedIn.status, signedIn.headers['location']]).toEqual([303, `${expected}/dashboard`]);
  expect(signedIn.headers['set-cookie']?.[0]).toContain(`Path=${expected}/dashboard`);
  const page = await api.get(origin + (signedIn.headers['location'] as string), { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  const [, asset] = /(?:src|href)="([^"]*assets\/[^"]+)"/.exec(page.data as string) as unknown as [string, string];
  expect((await api.get(new URL(asset, `${origin}${expected}/dashboard`).href)).status).toBe(200);
});

test('an ingest URL gets the mount path, and nothing of the public URL', async () => {
  const gateway = await startGateway(
    { publicUrl: 'https://example.com/gw/hooks', ingestUrl: 'https://in.example.com' },
    {},
    database,
  );
  gateway.paggio.host.address.mountedAt('/hooks');
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'x' });
  expect(endpoint.webhookUrl).toBe(`https://in.example.com/hooks/api/webhook/${endpoint.slug}`);
  await gateway.stop();
});
