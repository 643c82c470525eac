import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratedDatabase, testMasterKey, type TestDatabase } from '@paggio/core/testing';
import axios from 'axios';
import { readEnvironment } from './environment';
import { LocalServer } from './testing/local-server';

let database: TestDatabase;
let directory: string;
let server: LocalServer;
let stripping: Server;
let passing: Server;

/** Like nginx with `location /hooks/ { proxy_pass http://server/; }`, or without the slash at the end. */
async function proxy(strips: boolean): Promise<Server> {
  const made = createServer((incoming, answer) => {
    const path = incoming.url as string;
    if (!path.startsWith('/hooks/')) return void answer.writeHead(404).end('the proxy knows /hooks/ only');
    const { hostname, port } = new URL(server.url);
    const onward = httpRequest(
      {
        hostname,
        port,
        method: incoming.method,
        path: strips ? path.slice('/hooks'.length) : path,
        headers: incoming.headers,
      },
      (response: IncomingMessage) => {
        answer.writeHead(response.statusCode as number, response.rawHeaders);
        response.pipe(answer);
      },
    );
    answer.on('close', () => onward.destroy());
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  return made;
}

const originOf = (one: Server): string => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;

beforeAll(async () => {
  database = await migratedDatabase();
  directory = mkdtempSync(join(tmpdir(), 'paggio-base-path-'));
  server = await LocalServer.start(
    {
      DATABASE_URL: database.url,
      PAGGIO_MASTER_KEY: testMasterKey.toString('hex'),
      PAGGIO_PUBLIC_URL: 'http://127.0.0.1:9/hooks/',
    },
    directory,
  );
  stripping = await proxy(true);
  passing = await proxy(false);
}, 60_000);

afterAll(async () => {
  for (const one of [stripping, passing]) one.closeAllConnections();
  await Promise.all([stripping, passing].map((one) => new Promise((done) => one.close(done))));
  await server.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  ['removes the path', () => originOf(stripping)],
  ['keeps the path', () => originOf(passing)],
  ['is missing', () => server.url],
])('everything works below the path of the public URL when the proxy %s', async (_, origin) => {
  const at = axios.create({ baseURL: `${origin()}/hooks`, validateStatus: () => true, maxRedirects: 0 });
  const authorization = `Bearer ${server.apiKey}`;
  const page = await at.get('/dashboard');
  expect(page.status).toBe(200);
  const links = [...(page.data as string).matchAll(/(?:src|href|content)="(\/[^"]*)"/g)].map(
    ([, link]) => link as string,
  );
  expect(links).toContain('/hooks/dashboard/');
  const files = links.filter((link) => link.includes('/assets/'));
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect([file, (await axios.get(origin() + file)).status]).toEqual([file, 200]);

  const slash = await at.get('/dashboard/');
  expect([slash.status, slash.headers['location']]).toEqual([308, '/hooks/dashboard']);
  const used = await at.get('/dashboard/sign-in?token=no');
  expect([used.status, used.headers['location']]).toEqual([303, '/hooks/dashboard?link=used']);
  const signIn = await at.post('/dashboard/session', { key: server.apiKey }, { headers: { origin: origin() } });
  const cookie = (signIn.headers['set-cookie'] as string[])[0] as string;
  expect(cookie).toMatch(/^paggio_session=[^;]+; Path=\/hooks\/dashboard; HttpOnly/);
  const headers = { cookie: cookie.split(';')[0] as string };
  expect((await at.get('/dashboard/session', { headers })).status).toBe(200);
  const { data: list } = await at.get('/dashboard/api/v1/endpoints', { headers });
  const hook = new URL(list.data[0].webhook_url as string);
  expect(hook.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/hooks\/api\/webhook\//);
  expect((await axios.post(origin() + hook.pathname, '{}')).data).toEqual({ received: true });
  expect((await at.get('/api/v1/events', { headers: { authorization } })).status).toBe(200);
  const made = await at.post('/api/v1/endpoints', { name: 'located' }, { headers: { authorization } });
  expect(made.headers['location']).toBe(`/hooks/api/v1/endpoints/${made.data.id}`);
  expect((await at.get('/health')).status).toBe(200);
  expect((await at.get('/openapi.json')).status).toBe(200);

  const stream = await at.get('/dashboard/api/v1/events/stream', { headers, responseType: 'stream' });
  expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
  stream.data.destroy();
});

test('the server also answers without the path, for probes, and refuses paths that only look like it', async () => {
  const get = async (path: string): Promise<number> =>
    (await axios.get(server.url + path, { validateStatus: () => true, maxRedirects: 0 })).status;
  for (const path of ['/health', '/health/live', '/dashboard', '/hooks/health/live'])
    expect([path, await get(path)]).toEqual([path, 200]);
  for (const path of [
    '/hooks',
    '/hooks/',
    '/hooksx/health',
    '/hooks/hooks/health',
    '/hooks//health',
    '//hooks/health',
    '/hooks%2Fhealth',
    '/HOOKS/health',
    '/hooks/healthy',
    '/hooks/../hooks//evil.example/dashboard',
    '/hooks//evil.example/dashboard/',
  ])
    expect([path, await get(path)]).toEqual([path, 404]);
});

test('an ambiguous path, or one that a link would take for a host, stops the start', () => {
  const read = (PAGGIO_PUBLIC_URL: string): unknown =>
    readEnvironment({ PAGGIO_PUBLIC_URL, PAGGIO_MASTER_KEY: testMasterKey.toString('hex') }, false);
  for (const fine of ['https://x.example', 'https://x.example/', 'https://x.example/a/b-c/', 'https://x.example/api'])
    expect([fine, read(fine)]).toEqual([fine, expect.objectContaining({ publicUrl: fine })]);
  for (const wrong of ['//evil.example', '/a//b', '/a;b', '/$&', '/dashboard', '/dashboard/', '/a%2Fb'])
    expect([wrong, read(`https://x.example${wrong}`)]).toEqual([
      wrong,
      [expect.stringContaining('The path of PAGGIO_PUBLIC_URL may contain only')],
    ]);
});
