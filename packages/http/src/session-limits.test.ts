import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { scopes, type PaggioOptions, type Principal } from '@paggio/core';
import { owner } from '@paggio/core/testing';
import axios, { type AxiosResponse } from 'axios';
import type { HandlerOptions } from './index';
import { DashboardBrowser, startGatewayServer, type GatewayServer } from './testing';

/** So slow that nothing comes back within a test. */
const FEW = { perSecond: 0.001, burst: 20 };

const servers: GatewayServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    expect(server.faults).toEqual([]);
    await server.stop();
  }
});

async function start(
  options: Partial<PaggioOptions> = {},
  handler: HandlerOptions<IncomingMessage> = {},
): Promise<GatewayServer> {
  const server = await startGatewayServer({ apiRateLimit: FEW, ...options }, { dashboard: true, ...handler });
  servers.push(server);
  return server;
}

const limitOf = (headers: any): (string | undefined)[] => [
  headers['x-ratelimit-limit'],
  headers['x-ratelimit-remaining'],
];

const refused: object = {
  status: 429,
  data: { code: 'RATE_LIMITED' },
  headers: {
    'retry-after': expect.stringMatching(/^[1-9]\d*$/),
    'x-ratelimit-limit': '20',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
  },
};

async function signedIn(server: GatewayServer, key = server.key): Promise<DashboardBrowser> {
  const browser = new DashboardBrowser(server);
  expect(await browser.signIn(key)).toBe(201);
  return browser;
}

const token = (): string => randomBytes(32).toString('base64url');

describe('calls of a session', () => {
  test('are taken off the limit of its key, together with those of the key itself and of its other sessions', async () => {
    const server = await start();
    // The sign-ins count as well.
    const [one, other] = [await signedIn(server), await signedIn(server)];
    expect(limitOf((await one.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '17']);
    expect(limitOf((await server.api().get('/api/v1/events')).headers)).toEqual(['20', '16']);
    expect(limitOf((await other.get('/dashboard/session')).headers)).toEqual(['20', '15']);
    for (let n = 0; n < 15; n++) expect((await one.get('/dashboard/api/v1/events')).status).toBe(200);
    for (const path of ['/dashboard/api/v1/events', '/dashboard/api/v1/stats', '/dashboard/session'])
      for (const browser of [one, other]) expect(await browser.get(path)).toMatchObject(refused);
    expect(await one.request('PATCH', '/dashboard/session', { mode: 'test' })).toMatchObject(refused);
    expect(await server.api().get('/api/v1/events')).toMatchObject(refused);
    // Signing in opens no second bucket.
    expect(await new DashboardBrowser(server).request('POST', '/dashboard/session', { key: server.key })).toMatchObject(
      refused,
    );
    // Another key has its own, and signing out is always possible.
    const all: Principal = { ...owner, scopes: new Set(scopes), keyId: null };
    const { key } = await server.paggio.keys.create(all, { name: 'other' });
    expect((await (await signedIn(server, key)).get('/dashboard/api/v1/events')).status).toBe(200);
    expect((await one.request('DELETE', '/dashboard/session')).status).toBe(204);
  });

  test('without a key are taken off the limit of their user, together with those of the host', async () => {
    const server = await start(
      {},
      {
        resolveUser: ({ headers }: IncomingMessage) =>
          headers['x-user'] ? { userId: String(headers['x-user']), scopes: [...scopes] } : null,
      },
    );
    const browser = new DashboardBrowser(server);
    const link = await server.paggio.sessions.createLink({ ...owner, scopes: new Set(scopes), keyId: null });
    await browser.get(`/dashboard/sign-in?token=${link}`);
    expect(limitOf((await browser.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '19']);
    const host = new DashboardBrowser(server, { 'x-user': owner.userId });
    expect(limitOf((await host.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '18']);
    expect(limitOf((await host.get('/api/v1/events')).headers)).toEqual(['20', '17']);
    for (let n = 0; n < 17; n++) await browser.get('/dashboard/api/v1/events');
    expect(await host.get('/dashboard/api/v1/events')).toMatchObject(refused);
    expect(await browser.get('/dashboard/api/v1/events')).toMatchObject(refused);
    expect((await new DashboardBrowser(server, { 'x-user': 'other' }).get('/dashboard/api/v1/events')).status).toBe(
      200,
    );
    // The key of the user is another bucket, as it is in the API.
    expect((await server.api().get('/api/v1/events')).status).toBe(200);
  });

  test('that publish are taken off the limit of ingest', async () => {
    const server = await start({ ingestRateLimit: { perSecond: 0.001, burst: 1 } });
    const browser = await signedIn(server);
    const publish = (): Promise<AxiosResponse> =>
      browser.request('POST', '/dashboard/api/v1/events', { event_type: 'a', payload: 1 });
    expect([(await publish()).status, (await publish()).status]).toEqual([202, 429]);
    expect((await browser.get('/dashboard/api/v1/events')).status).toBe(200);
  });

  test('have no limit where the server has none', async () => {
    const server = await start({ apiRateLimit: null });
    const browser = await signedIn(server);
    const { status, headers } = await browser.get('/dashboard/api/v1/events');
    expect([status, limitOf(headers)]).toEqual([200, [undefined, undefined]]);
  });
});

describe('guesses', () => {
  type Ask = () => Promise<AxiosResponse>;
  // No time goes by for the limits, so that nothing comes back while a test runs.
  beforeEach(() => void jest.spyOn(performance, 'now').mockReturnValue(1));
  afterEach(() => jest.restoreAllMocks());

  /** Many at once; how many had each status. */
  async function flood(ask: Ask, times = 130): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const { status } of await Promise.all(Array.from({ length: times }, ask)))
      counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }
  const withSession =
    (server: GatewayServer, value: () => string): Ask =>
    () =>
      axios.get(`http://127.0.0.1:${server.port}/dashboard/api/v1/events`, {
        headers: { cookie: `paggio_session=${value()}` },
        validateStatus: () => true,
      });
  const withLink =
    (server: GatewayServer, value: () => string): Ask =>
    () =>
      axios.get(`http://127.0.0.1:${server.port}/dashboard/sign-in?token=${value()}`, {
        maxRedirects: 0,
        validateStatus: () => true,
      });
  const kinds: [string, typeof withSession, () => string, number][] = [
    ['sessions that never were', withSession, token, 401],
    ['cookies that are no session', withSession, () => 'nonsense', 401],
    ['links that never were', withLink, token, 303],
    ['links that are none', withLink, () => '', 303],
  ];

  test.each(kinds)('of %s are slowed down', async (_, to, value, wrong) => {
    const server = await start();
    expect(await flood(to(server, value))).toEqual({ [wrong]: 100, 429: 30 });
    const { headers, data } = await to(server, value)();
    expect([data.code, headers['retry-after'], headers['x-ratelimit-limit']]).toEqual(['RATE_LIMITED', '1', '100']);
    // One bucket for keys, sessions and links.
    const byKey = await server.api('pk_live_wrong').get('/api/v1/events');
    expect(byKey.status).toBe(429);
  });

  test('cost no query once they are refused', async () => {
    const server = await start();
    const { sessions } = server.paggio;
    const asked = [jest.spyOn(sessions, 'find'), jest.spyOn(sessions, 'useLink')];
    await flood(withSession(server, token));
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([100, 0]);
    await flood(withSession(server, token));
    await flood(withLink(server, token));
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([100, 0]);
  });

  test('of a link that was used leave it used, and lock out no link that is valid', async () => {
    const server = await start();
    const principal = { ...owner, scopes: new Set(scopes), keyId: null };
    const newLink = (): Promise<string> => server.paggio.sessions.createLink(principal);
    const [used, unused] = [await newLink(), await newLink()];
    const first = await withLink(server, () => used)();
    expect(first.headers['location']).toBe('/dashboard');
    expect(await flood(withLink(server, () => used))).toEqual({ 303: 100, 429: 30 });
    expect((await withLink(server, () => unused)()).headers['location']).toBe('/dashboard');
  });

  test('that find something, or find the database away, do not count', async () => {
    const server = await start();
    const principal = { ...owner, scopes: new Set(scopes), keyId: null };
    const links = await Promise.all(Array.from({ length: 110 }, () => server.paggio.sessions.createLink(principal)));
    for (const link of links) expect((await withLink(server, () => link)()).headers['location']).toBe('/dashboard');
    const away = jest
      .spyOn(server.paggio.sessions, 'find')
      .mockRejectedValue(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    for (let n = 0; n < 2; n++) expect(await flood(withSession(server, token), 100)).toEqual({ 503: 100 });
    away.mockRestore();
    expect(server.faults.splice(0)).toHaveLength(200);
    expect(await flood(withSession(server, token), 110)).toEqual({ 401: 100, 429: 10 });
  });

  test('do not lock out who is signed in, nor who has a key', async () => {
    const server = await start({ apiRateLimit: null });
    const browser = await signedIn(server);
    await flood(withSession(server, token));
    expect(await browser.isSignedIn()).toBe(true);
    expect((await server.api().get('/api/v1/events')).status).toBe(200);
    expect(await (await signedIn(server)).isSignedIn()).toBe(true);
  });

  test('are not counted against a user of the host whose cookie is out of date', async () => {
    const server = await start(
      { apiRateLimit: null },
      {
        resolveUser: ({ headers }: IncomingMessage) => (headers['x-user'] ? { userId: 'anna' } : null),
      },
    );
    const anna = new DashboardBrowser(server, { 'x-user': 'anna' });
    anna.cookie = `paggio_session=${token()}`;
    for (let n = 0; n < 150; n++) expect((await anna.get('/dashboard/api/v1/endpoints')).status).toBe(200);
    // Without the host's word it is a guess like any other, and the bucket is still full.
    expect((await withSession(server, token)()).status).toBe(401);
  });

  test('are not what an open page without a session sends', async () => {
    const server = await start();
    const nobody = new DashboardBrowser(server);
    for (let n = 0; n < 150; n++) expect((await nobody.get('/dashboard/session')).status).toBe(401);
  });
});
