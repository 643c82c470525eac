import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { scopes, type PaggioOptions, type Principal } from '@paggio/core';
import { owner, withoutDelivery } from '@paggio/core/testing';
import type { AxiosResponse } from 'axios';
import type { HostUser } from './index';
import {
  DashboardBrowser,
  request,
  requestsAtOnce,
  startGatewayServer,
  type GatewayServer,
  type RawAnswer,
  type RawRequest,
} from './testing';

/** So slow that nothing is refilled within a test. */
const FEW = { perSecond: 0.001, burst: 20 };

/** The host tells who its user is. */
const resolveUser = ({ headers }: IncomingMessage): HostUser | null =>
  headers['x-user'] ? { userId: String(headers['x-user']), scopes: [...scopes] } : null;

function start(options: Partial<PaggioOptions>): Promise<GatewayServer> {
  return startGatewayServer(
    { ...withoutDelivery, trustedProxies: ['127.0.0.0/8'], ...options },
    { dashboard: true, resolveUser },
  );
}

/** A server without a limit for calls with a key or a session. */
let server: GatewayServer;

beforeAll(async () => (server = await start({ apiRateLimit: null })));
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

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

async function signedIn(
  to: GatewayServer,
  key = to.key,
  headers: Record<string, string> = {},
): Promise<DashboardBrowser> {
  const browser = new DashboardBrowser(to, headers);
  expect(await browser.signIn(key)).toBe(201);
  return browser;
}

const everything: Principal = { ...owner, scopes: new Set(scopes), keyId: null };

const token = (): string => randomBytes(32).toString('base64url');

describe('requests of a session', () => {
  let limited: GatewayServer;

  beforeAll(
    async () => (limited = await start({ apiRateLimit: FEW, ingestRateLimit: { perSecond: 0.001, burst: 1 } })),
  );
  afterAll(async () => {
    expect(limited.faults).toEqual([]);
    await limited.stop();
  });

  const newKey = async (): Promise<string> => (await limited.paggio.admin.keys.create(everything, { name: 'own' })).key;

  test('count towards the limit of its key, together with those of the key and of its other sessions', async () => {
    const key = await newKey();
    // The sign-ins count too.
    const [one, other] = [await signedIn(limited, key), await signedIn(limited, key)];
    expect(limitOf((await one.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '17']);
    expect(limitOf((await limited.api(key).get('/api/v1/events')).headers)).toEqual(['20', '16']);
    expect(limitOf((await other.get('/dashboard/session')).headers)).toEqual(['20', '15']);
    for (let n = 0; n < 15; n++) expect((await one.get('/dashboard/session')).status).toBe(200);
    for (const path of ['/dashboard/api/v1/events', '/dashboard/api/v1/stats', '/dashboard/session'])
      for (const browser of [one, other]) expect(await browser.get(path)).toMatchObject(refused);
    expect(await one.request('PATCH', '/dashboard/session', { mode: 'test' })).toMatchObject(refused);
    expect(await limited.api(key).get('/api/v1/events')).toMatchObject(refused);
    // Signing in does not open a second bucket.
    expect(await new DashboardBrowser(limited).request('POST', '/dashboard/session', { key })).toMatchObject(refused);
    // Another key has its own bucket, and signing out is always possible.
    expect((await (await signedIn(limited, await newKey())).get('/dashboard/api/v1/events')).status).toBe(200);
    expect((await one.request('DELETE', '/dashboard/session')).status).toBe(204);
  });

  test('count towards the limit of their user when the session has no key, together with those of the host', async () => {
    const browser = new DashboardBrowser(limited);
    const link = await limited.paggio.admin.sessions.createLink(everything);
    await browser.get(`/dashboard/sign-in?token=${link}`);
    expect(limitOf((await browser.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '19']);
    const host = new DashboardBrowser(limited, { 'x-user': owner.userId });
    expect(limitOf((await host.get('/dashboard/api/v1/events')).headers)).toEqual(['20', '18']);
    expect(limitOf((await host.get('/api/v1/events')).headers)).toEqual(['20', '17']);
    for (let n = 0; n < 17; n++) await browser.get('/dashboard/session');
    expect(await host.get('/dashboard/api/v1/events')).toMatchObject(refused);
    expect(await browser.get('/dashboard/api/v1/events')).toMatchObject(refused);
    expect((await new DashboardBrowser(limited, { 'x-user': 'other' }).get('/dashboard/api/v1/events')).status).toBe(
      200,
    );
    // The user's key has another bucket, as in the API.
    expect((await limited.api().get('/api/v1/events')).status).toBe(200);
  });

  test('count towards the limit of ingest when they publish', async () => {
    const browser = await signedIn(limited, await newKey());
    const publish = (): Promise<AxiosResponse> =>
      browser.request('POST', '/dashboard/api/v1/events', { event_type: 'a', payload: 1 });
    expect([(await publish()).status, (await publish()).status]).toEqual([202, 429]);
    expect((await browser.get('/dashboard/api/v1/events')).status).toBe(200);
  });

  test('have no limit if the server has none', async () => {
    const browser = await signedIn(server);
    const { status, headers } = await browser.get('/dashboard/api/v1/events');
    expect([status, limitOf(headers)]).toEqual([200, [undefined, undefined]]);
  });
});

describe('guesses', () => {
  type Ask = () => RawRequest;
  let from: Record<string, string>;
  let tests = 0;

  beforeEach(() => {
    // Each test guesses from its own address.
    from = { 'x-forwarded-for': `192.0.2.${++tests}` };
    // No time passes for the limits, so that nothing is refilled during a test.
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  });
  afterEach(() => jest.restoreAllMocks());

  /** Asks a little oftener than the limit allows, at once, and returns how often each status came. */
  async function flood(ask: Ask, times = 104): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const { status } of await requestsAtOnce(server.port, Array.from({ length: times }, ask)))
      counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }
  const get = (path: string, headers: Record<string, string> = {}): RawRequest => ({
    method: 'GET',
    path,
    headers: Object.entries({ ...from, ...headers }),
  });
  const answerTo = (input: RawRequest): Promise<RawAnswer> => request(server.port, input);
  const withSession =
    (value: () => string): Ask =>
    () =>
      get('/dashboard/api/v1/events', { cookie: `paggio_session=${value()}` });
  const withLink =
    (value: () => string): Ask =>
    () =>
      get(`/dashboard/sign-in?token=${value()}`);
  const kinds: [string, typeof withSession, () => string, number][] = [
    ['invented sessions', withSession, token, 401],
    ['cookies that are not sessions', withSession, () => 'nonsense', 401],
    ['invented links', withLink, token, 303],
    ['empty links', withLink, () => '', 303],
  ];

  test.each(kinds)('with %s are limited', async (_, to, value, wrong) => {
    expect(await flood(to(value))).toEqual({ [wrong]: 100, 429: 4 });
    const { headers, body } = await answerTo(to(value)());
    expect([JSON.parse(body.toString()).code, headers['retry-after'], headers['x-ratelimit-limit']]).toEqual([
      'RATE_LIMITED',
      '1',
      '100',
    ]);
    // Keys, sessions and links share one bucket.
    expect((await answerTo(get('/api/v1/events', { authorization: 'Bearer pk_live_wrong' }))).status).toBe(429);
  });

  test('cost no query once they are refused', async () => {
    const { sessions } = server.paggio.admin;
    const asked = [jest.spyOn(sessions, 'find'), jest.spyOn(sessions, 'useLink')];
    await flood(withSession(token));
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([100, 0]);
    await flood(withSession(token), 5);
    await flood(withLink(token), 5);
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([100, 0]);
  });

  test('with a used link leave it used, and do not lock out a valid link', async () => {
    const newLink = (): Promise<string> => server.paggio.admin.sessions.createLink(everything);
    const [used, unused] = [await newLink(), await newLink()];
    const first = await answerTo(withLink(() => used)());
    expect(first.headers['location']).toBe('/dashboard');
    expect(await flood(withLink(() => used))).toEqual({ 303: 100, 429: 4 });
    expect((await answerTo(withLink(() => unused)())).headers['location']).toBe('/dashboard');
  });

  test('that succeed, or that meet a database outage, do not count', async () => {
    const links = await Promise.all(
      Array.from({ length: 10 }, () => server.paggio.admin.sessions.createLink(everything)),
    );
    for (const link of links) expect((await answerTo(withLink(() => link)())).headers['location']).toBe('/dashboard');
    const away = jest
      .spyOn(server.paggio.admin.sessions, 'find')
      .mockRejectedValue(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    expect(await flood(withSession(token), 20)).toEqual({ 503: 20 });
    away.mockRestore();
    expect(server.faults.splice(0)).toHaveLength(20);
    // There is as much left as if nothing had happened.
    expect(await flood(withSession(token))).toEqual({ 401: 100, 429: 4 });
  });

  test('do not lock out anyone who is signed in or has a key', async () => {
    const browser = await signedIn(server, server.key, from);
    await flood(withSession(token));
    expect(await browser.isSignedIn()).toBe(true);
    expect((await answerTo(get('/api/v1/events', { authorization: `Bearer ${server.key}` }))).status).toBe(200);
    expect(await (await signedIn(server, server.key, from)).isSignedIn()).toBe(true);
  });

  test('do not count against a user of the host with an outdated cookie', async () => {
    const anna = (): RawRequest =>
      get('/dashboard/api/v1/endpoints', { 'x-user': 'anna', cookie: `paggio_session=${token()}` });
    expect(await flood(anna, 10)).toEqual({ 200: 10 });
    // Without the host's word they are ordinary guesses, and the limit is unused so far.
    expect(await flood(withSession(token))).toEqual({ 401: 100, 429: 4 });
  });

  test('are not the requests of an open page without a session', async () => {
    expect(await flood(() => get('/dashboard/session'))).toEqual({ 401: 104 });
  });
});
