import type { IncomingMessage } from 'node:http';
import { scopes, type Mode, type Principal, type Scope } from '@paggio/core';
import { owner, query, withoutDelivery } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import type { HostUser } from './index';
import { denials, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
const users: Record<string, HostUser> = {
  tenant: { userId: 'tenant', scopes: ['read', 'write', 'ingest', 'admin'] },
  host: { userId: 'host', scopes: ['read', 'admin', 'operator'] },
  tester: { userId: 'host', scopes: ['read', 'admin', 'operator'], mode: 'test' },
};

beforeAll(async () => {
  server = await startGatewayServer(
    { ...withoutDelivery, apiRateLimit: null, ...withoutDelivery },
    {
      dashboard: true,
      resolveUser: (incoming: IncomingMessage) => users[String(incoming.headers['x-user'])] ?? null,
    },
  );
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const ALL: readonly Scope[] = scopes;
const everything = (userId: string): Principal => ({ userId, mode: 'live', scopes: new Set(scopes), keyId: null });

interface Made {
  id: string;
  api: AxiosInstance;
}

async function keyOf(userId: string, wanted: readonly Scope[], mode: Mode = 'live'): Promise<Made> {
  const { keys } = server.paggio.admin;
  const { apiKey, key } = await keys.create(everything(userId), { name: 'k', mode, scopes: [...wanted] });
  return { id: apiKey.id, api: server.api(key) };
}

const as = (user: string): AxiosInstance =>
  axios.create({
    baseURL: `http://127.0.0.1:${server.port}`,
    headers: { 'x-user': user },
    validateStatus: () => true,
  });

const statusOf = async (api: AxiosInstance, url: string): Promise<number> => (await api.get(url)).status;
/** `undefined` means the caller's own user. */
const usersOf = async (api: AxiosInstance): Promise<Set<string | undefined>> =>
  new Set((await api.get('/api/v1/keys')).data.data.map((key: any) => key.user_id));

describe('the scope admin ends at its user', () => {
  test.each<[string, () => Promise<AxiosInstance>]>([
    ['a key', async () => (await keyOf('tenant', ['read', 'write', 'ingest', 'resign', 'admin'])).api],
    ['a user of the host', async () => as('tenant')],
  ])('%s makes, sees and revokes no key of other users, and nothing of the server', async (_, make) => {
    const api = await make();
    const { id } = await keyOf('bob', ['read']);
    const { status, data } = await api.post('/api/v1/keys', { name: 'x', user_id: 'bob', scopes: ['read'] });
    expect([status, data.code, data.message]).toEqual([403, 'FORBIDDEN', expect.stringContaining('"operator"')]);
    expect((await api.delete(`/api/v1/keys/${id}`)).status).toBe(404);
    const list = await api.get('/api/v1/keys');
    expect(list.data.data.map((key: any) => key.id)).not.toContain(id);
    expect(JSON.stringify(list.data)).not.toContain('user_id');
    for (const url of ['/metrics', '/api/v1/system']) expect(await statusOf(api, url)).toBe(403);
    const own = await api.post('/api/v1/keys', { name: 'mine', user_id: 'tenant', scopes: ['read', 'resign'] });
    expect([own.status, own.data.user_id]).toEqual([201, undefined]);
    expect((await api.post('/api/v1/keys', { name: 'x', scopes: ['operator'] })).status).toBe(403);
    expect((await api.delete(`/api/v1/keys/${own.data.id}`)).status).toBe(204);
    const denied = await denials(server.paggio, api, (entries) =>
      entries.some(({ after }) => after.operation === 'keys.create'),
    );
    expect(denied.map(({ after }) => after)).toContainEqual({ operation: 'keys.create', scope: 'operator' });
  });
});

describe('the scope operator', () => {
  test('with admin it makes, sees and revokes the keys of every user, and the audit log says whose', async () => {
    const { api } = await keyOf('root', ALL);
    const made = await api.post('/api/v1/keys', { name: 'for bob', user_id: 'bob', scopes: ['read'], mode: 'test' });
    expect([made.status, made.data.user_id, made.data.mode]).toEqual([201, 'bob', 'test']);
    // Its own keys have the same shape as everybody's.
    const seen = await usersOf(api);
    expect([seen.has('bob'), seen.has(owner.userId), seen.has('root'), seen.has(undefined)]).toEqual([
      ...[true, true, false, true],
    ]);
    const of = server.api(made.data.key);
    expect(await statusOf(of, '/api/v1/events')).toBe(200);
    expect((await api.delete(`/api/v1/keys/${made.data.id}`)).status).toBe(204);
    expect(await statusOf(of, '/api/v1/events')).toBe(401);
    const [revoked, created] = (await api.get('/api/v1/audit', { params: { object_id: made.data.id } })).data.data;
    expect([revoked.before, created.after.user_id]).toEqual([{ user_id: 'bob', mode: 'test', name: 'for bob' }, 'bob']);
    const own = await api.post('/api/v1/keys', { name: 'mine' });
    await api.delete(`/api/v1/keys/${own.data.id}`);
    const [entry] = (await api.get('/api/v1/audit', { params: { object_id: own.data.id } })).data.data;
    expect(entry.before).toBeNull();
  });

  test('alone it reads the metrics and the state of the server, and has no access to keys', async () => {
    const { api, id } = await keyOf('root', ['operator']);
    for (const url of ['/metrics', '/api/v1/system']) expect(await statusOf(api, url)).toBe(200);
    for (const url of ['/api/v1/keys', '/api/v1/events', '/api/v1/audit']) expect(await statusOf(api, url)).toBe(403);
    expect((await api.post('/api/v1/keys', { name: 'x', scopes: ['operator'] })).status).toBe(403);
    expect((await api.delete(`/api/v1/keys/${id}`)).status).toBe(403);
  });

  test('in test mode it grants nothing to a key, a user of the host or a session', async () => {
    const test = (await keyOf('root', ALL, 'test')).api;
    for (const api of [test, as('tester')]) {
      for (const url of ['/metrics', '/api/v1/system']) expect(await statusOf(api, url)).toBe(403);
      for (const user of await usersOf(api)) expect(user).toBeUndefined();
      expect((await api.post('/api/v1/keys', { name: 'x', user_id: 'bob', scopes: ['read'] })).status).toBe(403);
      expect((await api.post('/api/v1/keys', { name: 'x', scopes: ['operator'] })).status).toBe(403);
    }
    const session = await sessionOf(await server.signInLink());
    expect((await session.get('/session')).data.scopes).toEqual(scopes);
    expect(await statusOf(session, '/api/v1/system')).toBe(200);
    const shown = await session.patch('/session', { mode: 'test' });
    expect(shown.data.scopes).toEqual(scopes.filter((scope) => scope !== 'operator'));
    expect(await statusOf(session, '/api/v1/system')).toBe(403);
    expect((await session.patch('/session', { mode: 'live' })).data.scopes).toEqual(scopes);
  });

  test('a host can give it to its own user, and the first key has it', async () => {
    expect(await statusOf(as('host'), '/api/v1/system')).toBe(200);
    expect(await usersOf(as('host'))).toContain(owner.userId);
    expect(await statusOf(server.api(), '/metrics')).toBe(200);
    const first = (await server.api().get('/api/v1/keys')).data.data.find((key: any) => key.name === 'first run');
    expect([first.user_id, first.scopes]).toEqual([undefined, scopes]);
  });

  test("the app's code lists and revokes the keys of the user that it names", async () => {
    const { id } = await keyOf('carol', ['read']);
    const { keys } = server.paggio.admin;
    const { items } = await keys.list({ userId: 'carol', mode: 'live' }, { limit: 10, offset: 0, startingAfter: null });
    expect(items.map((key) => key.id)).toEqual([id]);
    await expect(keys.revoke({ userId: 'dave', mode: 'live' }, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

async function sessionOf(link: string): Promise<AxiosInstance> {
  const opened = await axios.get(link, { maxRedirects: 0, validateStatus: () => true });
  const cookie = (opened.headers['set-cookie']?.[0] ?? '').split(';')[0];
  const base = `http://127.0.0.1:${server.port}`;
  return axios.create({ baseURL: `${base}/dashboard`, headers: { cookie, origin: base }, validateStatus: () => true });
}

describe('granting scopes', () => {
  test('admin grants resign, which it includes, and a key without admin grants nothing', async () => {
    const { api } = await keyOf('tenant', ['read', 'admin']);
    const create = async (wanted: Scope[]): Promise<number> =>
      (await api.post('/api/v1/keys', { name: 'x', scopes: wanted })).status;
    expect([await create(['resign', 'admin']), await create(['write']), await create(['operator'])]).toEqual([
      201, 403, 403,
    ]);
    const writer = (await keyOf('tenant', ['read', 'write', 'resign'])).api;
    expect((await writer.post('/api/v1/keys', { name: 'x', scopes: ['read'] })).status).toBe(403);
    expect((await api.post('/api/v1/keys', { name: 'x' })).data.scopes).toEqual(['read']);
  });
});

describe('the expiry of a key', () => {
  const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
  const create = (api: AxiosInstance, more: object = {}): Promise<any> =>
    api.post('/api/v1/keys', { name: 'child', scopes: ['read'], ...more });

  async function ending(at: string): Promise<any> {
    const { data } = await server.api().post('/api/v1/keys', { name: 'ends', scopes: ALL, expires_at: at });
    return data;
  }

  test('is by default that of the key that made it, and never later', async () => {
    const end = inHours(2);
    const api = server.api((await ending(end)).key);
    const child = (await create(api, { scopes: ['read', 'admin'] })).data;
    expect(child.expires_at).toBe(end);
    expect((await create(api, { expires_at: inHours(1) })).status).toBe(201);
    for (const expires_at of [null, inHours(3)]) {
      const { status, data } = await create(api, { expires_at });
      expect([status, data.details]).toEqual([
        422,
        [{ field: 'expires_at', message: expect.stringContaining('must not outlive') }],
      ]);
    }
    expect((await create(server.api(child.key))).data.expires_at).toBe(end);
    expect((await create(server.api(), { expires_at: null })).data.expires_at).toBeNull();
  });

  test('cannot be in the past', async () => {
    const { status, data } = await create(server.api(), { expires_at: '2020-01-01T00:00:00Z' });
    expect([status, data.details]).toEqual([422, [{ field: 'expires_at', message: 'expires_at is in the past.' }]]);
  });

  test('applies to sessions of that key too', async () => {
    const end = inHours(2);
    const { key } = await ending(end);
    const base = `http://127.0.0.1:${server.port}`;
    const http = axios.create({ baseURL: `${base}/dashboard`, headers: { origin: base }, validateStatus: () => true });
    const signedIn = await http.post('/session', { key });
    const headers = { cookie: (signedIn.headers['set-cookie']?.[0] ?? '').split(';')[0] };
    const later = await http.post('/api/v1/keys', { name: 'x', scopes: ['read'], expires_at: null }, { headers });
    expect([later.status, later.data.details[0].field]).toEqual([422, 'expires_at']);
    const child = await http.post('/api/v1/keys', { name: 'x', scopes: ['read'] }, { headers });
    expect(child.data.expires_at).toBe(end);
    // A link made without a key sets no expiry.
    const free = await sessionOf(await server.signInLink());
    expect((await free.post('/api/v1/keys', { name: 'x', scopes: ['read'] })).data.expires_at).toBeNull();
  });

  test('a revoked key leaves the keys that it made, and cannot make another at the last moment', async () => {
    const maker = await ending(inHours(2));
    const api = server.api(maker.key);
    const child = (await create(api)).data;
    await query(server.gateway.database.url, `update paggio.api_keys set revoked_at = now() where id = '${maker.id}'`);
    // This process still has the key in memory.
    expect((await create(api)).data.code).toBe('UNAUTHORIZED');
    expect(await statusOf(server.api(child.key), '/api/v1/events')).toBe(200);
  });
});
