import type { TelemetryEvent, Mode, Owner, Principal, Scope } from '@paggio/core';
import { createKeyText, createPaggio, scopes } from '@paggio/core';
import { query, testMasterKey, withoutDelivery } from '@paggio/core/testing';
import { client, DashboardBrowser, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
const refusals: Extract<TelemetryEvent, { type: 'session.refused' }>[] = [];
/** Each test has its own users, key and address. */
let me: string;
let otherUser: string;
let myKey: string;
let address: string;
let tests = 0;

beforeAll(async () => {
  server = await startGatewayServer({ ...withoutDelivery, trustedProxies: ['127.0.0.0/8'] }, { dashboard: true });
  server.paggio.subscribe((event) => {
    if (event.type === 'session.refused') refusals.push(event);
  });
});

beforeEach(async () => {
  tests++;
  me = `user ${tests}`;
  otherUser = `other user ${tests}`;
  address = `192.0.2.${tests}`;
  myKey = createKeyText('live');
  await server.paggio.admin.keys.createFirst(me, myKey);
  refusals.splice(0);
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const myself = (): Owner => ({ userId: me, mode: 'live' });

const everything = (mode: Mode = 'live', userId = me): Principal => ({
  userId,
  mode,
  scopes: new Set(scopes),
  keyId: null,
});

const newKey = async (mode: Mode = 'live', wanted: readonly Scope[] = scopes, userId = me) =>
  server.paggio.admin.keys.create(everything('live', userId), { name: 'k', mode, scopes: [...wanted] });

function newBrowser(userAgent = 'Test browser', on: Pick<GatewayServer, 'port'> = server): DashboardBrowser {
  return new DashboardBrowser(on, { 'user-agent': userAgent, 'x-forwarded-for': address });
}

async function signedIn(key = myKey, userAgent = 'Test browser'): Promise<DashboardBrowser> {
  const browser = newBrowser(userAgent);
  expect(await browser.signIn(key)).toBe(201);
  return browser;
}

async function signedInByLink(principal = everything()): Promise<DashboardBrowser> {
  const browser = newBrowser();
  const link = await server.paggio.admin.sessions.createLink(principal);
  expect((await browser.get(`/dashboard/sign-in?token=${link}`)).headers['location']).toBe('/dashboard');
  return browser;
}

const sessionsOf = async (browser: DashboardBrowser): Promise<any[]> =>
  (await browser.get('/dashboard/api/v1/sessions')).data.data;

/** Entries about sessions, oldest first. */
const auditOf = async (userId = me, mode: Mode = 'live'): Promise<any[]> => {
  const { items } = await server.paggio.admin.audit.list(
    { userId, mode },
    {},
    { limit: 100, offset: 0, startingAfter: null },
  );
  return items.filter(({ action }) => action.startsWith('session.')).reverse();
};

describe('the list of sessions', () => {
  test('shows where each session came from and which one asks, and no secret', async () => {
    const mine = await signedIn(myKey, 'Firefox on a desk');
    const other = await signedIn(myKey, '<img src=x onerror=alert(1)>\u00ff'.padEnd(5_000, 'x'));
    const items = await sessionsOf(mine);
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        current: false,
        mode: 'live',
        scopes: [...scopes],
        key_id: expect.any(String),
        key_prefix: myKey.slice(0, 12),
        remote_addr: address,
        user_agent: expect.stringMatching(/^<img src=x onerror=alert\(1\)>.{228}$/),
        created_at: expect.any(String),
        last_used_at: expect.any(String),
        expires_at: expect.any(String),
      },
      expect.objectContaining({ current: true, user_agent: 'Firefox on a desk' }),
    ]);
    expect((await sessionsOf(other)).map(({ current }) => current)).toEqual([true, false]);
    const byKey = await server.api(myKey).get('/api/v1/sessions');
    expect(byKey.data.data.map(({ current }: { current: boolean }) => current)).toEqual([false, false]);
    const [{ hash }] = (await query(
      server.gateway.database.url,
      `select encode(hash, 'hex') as hash from paggio.sessions where user_id = '${me}'`,
    )) as [{ hash: string }];
    for (const secret of [mine.cookie?.split('=')[1] as string, other.cookie?.split('=')[1] as string, hash])
      expect(JSON.stringify(byKey.data)).not.toContain(secret);
  });

  test('has pages, and counts only open sessions', async () => {
    for (let n = 0; n < 5; n++) await signedIn();
    const first = (await server.api(myKey).get('/api/v1/sessions', { params: { limit: 2 } })).data;
    expect([first.data.length, first.meta]).toMatchObject([2, { total: 5, has_more: true }]);
    const rest = (
      await server.api(myKey).get('/api/v1/sessions', { params: { limit: 100, starting_after: first.data[1].id } })
    ).data;
    expect([rest.data.length, rest.meta.has_more]).toEqual([3, false]);
    await query(
      server.gateway.database.url,
      `update paggio.sessions set used_at = now() - interval '13 hours' where id = '${rest.data[0].id}';
       update paggio.sessions set expires_at = now() where id = '${rest.data[1].id}'`,
    );
    expect((await server.api(myKey).get('/api/v1/sessions')).data.meta.total).toBe(3);
  });

  test('needs the scope admin, and shows no sessions of others', async () => {
    const { key: reader } = await newKey('live', ['read', 'write', 'ingest']);
    const limited = await signedIn(reader);
    expect((await limited.get('/dashboard/api/v1/sessions')).status).toBe(403);
    expect((await limited.request('DELETE', '/dashboard/api/v1/sessions')).status).toBe(403);
    const { key: strange } = await newKey('live', scopes, otherUser);
    const stranger = await signedIn(strange);
    const [theirs] = await sessionsOf(stranger);
    const mine = await signedIn();
    expect((await sessionsOf(mine)).map(({ id }) => id)).not.toContain(theirs.id);
    expect((await mine.request('DELETE', `/dashboard/api/v1/sessions/${theirs.id}`)).status).toBe(404);
    expect((await mine.request('DELETE', '/dashboard/api/v1/sessions')).status).toBe(204);
    expect(await stranger.isSignedIn()).toBe(true);
  });

  test('shows both modes to a live session and only test mode to a test session, and always the session itself', async () => {
    const { key: testKey } = await newKey('test');
    const live = await signedIn();
    const test = await signedIn(testKey);
    expect((await sessionsOf(live)).map(({ mode }) => mode)).toEqual(['test', 'live']);
    expect((await sessionsOf(test)).map(({ mode }) => mode)).toEqual(['test']);
    const [theirs] = (await sessionsOf(live)).filter(({ current }) => current);
    expect((await test.request('DELETE', `/dashboard/api/v1/sessions/${theirs.id}`)).status).toBe(404);
    // When it is shown in test mode, a live session manages the sessions of test mode.
    await live.request('PATCH', '/dashboard/session', { mode: 'test' });
    const another = await signedIn();
    expect((await sessionsOf(live)).map(({ mode, current }) => [mode, current])).toEqual([
      ['test', false],
      ['live', true],
    ]);
    await live.request('DELETE', '/dashboard/api/v1/sessions');
    expect([await live.isSignedIn(), await another.isSignedIn(), await test.isSignedIn()]).toEqual([true, true, false]);
  });
});

describe('ending sessions', () => {
  test('one session ends at once in every process, and others go on', async () => {
    const [mine, lost] = [await signedIn(), await signedIn()];
    const elsewhere = await startGatewayServer(withoutDelivery, { dashboard: true }, server.gateway.database);
    const there = newBrowser('Test browser', elsewhere);
    there.cookie = lost.cookie;
    expect(await there.isSignedIn()).toBe(true);
    const [{ id }] = await sessionsOf(mine);
    expect((await mine.request('DELETE', `/dashboard/api/v1/sessions/${id}`)).status).toBe(204);
    expect([await there.isSignedIn(), await lost.isSignedIn(), await mine.isSignedIn()]).toEqual([false, false, true]);
    expect((await mine.request('DELETE', `/dashboard/api/v1/sessions/${id}`)).status).toBe(404);
    expect((await auditOf()).at(-1)).toMatchObject({
      action: 'session.closed',
      objectId: id,
      after: { reason: 'ended' },
      remoteAddr: address,
    });
    // A session can end itself too.
    const [{ id: own }] = await sessionsOf(mine);
    expect((await mine.request('DELETE', `/dashboard/api/v1/sessions/${own}`)).status).toBe(204);
    expect(await mine.isSignedIn()).toBe(false);
    await elsewhere.stop();
  });

  test('ending all other sessions keeps the asking one, and makes unused links invalid', async () => {
    const mine = await signedIn();
    const others = [await signedIn(), await signedInByLink(), await signedIn((await newKey('test')).key)];
    const link = await server.paggio.admin.sessions.createLink(everything());
    expect((await mine.request('DELETE', '/dashboard/api/v1/sessions')).status).toBe(204);
    expect(await mine.isSignedIn()).toBe(true);
    for (const other of others) expect(await other.isSignedIn()).toBe(false);
    expect(await server.paggio.admin.sessions.useLink(link)).toBeNull();
    expect((await auditOf()).filter(({ action }) => action === 'session.closed')).toHaveLength(3);
    // A key is not a session, so it ends all of them.
    expect((await server.api(myKey).delete('/api/v1/sessions')).status).toBe(204);
    expect(await mine.isSignedIn()).toBe(false);
  });

  test('a new sign-in of the same browser ends its session, by key and by link', async () => {
    const browser = await signedIn();
    const [first] = await sessionsOf(browser);
    const old = browser.cookie;
    expect(await browser.signIn(myKey)).toBe(201);
    const [second] = await sessionsOf(browser);
    expect(second.id).not.toBe(first.id);
    expect((await sessionsOf(browser)).length).toBe(1);
    const link = await server.paggio.admin.sessions.createLink(everything());
    await browser.get(`/dashboard/sign-in?token=${link}`);
    expect((await sessionsOf(browser)).map(({ id, current }) => [id !== second.id, current])).toEqual([[true, true]]);
    // A failed sign-in leaves it as it is.
    const kept = browser.cookie;
    expect(await browser.signIn('pk_live_wrong')).toBe(401);
    expect([browser.cookie, await browser.isSignedIn()]).toEqual([kept, true]);
    browser.cookie = old;
    expect(await browser.isSignedIn()).toBe(false);
    expect((await auditOf()).map(({ action, after }) => [action, after.by ?? after.reason])).toEqual([
      ['session.opened', 'key'],
      ['session.closed', 'replaced'],
      ['session.opened', 'key'],
      ['session.closed', 'replaced'],
      ['session.opened', 'link'],
    ]);
  });

  test('the oldest session ends when a key opens more than a hundred', async () => {
    const { key } = await newKey();
    const oldest = await signedIn(key);
    const keyless = await signedInByLink();
    const holder = await server.paggio.admin.keys.authenticate(key);
    for (let n = 0; n < 99; n++) await server.paggio.admin.sessions.open(holder);
    expect(await oldest.isSignedIn()).toBe(true);
    await server.paggio.admin.sessions.open(holder);
    expect([await oldest.isSignedIn(), await keyless.isSignedIn()]).toEqual([false, true]);
    expect((await server.api(myKey).get('/api/v1/sessions')).data.meta.total).toBe(101);
    expect((await auditOf()).filter(({ after }) => after.reason === 'too_many')).toHaveLength(1);
  });

  test('signing out is in the audit log once, even if it is repeated', async () => {
    const browser = await signedIn();
    const { cookie } = browser;
    await browser.request('DELETE', '/dashboard/session');
    browser.cookie = cookie;
    await browser.request('DELETE', '/dashboard/session');
    expect((await auditOf()).map(({ action, after }) => [action, after.reason])).toEqual([
      ['session.opened', undefined],
      ['session.closed', 'signed_out'],
    ]);
  });
});

describe('a session that was opened without a key', () => {
  const keyIds = async (mode: Mode): Promise<string[]> =>
    (await server.api(myKey).get('/api/v1/keys', { params: { limit: 100 } })).data.data
      .filter((key: { mode: Mode }) => key.mode === mode)
      .map(({ id }: { id: string }) => id);

  test('ends with the last key of its user, and so does an unused link', async () => {
    const { apiKey: second } = await newKey();
    const [first] = (await keyIds('live')).filter((id) => id !== second.id) as [string];
    const browser = await signedInByLink();
    const link = await server.paggio.admin.sessions.createLink(everything());
    await server.paggio.admin.keys.revoke(myself(), second.id);
    expect(await browser.isSignedIn()).toBe(true);
    await server.paggio.admin.keys.revoke(myself(), first);
    expect(await browser.isSignedIn()).toBe(false);
    expect(await server.paggio.admin.sessions.useLink(link)).toBeNull();
    expect((await auditOf()).at(-1)).toMatchObject({
      action: 'session.closed',
      after: { reason: 'last_key_revoked' },
    });
    // A later key does not bring it back, and does not prevent a new link of the host.
    await newKey();
    expect(await browser.isSignedIn()).toBe(false);
    expect(await (await signedInByLink()).isSignedIn()).toBe(true);
  });

  test('ends when the last two keys are revoked at once', async () => {
    for (let round = 0; round < 5; round++) {
      const userId = `${me}, round ${round}`;
      const ids = [(await newKey('live', scopes, userId)).apiKey.id, (await newKey('live', scopes, userId)).apiKey.id];
      const browser = await signedInByLink(everything('live', userId));
      await Promise.all(ids.map((id) => server.paggio.admin.keys.revoke({ userId, mode: 'live' }, id)));
      expect([round, await browser.isSignedIn()]).toEqual([round, false]);
    }
  });

  test('is not opened by a link that is used while the last key is revoked', async () => {
    for (let round = 0; round < 10; round++) {
      const userId = `${me}, round ${round}`;
      const { apiKey } = await newKey('live', scopes, userId);
      const link = await server.paggio.admin.sessions.createLink(everything('live', userId));
      const [token] = await Promise.all([
        server.paggio.admin.sessions.useLink(link),
        server.paggio.admin.keys.revoke({ userId, mode: 'live' }, apiKey.id),
      ]);
      const session = token === null ? null : await server.paggio.admin.sessions.find(token);
      expect([round, session]).toEqual([round, null]);
    }
  });

  test('does not depend on keys of test mode, of other users, or that have expired', async () => {
    const [live] = (await keyIds('live')) as [string];
    const { apiKey: test } = await newKey('test');
    await newKey('live', scopes, otherUser);
    const expired = await newKey();
    await query(
      server.gateway.database.url,
      `update paggio.api_keys set expires_at = now() where id = '${expired.apiKey.id}'`,
    );
    const [browser, testBrowser] = [await signedInByLink(), await signedInByLink(everything('test'))];
    await server.paggio.admin.keys.revoke(myself(), test.id);
    expect([await browser.isSignedIn(), await testBrowser.isSignedIn()]).toEqual([true, true]);
    await server.paggio.admin.keys.revoke(myself(), live);
    expect([await browser.isSignedIn(), await testBrowser.isSignedIn()]).toEqual([false, false]);
  });

  test('lasts if its user never had a key', async () => {
    const browser = await signedInByLink(everything('live', otherUser));
    expect(await browser.isSignedIn()).toBe(true);
  });
});

describe('a refused sign-in', () => {
  test("with a revoked or expired key is in its user's audit log, once a minute", async () => {
    const { apiKey, key } = await newKey('test', ['read'], otherUser);
    await server.paggio.admin.keys.revoke({ userId: otherUser, mode: 'live' }, apiKey.id);
    const expired = await newKey('live', ['read'], otherUser);
    await query(
      server.gateway.database.url,
      `update paggio.api_keys set expires_at = now() where id = '${expired.apiKey.id}'`,
    );
    const browser = newBrowser('thief');
    // An invented key before the others does not hide them.
    expect(await browser.signIn(createKeyText('live'))).toBe(401);
    for (let n = 0; n < 3; n++) {
      expect(await browser.signIn(key)).toBe(401);
      expect(await browser.signIn(expired.key)).toBe(401);
    }
    expect(await auditOf(otherUser, 'test')).toMatchObject([
      {
        action: 'session.refused',
        objectId: apiKey.id,
        keyId: apiKey.id,
        remoteAddr: address,
        after: { by: 'key', reason: 'key_revoked', user_agent: 'thief' },
      },
    ]);
    expect(await auditOf(otherUser)).toMatchObject([{ objectId: expired.apiKey.id, after: { reason: 'key_expired' } }]);
    expect(await auditOf()).toEqual([]);
    // The log has one line for the address, whatever it tried.
    expect(refusals).toEqual([{ type: 'session.refused', by: 'key', reason: 'unknown_key', remoteAddr: address }]);
  });

  test("with a used or expired link is in the audit log of the link's user", async () => {
    const browser = newBrowser();
    const use = async (link: string): Promise<string> =>
      (await browser.get(`/dashboard/sign-in?token=${link}`)).headers['location'];
    const [used, expired] = [
      await server.paggio.admin.sessions.createLink(everything('live', otherUser)),
      await server.paggio.admin.sessions.createLink(everything('live', otherUser)),
    ];
    expect(await use(used)).toBe('/dashboard');
    await query(
      server.gateway.database.url,
      `update paggio.sessions set expires_at = now() where kind = 'link' and user_id = '${otherUser}'`,
    );
    for (const link of [used, used, expired, 'x'.repeat(43), '']) expect(await use(link)).toBe('/dashboard?link=used');
    expect(await auditOf(otherUser)).toMatchObject([
      { action: 'session.opened', after: { by: 'link' } },
      { action: 'session.refused', after: { by: 'link', reason: 'link_used' } },
      { action: 'session.refused', after: { by: 'link', reason: 'link_expired' } },
    ]);
    // The token of an open session is not a link, and nobody is blamed.
    expect(await use(browser.cookie?.split('=')[1] as string)).toBe('/dashboard?link=used');
    expect(await auditOf(otherUser)).toHaveLength(3);
  });

  test('leaves at most a hundred audit entries a day for a user, from any number of addresses and processes', async () => {
    const { apiKey, key } = await newKey('live', ['read'], otherUser);
    await server.paggio.admin.keys.revoke({ userId: otherUser, mode: 'live' }, apiKey.id);
    const nodes = [0, 1].map(() =>
      createPaggio({ database: { url: server.gateway.database.url }, masterKey: testMasterKey }),
    );
    let lines = 0;
    nodes[0]?.subscribe(({ type }) => void (type === 'session.refused' && lines++));
    for (const node of nodes) await node.start();
    const startedAt = performance.now();
    for (let n = 0; n < 70; n++)
      for (const { admin } of nodes)
        await admin.sessions.refuseKey(key, { remoteAddr: `198.51.100.${n}`, userAgent: null, token: null });
    const kept = await query(
      server.gateway.database.url,
      `select count(*)::int as count from paggio.audit where action = 'session.refused' and user_id = '${otherUser}'`,
    );
    expect(kept).toEqual([{ count: 100 }]);
    // The log has the lines of one minute, and one more for each second.
    expect(lines).toBeLessThanOrEqual(61 + (performance.now() - startedAt) / 1000);
    for (const node of nodes) await node.stop();
  });

  test('is answered in the same way, whatever was wrong', async () => {
    const { apiKey, key } = await newKey();
    await server.paggio.admin.keys.revoke(myself(), apiKey.id);
    const browser = newBrowser();
    const answers = [];
    for (const wrong of [key, createKeyText('live'), 'nonsense'])
      answers.push({ ...(await browser.request('POST', '/dashboard/session', { key: wrong })).data, request_id: '' });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

test('a sweep removes ended sessions, and the user of a used link stays known for an hour', async () => {
  const browser = await signedIn();
  await signedInByLink();
  const count = async (): Promise<number> =>
    (
      (
        await query(
          server.gateway.database.url,
          `select count(*)::int as count from paggio.sessions where user_id = '${me}'`,
        )
      )[0] as any
    ).count;
  expect(await count()).toBe(3);
  const sweep = async (): Promise<void> => {
    const other = createPaggio({
      database: { url: server.gateway.database.url },
      masterKey: testMasterKey,
      scheduler: {
        every: (name, _ms, task) => {
          if (name === 'paggio:sweep') swept = Promise.resolve(task());
          return () => undefined;
        },
      },
    });
    let swept: Promise<unknown> = Promise.resolve();
    await other.start();
    await swept;
    await other.stop();
  };
  await sweep();
  expect(await count()).toBe(3);
  await query(
    server.gateway.database.url,
    `update paggio.sessions set expires_at = expires_at - interval '2 hours' where expires_at <= now() and user_id = '${me}'`,
  );
  await sweep();
  expect([await count(), await browser.isSignedIn()]).toEqual([2, true]);
});

test('a key lists its sessions through the API, and they end with it', async () => {
  const { apiKey, key } = await newKey();
  const browser = await signedIn(key);
  const { data } = await client(server.port, key).get('/api/v1/sessions');
  expect(data.data).toMatchObject([{ key_id: apiKey.id, key_prefix: key.slice(0, 12) }]);
  await server.paggio.admin.keys.revoke(myself(), apiKey.id);
  expect(await browser.isSignedIn()).toBe(false);
  expect((await server.api(myKey).get('/api/v1/sessions')).data.data).toEqual([]);
});
