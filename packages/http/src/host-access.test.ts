import type { IncomingMessage } from 'node:http';
import { owner, withoutDelivery } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import type { HostUser } from './index';
import { request, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
/** The host's own sessions. */
const users: Record<string, HostUser> = {
  anna: { userId: owner.userId },
  bert: { userId: 'bert', scopes: ['read'] },
  carl: { userId: 'carl', mode: 'test', scopes: ['read', 'write', 'admin'] },
};
let asked = 0;

beforeAll(async () => {
  server = await startGatewayServer(withoutDelivery, {
    dashboard: true,
    resolveUser: async (incoming: IncomingMessage) => users[String(incoming.headers['x-session'])] ?? null,
    allow: (incoming) => {
      asked++;
      return incoming.headers['x-blocked'] === undefined;
    },
  });
});

afterAll(() => server.stop());

/** A user who is signed in to the host, without an API key. */
const as = (name: string, headers: Record<string, string> = {}): AxiosInstance =>
  axios.create({
    baseURL: `http://127.0.0.1:${server.port}`,
    validateStatus: () => true,
    headers: { 'x-session': name, ...headers },
  });

test("the host's users see and make their own objects, with the scopes that the host gives them", async () => {
  const made = await as('anna').post('/api/v1/endpoints', { name: 'of Anna' });
  expect([made.status, made.headers['x-ratelimit-limit']]).toEqual([201, '500']);
  // The same user, by key.
  expect((await server.api().get(`/api/v1/endpoints/${made.data.id}`)).data.name).toBe('of Anna');
  expect((await as('bert').get(`/api/v1/endpoints/${made.data.id}`)).status).toBe(404);
  expect((await as('bert').get('/api/v1/endpoints')).data.data).toEqual([]);
  expect((await as('bert').post('/api/v1/endpoints', { name: 'x' })).data.code).toBe('FORBIDDEN');
  expect((await as('anna').get('/api/v1/keys')).data.code).toBe('FORBIDDEN');
  const carl = await as('carl').post('/api/v1/endpoints', { name: 'of Carl' });
  expect((await as('carl').get('/api/v1/keys')).status).toBe(200);
  expect(
    (await server.paggio.admin.endpoints.get({ userId: 'carl', mode: 'test' }, carl.data.id.replace('ep_', ''))).name,
  ).toBe('of Carl');
  expect((await as('nobody').get('/api/v1/endpoints')).data.code).toBe('UNAUTHORIZED');
  const audit = (await as('carl').get('/api/v1/audit')).data.data;
  expect(audit[0]).toMatchObject({ action: 'endpoint.created', key_id: null });
});

test('a key takes precedence over the session, and a wrong key is refused despite a session', async () => {
  const authorization = 'Bearer pk_live_wrong';
  expect((await as('anna', { authorization }).get('/api/v1/endpoints')).status).toBe(401);
  const own = await as('bert', { authorization: `Bearer ${server.key}` }).post('/api/v1/endpoints', { name: 'by key' });
  expect(own.status).toBe(201);
});

test("changes that another site sends from a user's browser are refused; reads and own pages are allowed", async () => {
  const address = `http://127.0.0.1:${server.port}`;
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', `${address}.evil.example`]) {
    for (const path of ['/api/v1/endpoints', '/dashboard/api/v1/endpoints']) {
      const answer = await as('anna', { origin }).post(path, { name: 'csrf' });
      expect([origin, path, answer.status]).toEqual([origin, path, 403]);
    }
  }
  expect((await as('anna', { origin: address }).post('/api/v1/endpoints', { name: 'own page' })).status).toBe(201);
  // A request with a key is made on purpose.
  const byKey = { authorization: `Bearer ${server.key}`, origin: 'https://evil.example' };
  expect((await as('anna', byKey).post('/api/v1/endpoints', { name: 'by key' })).status).toBe(201);
  expect((await as('anna', { origin: 'https://evil.example' }).get('/api/v1/endpoints')).status).toBe(200);
});

test("the dashboard accepts the host's session too, and prefers its own", async () => {
  const address = `http://127.0.0.1:${server.port}`;
  const page = as('carl', { origin: address });
  expect((await page.get('/dashboard/api/v1/endpoints')).data.data[0].name).toBe('of Carl');
  expect((await page.post('/dashboard/api/v1/endpoints', { name: 'by page' })).status).toBe(201);
  expect((await as('nobody').get('/dashboard/api/v1/endpoints')).status).toBe(401);
  const signed = await page.post('/dashboard/session', { key: server.key });
  const cookie = String(signed.headers['set-cookie']?.[0]).split(';')[0] as string;
  const names = (await as('carl', { cookie }).get('/dashboard/api/v1/endpoints')).data.data.map(
    (one: { name: string }) => one.name,
  );
  expect(names).toContain('of Anna');
});

test('a request that the host forbids is 403 for everybody, and the host is not asked about webhooks', async () => {
  for (const path of ['/api/v1/endpoints', '/dashboard', '/dashboard/api/v1/events']) {
    const answer = await as('anna', { 'x-blocked': '1', authorization: `Bearer ${server.key}` }).get(path);
    expect([path, answer.status, answer.data.code]).toEqual([path, 403, 'FORBIDDEN']);
  }
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, { name: 'public' });
  const before = asked;
  const taken = await request(server.port, {
    path: `/api/webhook/${endpoint.slug}`,
    headers: [['X-Blocked', '1']],
    body: '{}',
  });
  expect([taken.status, asked]).toEqual([200, before]);
  expect((await as('anna', { 'x-blocked': '1' }).get('/health')).status).toBe(200);
});

test('an error that the host throws is reported to the host, and answered with a request id only', async () => {
  const broken = await startGatewayServer(withoutDelivery, {
    resolveUser: () => {
      throw new Error('the session store is away');
    },
  });
  const answer = await axios.get(`http://127.0.0.1:${broken.port}/api/v1/events`, { validateStatus: () => true });
  expect([answer.status, answer.data.code]).toEqual([500, 'INTERNAL']);
  expect(JSON.stringify(answer.data)).not.toContain('session store');
  expect(broken.faults.map(String)).toEqual(['Error: the session store is away']);
  await broken.stop();
});
