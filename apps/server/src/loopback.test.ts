import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratedDatabase, type TestDatabase } from '@paggio/core/testing';
import { banner } from './banner';
import { readEnvironment, type Environment } from './environment';
import { operator } from './first-run';
import { Output } from './output';
import type { RunningServer } from './running-server';
import { startServer } from './server';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const withIpv6 = hasIpv6 ? test : test.skip;

let database: TestDatabase;
let directory: string;
const running: RunningServer[] = [];

beforeEach(async () => {
  database = await migratedDatabase();
  directory = mkdtempSync(join(tmpdir(), 'paggio-loopback-'));
});

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<RunningServer> {
  const environment = readEnvironment(
    { PORT: '0', DATABASE_URL: database.url, PAGGIO_DATA_DIR: directory, ...env },
    false,
  ) as Environment;
  const server = await startServer(environment, new Output({ format: 'json', level: 'silent' }));
  running.push(server);
  return server;
}

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  data: any;
}

/** Sends a request to an address of this machine, with any Host. */
async function ask(
  server: RunningServer,
  host: string,
  path: string,
  address = '127.0.0.1',
  method = 'GET',
): Promise<Answer> {
  const { port } = new URL(server.url);
  const sending = httpRequest({ host: address, port, path, method, headers: { host }, agent: false }).end();
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const isJson = String(response.headers['content-type']).startsWith('application/json');
  return { status: response.statusCode, headers: response.headers, data: isJson ? JSON.parse(text) : text };
}

async function hold(host: string, port = 0): Promise<Server> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen({ host, port, ipv6Only: true }, done));
  return server;
}

test('the sign-in link uses the name paggio.localhost, and is also shown with the address', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  expect(server.url).toBe(`http://127.0.0.1:${port}`);
  const [named, plain] = [new URL(server.dashboardUrl as string), new URL(server.dashboardAddressUrl as string)];
  expect([named.host, plain.host]).toEqual([`paggio.localhost:${port}`, `127.0.0.1:${port}`]);
  expect([named.pathname, named.search]).toEqual([plain.pathname, plain.search]);
  const lines = banner(server, '1.2.3').split('\n');
  const at = lines.findIndex((line) => line.includes('Dashboard'));
  expect(lines[at]).toContain(named.href);
  expect(lines[at + 1]).toContain(plain.href);
  const signedIn = await ask(server, named.host, named.pathname + named.search);
  expect([signedIn.status, signedIn.headers.location]).toEqual([303, '/dashboard']);
  // The cookie has no domain, so it belongs to this name only.
  expect(signedIn.headers['set-cookie']).toEqual([
    expect.stringMatching(/^paggio_session=[\w-]{43}; Path=\/dashboard; HttpOnly; SameSite=Lax$/),
  ]);
}, 60_000);

withIpv6(
  'the name leads to the server at both loopback addresses until it stops',
  async () => {
    const server = await start();
    const { port } = new URL(server.url);
    for (const address of ['127.0.0.1', '::1'])
      expect((await ask(server, `paggio.localhost:${port}`, '/health', address)).data.status).toBe('ok');
    running.splice(0);
    await server.stop();
    const free = await hold('::1', Number(port));
    free.close();
  },
  60_000,
);

withIpv6(
  'a link does not lead to another process that has the port at the other address',
  async () => {
    const stranger = await hold('::1');
    const { port } = stranger.address() as AddressInfo;
    const server = await start({ PORT: String(port) });
    expect([new URL(server.dashboardUrl as string).host, server.dashboardAddressUrl]).toEqual([
      `127.0.0.1:${port}`,
      null,
    ]);
    expect(banner(server, '1.2.3')).not.toContain('paggio.localhost');
    stranger.close();
  },
  60_000,
);

test('a server that listens elsewhere has another name, and takes its port at one address only', async () => {
  const server = await start({ HOST: '0.0.0.0' });
  const { port } = new URL(server.url);
  expect([new URL(server.dashboardUrl as string).host, server.dashboardAddressUrl]).toEqual([
    `localhost:${port}`,
    null,
  ]);
  if (hasIpv6) (await hold('::1', Number(port))).close();
}, 60_000);

test('a server that listens on loopback answers only to its own names, whatever key is sent', async () => {
  const server = await start({ PAGGIO_PUBLIC_URL: 'https://hooks.example.com', PAGGIO_ALLOWED_HOSTS: 'paggio, *.lan' });
  const { port } = new URL(server.url);
  const paths = [
    '/health',
    '/health/live',
    '/openapi.json',
    '/metrics',
    '/dashboard',
    '/dashboard/session',
    '/api/v1/events',
    '/',
  ];
  for (const path of paths) {
    const { status, data } = await ask(server, `evil.test:${port}`, path);
    expect([path, status, data.code]).toEqual([path, 403, 'FORBIDDEN']);
    expect(data.hint).toContain('PAGGIO_ALLOWED_HOSTS');
  }
  const names = [
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    'paggio.localhost',
    '[::1]',
    'hooks.example.com',
    'paggio:4400',
    'a.lan',
  ];
  for (const name of names) expect([name, (await ask(server, name, '/health')).status]).toEqual([name, 200]);
  const inbox = new URL(server.inboxUrl as string).pathname;
  expect((await ask(server, 'evil.test', inbox, '127.0.0.1', 'POST')).data).toEqual({ received: true });
}, 60_000);

test('a wrong entry of PAGGIO_ALLOWED_HOSTS stops the start', () => {
  const read = (hosts: string, host = ''): any => readEnvironment({ PAGGIO_ALLOWED_HOSTS: hosts, HOST: host }, false);
  expect(read('https://a.example, b.example:80, ok.example')).toEqual([
    expect.stringContaining('PAGGIO_ALLOWED_HOSTS: "https://a.example" is not a host name'),
    expect.stringContaining('PAGGIO_ALLOWED_HOSTS: "b.example:80" is not a host name'),
  ]);
  expect(read('paggio, *.lan').allowedHosts).toEqual(['paggio', '*.lan']);
  for (const [host, expected] of [
    ['', []],
    ['localhost', []],
    ['::1', []],
    ['127.0.0.2', []],
    ['0.0.0.0', null],
    ['::', null],
    ['192.0.2.1', null],
  ] as const)
    expect([host, read('', host).allowedHosts]).toEqual([host, expected]);
});

test('a session from the first sign-in link ends with the last key, and a later start does not bring it back', async () => {
  const first = await start();
  const link = new URL(first.dashboardAddressUrl as string);
  const signedIn = await ask(first, link.host, link.pathname + link.search);
  expect(signedIn.status).toBe(303);
  const token = /=([\w-]{43})/.exec(signedIn.headers['set-cookie']?.[0] ?? '')?.[1] as string;
  const paging = { limit: 10, offset: 0, startingAfter: null };
  const { items } = await first.paggio.admin.keys.list(operator, paging);
  for (const { id } of items) await first.paggio.admin.keys.revoke(operator, id);
  expect(await first.paggio.admin.sessions.find(token)).toBeNull();
  running.splice(0);
  await first.stop();

  const second = await start();
  expect(second.apiKey).toBeNull();
  expect(await second.paggio.admin.sessions.find(token)).toBeNull();
}, 60_000);
