import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPaggio, type Paggio } from '@paggio/core';
import { owner, startGateway, testMasterKey, type TestGateway } from '@paggio/core/testing';
import { createFetchHandler, createNodeHandler } from './index';
import { close } from './testing/gateway-server';
import { sendRaw } from './testing/raw-http';

const INGEST = 'https://in.example.com';

let gateway: TestGateway;
let paggio: Paggio;
let server: Server;
let port: number;
let slug: string;

beforeAll(async () => {
  gateway = await startGateway({
    publicUrl: 'https://app.example.com',
    ingestUrl: INGEST,
    trustedProxies: ['127.0.0.1/32'],
  });
  ({ paggio } = gateway);
  const handle = createNodeHandler(paggio, { path: '/hooks', dashboard: true, health: true, openapi: true });
  server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(418).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ({ port } = server.address() as AddressInfo);
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'in' });
  expect(endpoint.webhookUrl).toBe(`${INGEST}/hooks/api/webhook/${endpoint.slug}`);
  ({ slug } = endpoint);
});

afterAll(async () => {
  await close(server);
  await gateway.stop();
});

async function statusAt(host: string, path: string, more = ''): Promise<number> {
  const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;
  return (await sendRaw(port, Buffer.from(text, 'latin1'))).status;
}

const paths = ['/api/v1/events', '/dashboard', '/dashboard/session', '/health', '/openapi.json'].map(
  (path) => `/hooks${path}`,
);

test('the host of ingestUrl answers webhook URLs and signed ingest only', async () => {
  for (const host of [
    'in.example.com',
    'IN.Example.com',
    'in.example.com.',
    'in.example.com:443',
    'in.example.com:8',
  ]) {
    for (const path of paths) expect([host, path, await statusAt(host, path)]).toEqual([host, path, 404]);
    expect([host, await statusAt(host, `/hooks/api/webhook/${slug}`)]).toEqual([host, 200]);
    // Without a key: the path exists and asks for one.
    const ingest = `POST /hooks/e/x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`;
    expect([host, (await sendRaw(port, Buffer.from(ingest))).status]).toEqual([host, 401]);
    expect([host, await statusAt(host, '/of-the-host')]).toEqual([host, 418]);
    expect([host, await statusAt(host, '/hooks/unknown')]).toEqual([host, 418]);
  }
});

test('every other host answers everything, and earlier webhook URLs still work there', async () => {
  for (const host of ['app.example.com', '127.0.0.1', 'in.example.com.evil.test', 'xin.example.com']) {
    const statuses = await Promise.all(paths.map((path) => statusAt(host, path)));
    expect([host, statuses]).toEqual([host, [401, 200, 401, 200, 200]]);
    expect([host, await statusAt(host, `/hooks/api/webhook/${slug}`)]).toEqual([host, 200]);
  }
});

test('a trusted proxy names the host that the sender asked for, and a forwarded header cannot hide it', async () => {
  const forwarded = 'X-Forwarded-Host: app.example.com, in.example.com\r\n';
  expect(await statusAt('upstream', '/hooks/dashboard', forwarded)).toBe(404);
  expect(await statusAt('upstream', '/hooks/dashboard', 'X-Forwarded-Host: app.example.com\r\n')).toBe(200);
  expect(await statusAt('in.example.com', '/hooks/dashboard', 'X-Forwarded-Host: app.example.com\r\n')).toBe(404);
});

test('a Fetch handler does the same', async () => {
  const handle = createFetchHandler(paggio, { path: '/hooks', dashboard: true });
  const at = async (origin: string, path: string): Promise<number | undefined> =>
    (await handle(new Request(origin + path)))?.status;
  expect(await at(INGEST, '/hooks/dashboard')).toBe(404);
  expect(await at(INGEST, `/hooks/api/webhook/${slug}`)).toBe(200);
  expect(await at('https://app.example.com', '/hooks/dashboard')).toBe(200);
  expect(await at(INGEST, '/of-the-host')).toBeUndefined();
});

test('without a trusted proxy X-Forwarded-Host opens nothing', async () => {
  const other = createPaggio({ database: { url: gateway.database.url }, masterKey: testMasterKey, ingestUrl: INGEST });
  const handle = createFetchHandler(other, { dashboard: true });
  const headers = { 'x-forwarded-host': 'app.example.com' };
  expect((await handle(new Request(`${INGEST}/dashboard`, { headers })))?.status).toBe(404);
});

test.each([
  'https://in.example.com/path',
  'https://in.example.com?x',
  'https://user@in.example.com',
  'ftp://in.example.com',
  'in.example.com',
  'https://app.example.com',
  'http://APP.example.com:443',
])('ingestUrl %s is refused', (ingestUrl) => {
  const options = { database: { url: 'postgres://a@127.0.0.1/a' }, masterKey: testMasterKey };
  expect(() => createPaggio({ ...options, publicUrl: 'https://app.example.com', ingestUrl })).toThrow(
    /ingestUrl must be/,
  );
});
