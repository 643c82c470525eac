import { createHash } from 'node:crypto';
import { createKeyText, createPaggio, scopes } from '@paggio/core';
import { migrations, owner, query, startGateway, testMasterKey, type TestGateway } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
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
  await gateway.paggio.admin.keys.createFirst(owner.userId, key);
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

test('pages have a strict content security policy [UIX-02]', async () => {
  for (const path of [
    '',
    '/events',
    '/events/01a1feba-f6e4-7000-a9af-4d30305a647b',
    '/webhooks',
    '/replays',
    '/settings',
  ]) {
    const { status, headers, data } = await browser.get(`/dashboard${path}`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = String(headers['content-security-policy']);
    for (const part of ['default-src', 'script-src']) expect(policy).toContain(`${part} 'self'`);
    for (const part of ['object-src', 'base-uri', 'frame-ancestors', 'trusted-types'])
      expect(policy).toContain(`${part} 'none'`);
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    // At every depth, the page's files are found where the host has mounted them.
    expect(data).toContain('"/hooks/dashboard/assets/');
    expect(data).not.toMatch(/"\.\//);
  }
});

test('the page asks for TLS if it has its origin for itself and the origin speaks TLS [UIX-02]', async () => {
  // Pages need no database.
  const idle = createPaggio({ database: { url: gateway.database.url }, masterKey: testMasterKey });
  const own = createNodeHandler(idle, { dashboard: true, exclusive: true });
  const policyOf = async (handler: NodeHandler, secure: boolean): Promise<string | undefined> => {
    const server = createServer((request, response) => {
      if (secure) Object.assign(request.socket, { encrypted: true });
      handler(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const path = handler === own ? '' : '/hooks';
    const answer = await axios.get(`http://127.0.0.1:${port}${path}/dashboard`);
    await close(server);
    expect(answer.status).toBe(200);
    return answer.headers['strict-transport-security'];
  };
  expect(await policyOf(own, true)).toMatch(/^max-age=\d+$/);
  expect(await policyOf(own, false)).toBeUndefined();
  expect(await policyOf(handle, true)).toBeUndefined();
});

test('files come from a fixed list, compressed if the browser accepts it, and may be cached for good', async () => {
  const { data } = await browser.get('/dashboard');
  const files = [...String(data).matchAll(/"\/hooks(\/dashboard\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  expect(files.map((file) => file.split('.').at(-1)).sort()).toEqual(['css', 'js', 'svg']);
  for (const file of files) {
    const read = (encoding: string) =>
      browser.get(file, { headers: { 'accept-encoding': encoding }, decompress: false, responseType: 'arraybuffer' });
    const [plain, zipped] = [await read('identity, gzip;q=0'), await read('br, gzip')];
    expect(plain.headers).toMatchObject({
      'cache-control': expect.stringContaining('immutable'),
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    // `toEqual` takes seconds for buffers of this size.
    expect(gunzipSync(zipped.data).equals(plain.data)).toBe(true);
  }
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/constructor',
    '/nope.js',
    '/assets/',
    '/assets/nope.js',
    '/assets/../index.html',
    '/assets/constructor',
    '/events/a/b',
  ])
    expect([path, (await browser.get(`/dashboard${path}`)).status]).toEqual([path, 404]);
  const lost = await browser.get('/dashboard/nope', { headers: { accept: 'text/html,*/*' } });
  expect([lost.status, lost.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  expect((await browser.get('/dashboard/')).headers['location']).toBe('/hooks/dashboard');
});

test("a session works for the dashboard's own API, and the bearer API accepts no cookies", async () => {
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

test('wrong keys and used, expired or invented links sign nobody in [AUZ-17]', async () => {
  expect((await browser.post('/dashboard/session', { key: 'pk_live_x' })).status).toBe(401);
  // The text is sent as it is. axios would turn it into JSON.
  const asIs = { headers: { 'content-type': 'application/json' }, transformRequest: (body: unknown) => body };
  for (const [body, status] of [
    ['{}', 401],
    ['null', 401],
    ['[]', 401],
    ['{"key": 7}', 401],
    ['{"key": "\\u0000"}', 401],
    ['', 401],
    ['{', 400],
  ] as const)
    expect([body, (await browser.post('/dashboard/session', body, asIs)).status]).toEqual([body, status]);
  const link = (await handle.signInLink({ ...owner, scopes: new Set(scopes), keyId: null })) as string;
  const first = await axios.get(origin + link, { maxRedirects: 0, validateStatus: () => true });
  expect([first.status, first.headers['location'], first.headers['set-cookie']]).toEqual([
    303,
    '/hooks/dashboard',
    [expect.stringContaining('HttpOnly')],
  ]);
  const again = await axios.get(origin + link, { maxRedirects: 0, validateStatus: () => true });
  expect([again.status, again.headers['set-cookie']]).toEqual([303, undefined]);
  for (const token of ['', 'x'.repeat(43), first.headers['set-cookie']?.[0]?.slice(15, 58) as string]) {
    const { headers } = await browser.get(`/dashboard/sign-in?token=${token}`);
    expect([headers['set-cookie'], headers['location']]).toEqual([undefined, '/hooks/dashboard?link=used']);
  }
});

test('guessing keys at the sign-in is limited [AUZ-17]', async () => {
  const statuses = new Set<number>();
  for (let n = 0; n < 120; n++)
    statuses.add((await browser.post('/dashboard/session', { key: `pk_live_${n}` })).status);
  expect(statuses).toEqual(new Set([401, 429]));
  // A valid key still works.
  await signIn();
});

test('changes from other origins are refused [AUZ-18]', async () => {
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

test('a link that is used twice at once signs in once', async () => {
  const link = (await handle.signInLink({ ...owner, scopes: new Set(scopes), keyId: null })) as string;
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => axios.get(origin + link, { maxRedirects: 0, validateStatus: () => true })),
  );
  expect(answers.filter(({ headers }) => headers['set-cookie'] !== undefined)).toHaveLength(1);
});

test('a session tells who it belongs to, and other processes know it too', async () => {
  const cookie = await signIn();
  const { data } = await browser.get('/dashboard/session', { headers: { cookie } });
  expect(data).toEqual({
    id: expect.any(String),
    user_id: owner.userId,
    mode: 'live',
    modes: ['live', 'test'],
    scopes: [...scopes],
    by: 'session',
    expires_at: expect.any(String),
  });
  expect(Date.parse(data.expires_at) - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
  const other = createPaggio({ database: { url: gateway.database.url }, masterKey: testMasterKey });
  await other.start();
  const elsewhere = createNodeHandler(other, { dashboard: true });
  const second = createServer((request, response) => void elsewhere(request, response));
  await new Promise<void>((done) => second.listen(0, '127.0.0.1', done));
  const there = axios.create({
    baseURL: `http://127.0.0.1:${(second.address() as AddressInfo).port}/dashboard`,
    validateStatus: () => true,
  });
  expect((await there.get('/session', { headers: { cookie } })).data).toEqual(data);
  // Signing out here signs out there.
  await browser.delete('/dashboard/session', { headers: { cookie } });
  expect((await there.get('/session', { headers: { cookie } })).status).toBe(401);
  await close(second);
  await other.stop();
});

test('a session ends with its key, by time, and after a time without use [UIX-10]', async () => {
  const admin = { ...owner, scopes: new Set(scopes), keyId: null };
  const { apiKey, key: own } = await gateway.paggio.admin.keys.create(admin, {
    name: 'of the session',
    scopes: ['read'],
  });
  const open = async (): Promise<string> => {
    const { headers } = await browser.post('/dashboard/session', { key: own });
    return (headers['set-cookie']?.[0] ?? '').split(';')[0] as string;
  };
  const status = async (cookie: string): Promise<number> =>
    (await browser.get('/dashboard/api/v1/events', { headers: { cookie } })).status;
  const [old, idle, revoked] = [await open(), await open(), await open()];
  const hashOf = (cookie: string): string =>
    createHash('sha256')
      .update(cookie.split('=')[1] as string)
      .digest('hex');
  expect([await status(old), await status(idle), await status(revoked)]).toEqual([200, 200, 200]);
  const change = (set: string, cookie: string) =>
    query(gateway.database.url, `update paggio.sessions set ${set} where hash = '\\x${hashOf(cookie)}'`);
  await change('expires_at = now()', old);
  await change("used_at = now() - interval '13 hours'", idle);
  expect([await status(old), await status(idle), await status(revoked)]).toEqual([401, 401, 200]);
  // Its scopes are the same here.
  expect((await browser.get('/dashboard/api/v1/keys', { headers: { cookie: revoked } })).status).toBe(403);
  await gateway.paggio.admin.keys.revoke(admin, apiKey.id);
  expect(await status(revoked)).toBe(401);
});

test('a user who may make keys of both modes sees both; a test key sees test mode only [UIX-11]', async () => {
  const cookie = await signIn();
  const at = { headers: { cookie } };
  const made = (await browser.post('/dashboard/api/v1/endpoints', { name: 'live one' }, at)).data;
  expect((await browser.patch('/dashboard/session', { mode: 'test' }, at)).data).toMatchObject({ mode: 'test' });
  expect((await browser.get(`/dashboard/api/v1/endpoints/${made.id}`, at)).status).toBe(404);
  expect((await browser.post('/dashboard/api/v1/endpoints', { name: 'test one' }, at)).data.mode).toBe('test');
  expect((await browser.patch('/dashboard/session', { mode: 'live' }, at)).status).toBe(200);
  expect((await browser.get(`/dashboard/api/v1/endpoints/${made.id}`, at)).status).toBe(200);
  expect((await browser.patch('/dashboard/session', { mode: 'other' }, at)).status).toBe(422);

  const admin = { ...owner, scopes: new Set(scopes), keyId: null };
  for (const [mode, other, wanted] of [
    ['test', 'live', [...scopes]],
    ['live', 'test', ['read', 'write']],
  ] as const) {
    const { key: limited } = await gateway.paggio.admin.keys.create(admin, { name: mode, mode, scopes: [...wanted] });
    const { headers } = await browser.post('/dashboard/session', { key: limited });
    const own = { headers: { cookie: (headers['set-cookie']?.[0] ?? '').split(';')[0] } };
    expect((await browser.get('/dashboard/session', own)).data).toMatchObject({ mode, modes: [mode] });
    expect((await browser.patch('/dashboard/session', { mode: other }, own)).status).toBe(403);
    expect((await browser.get('/dashboard/session', own)).data.mode).toBe(mode);
  }
});

test('the system page shows an administrator the configuration of this process', async () => {
  const cookie = await signIn();
  const { data } = await browser.get('/dashboard/api/v1/system', { headers: { cookie } });
  expect(data).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    roles: ['capture', 'deliver', 'api', 'dashboard'],
    migration: migrations.length,
    queue: { pending: 0, lag_seconds: 0 },
    retention_seconds: null,
    body_limit: 1024 * 1024,
    local_url: 'http://localhost:3000',
  });
});
