import { createKeyText, scopes } from '@paggio/core';
import { owner, startGateway, type TestGateway } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeHandler, type NodeHandler } from './index';
import { close } from './testing/gateway-server';

let gateway: TestGateway;
let server: Server;
let handle: NodeHandler;
let origin: string;
let key: string;
let browser: AxiosInstance;

beforeAll(async () => {
  gateway = await startGateway();
  handle = createNodeHandler(gateway.paggio, { dashboard: true, exclusive: true, path: '/hooks' });
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  key = createKeyText('live');
  await gateway.paggio.keys.createFirst(owner.userId, key);
  browser = axios.create({
    baseURL: `${origin}/hooks`,
    validateStatus: () => true,
    maxRedirects: 0,
    headers: { origin },
  });
});

afterAll(async () => {
  await close(server);
  await gateway.stop();
});

async function signIn(): Promise<string> {
  const { status, headers } = await browser.post('/dashboard/session', { key });
  expect(status).toBe(201);
  const cookie = headers['set-cookie']?.[0] ?? '';
  expect(cookie).toMatch(/^paggio_session=[A-Za-z0-9_-]{43}; Path=\/hooks\/dashboard; HttpOnly; SameSite=Lax$/);
  return cookie.split(';')[0] as string;
}

test('UIX-02: the pages come with a strict policy and from a fixed list of files', async () => {
  for (const [path, type] of [
    ['', 'text/html'],
    ['/app.js', 'text/javascript'],
    ['/app.css', 'text/css'],
  ] as const) {
    const { status, headers } = await browser.get(`/dashboard${path}`);
    expect([status, headers['content-type']]).toEqual([200, expect.stringContaining(type)]);
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/constructor', '/nope.js'])
    expect((await browser.get(`/dashboard${path}`)).status).toBe(404);
  expect((await browser.get('/dashboard/')).headers['location']).toBe('/hooks/dashboard');
});

test('a session reads and changes through its own door; the bearer API knows no cookies', async () => {
  const cookie = await signIn();
  expect((await browser.get('/dashboard/api/v1/events')).status).toBe(401);
  expect((await browser.get('/dashboard/api/v1/events', { headers: { cookie } })).data.data).toEqual([]);
  const created = await browser.post('/dashboard/api/v1/endpoints', { name: 'from the page' }, { headers: { cookie } });
  expect([created.status, created.data.webhook_url]).toEqual([
    201,
    expect.stringContaining('/hooks/api/webhook/from-the-page-'),
  ]);
  expect((await browser.get('/api/v1/events', { headers: { cookie } })).status).toBe(401);
  expect((await browser.delete('/dashboard/session', { headers: { cookie } })).status).toBe(204);
  expect((await browser.get('/dashboard/api/v1/events', { headers: { cookie } })).status).toBe(401);
});

test('AUZ-17: wrong keys and used, expired or invented links sign nobody in', async () => {
  expect((await browser.post('/dashboard/session', { key: 'pk_live_x' })).status).toBe(401);
  expect((await browser.post('/dashboard/session', {})).status).toBe(401);
  const link = handle.signInLink({ ...owner, scopes: new Set(scopes), keyId: null }) as string;
  const first = await axios.get(origin + link, { maxRedirects: 0, validateStatus: () => true });
  expect([first.status, first.headers['location'], first.headers['set-cookie']]).toEqual([
    303,
    '/hooks/dashboard',
    [expect.stringContaining('HttpOnly')],
  ]);
  const again = await axios.get(origin + link, { maxRedirects: 0, validateStatus: () => true });
  expect([again.status, again.headers['set-cookie']]).toEqual([303, undefined]);
  expect((await browser.get('/dashboard/sign-in?token=')).headers['set-cookie']).toBeUndefined();
});

test('AUZ-17: guessing keys at the sign-in is slowed down', async () => {
  const statuses = new Set<number>();
  for (let n = 0; n < 120; n++)
    statuses.add((await browser.post('/dashboard/session', { key: `pk_live_${n}` })).status);
  expect(statuses).toEqual(new Set([401, 429]));
  // Whoever has a key gets in all the same.
  await signIn();
});

test('AUZ-18: changes from other origins are refused', async () => {
  const cookie = await signIn();
  for (const foreign of ['http://evil.test', 'null', undefined]) {
    const attack = axios.create({
      baseURL: `${origin}/hooks`,
      validateStatus: () => true,
      headers: { cookie, ...(foreign ? { origin: foreign } : {}) },
    });
    expect((await attack.post('/dashboard/api/v1/endpoints', { name: 'csrf' })).status).toBe(403);
    expect((await attack.delete('/dashboard/session')).status).toBe(403);
    expect((await attack.post('/dashboard/session', { key })).status).toBe(403);
  }
});
