import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { scopes, type Scope } from '@paggio/core';
import { owner, query, settled, until } from '@paggio/core/testing';
import axios from 'axios';
import type { Locator, Page } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

let site: DashboardSite;
let endpoint: { id: string; webhook_url: string; name: string };
// One person for all of it, because a second context would cost as much as four pages. The tests that need nobody to be
// signed in come after the ones that need somebody.
let visitor: Visitor;
let page: Page;
let down: { id: string; webhook_url: string };
let failingSince: string;
let healthy: DashboardSite['recorder']['behaviour'];

/** Makes an endpoint that is down. It happens before the page reads the endpoints, so that it need not be loaded again. */
async function breakDown(): Promise<void> {
  const { recorder } = site;
  healthy = recorder.behaviour;
  recorder.behaviour = (_request, response) => void response.writeHead(500).end();
  down = await newEndpoint(site, { name: 'down', destination_url: recorder.url() });
  await newEndpoint(site, { name: 'unused', destination_url: recorder.url() });
  for (let n = 0; n < 15; n++) await send(down, `{"n":${n}}`);
  failingSince = await until(site.paggio, async () => {
    const { health } = (await site.api.get(`/endpoints/${down.id}`)).data as { health: { failing_since?: string } };
    return health.failing_since;
  });
}

beforeAll(async () => {
  site = await startDashboard();
  endpoint = await newEndpoint(site, { name: 'states' });
  await breakDown();
  visitor = await site.visit();
  ({ page } = visitor);
});

afterAll(() => site.stop());

const signInHeading = (where: Page): Locator => where.getByRole('heading', { name: 'Sign in to Paggio' });
const signInPage = (where: Page): Promise<void> => signInHeading(where).waitFor();

withBrowser('unusual situations', () => {
  afterEach(() => page.unrouteAll({ behavior: 'wait' }));

  /** Brings the page to the sign-in, at `path`. Somebody who has just signed out is there already. */
  const signedOut = async (path: string): Promise<void> => {
    const address = `${site.url}/dashboard${path}`;
    if (await signInHeading(page).isVisible()) return visitor.follow(address);
    await visitor.startAnew(new URL(site.url).origin);
    await page.goto(address);
    await signInPage(page);
  };

  let second: Page | undefined;
  /** Another tab of the same person. */
  const secondTab = async (): Promise<Page> => {
    if (second) return second;
    second = await visitor.tab();
    await second.goto(`${site.url}/dashboard`);
    await second.locator('.live').getByText('Live', { exact: true }).waitFor();
    return second;
  };

  test('a destination that is down is shown as failing since a local time on every card, and one without events as waiting', async () => {
    const at = new Date(failingSince);
    const clock = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
    await visitor.follow(`${site.url}/dashboard/webhooks`);
    const card = (name: string): Locator =>
      page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });
    await card('down').getByText(`failing since ${clock}`).waitFor();
    await card('unused').getByText('waiting', { exact: true }).waitFor();
    await visitor.follow(`${site.url}/dashboard/webhooks/${down.id}?tab=destinations`);
    await page.getByRole('listitem').getByText(`failing since ${clock}`).waitFor();
    // Earlier, a retry would have ended the outage.
    site.recorder.behaviour = healthy;
  });

  test('a replay names the destinations without the event before it is sent, and the event shows that it was replayed', async () => {
    const { paggio, recorder } = site;
    const before = recorder.behaviour;
    let broken = true;
    recorder.behaviour = (request, response) =>
      void response.writeHead(broken && request.url !== '/has' ? 422 : 200).end();
    const destinations = ['/has', '/lacks', '/lacks-too'].map((path) => ({
      name: path.slice(1),
      url: recorder.url(path),
      retry: { max_attempts: 1 },
    }));
    const several = await newEndpoint(site, { name: 'several', destinations });
    const id = await send(several, '{"type":"partly.failed"}');
    await settled(paggio, owner, id);
    await visitor.follow(`${site.url}/dashboard/events/${id}`);
    const aims = page.getByRole('list', { name: 'Replay goes to' });
    await aims.getByText(recorder.url('/lacks-too')).waitFor();
    expect(await aims.getByRole('listitem').count()).toBe(2);
    await page.getByText('HTTP 422; out of attempts (limit 1)').first().waitFor();
    broken = false;
    await page.keyboard.press('r');
    await page.getByText(', replayed 200').first().waitFor();
    await visitor.follow(`${site.url}/dashboard/events`);
    const row = page.getByRole('row').filter({ has: page.getByText('partly.failed') });
    await row.getByText('failed, replayed 200').waitFor();
    expect(await row.locator('.c-code').textContent()).toBe('422');
    recorder.behaviour = before;
  });

  test('test mode is unmistakable and shows nothing of live mode [UIX-11]', async () => {
    const id = await send(endpoint, '{"type":"live.thing"}');
    await visitor.follow(`${site.url}/dashboard`);
    await page.getByText('live.thing').first().waitFor();
    await page.getByRole('button', { name: 'Switch to test mode' }).click();
    await page.getByText('Test mode.').waitFor();
    await page.getByText('No endpoints yet').waitFor();
    expect(await page.content()).not.toContain('live.thing');
    await visitor.follow(`${site.url}/dashboard/events/${id}`);
    await page.getByRole('heading', { name: 'Event not found' }).waitFor();
    await page.getByRole('button', { name: 'Switch to live mode' }).click();
    await page.getByText('live.thing').first().waitFor();
    expect(await page.getByText('Test mode.').count()).toBe(0);
  });

  test('a server that answers 500 or not at all is reported, and asked again on request [UIX-15]', async () => {
    await page.route('**/api/v1/audit?**', (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/json',
        body: '{"status":"error","code":"INTERNAL","message":"Something went wrong in Paggio","hint":"The log has more.","details":[]}',
      }),
    );
    await visitor.follow(`${site.url}/dashboard/settings?tab=audit`);
    await page.getByRole('alert').getByText('Something went wrong in Paggio').waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('cell', { name: 'endpoint.created' }).first().waitFor();

    await page.route('**/api/v1/stats**', (route) =>
      route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
    );
    // A page that has the numbers already goes on showing them.
    await page.goto(`${site.url}/dashboard`);
    await page.getByRole('alert').getByText('The server responded with 502').waitFor();
    // The rest of the page is there.
    await page.getByRole('heading', { name: 'Newest events' }).waitFor();
  });

  test('a slow server is waited for and reported as slow [UIX-15]', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((done) => (answer = done));
    await page.route('**/api/v1/replays?**', async (route) => {
      await held;
      await route.continue();
    });
    await visitor.follow(`${site.url}/dashboard/replays`);
    await page.getByText('Loading the replays').waitFor();
    await page.getByText('The server is taking longer than usual.').waitFor();
    answer();
    await page.getByText('No bulk replays yet').waitFor();
  });

  test('without the stream the page asks every five seconds, and says so', async () => {
    await page.route('**/events/stream', (route) => route.abort());
    await visitor.follow(`${site.url}/dashboard`);
    // A pause ends the stream that the page has.
    await page.keyboard.press('l');
    await page.locator('button.live.paused').waitFor();
    await page.keyboard.press('l');
    await page.locator('.live').getByText('Polling every 5 s').waitFor();
    await send(endpoint, '{"type":"polled.thing"}');
    await page.getByText('polled.thing').first().waitFor();
    await page.unroute('**/events/stream');
    await page.locator('.live').getByText('Live', { exact: true }).waitFor({ timeout: 15_000 });
  });

  test("every time is in the browser's zone, even in sentences of the server and in filters of bulk replays", async () => {
    const { api, paggio, recorder, server } = site;
    const left = await newEndpoint(site, { name: 'left alone', destination_url: recorder.url() });
    await api.patch(`/endpoints/${left.id}`, { status: 'PAUSED' });
    const id = await send(left, '{"type":"left.alone"}');
    await query(
      server.gateway.database.url,
      `update paggio.destinations set strain = 12, open_until = now() + interval '1 day' where endpoint_id = '${left.id}'`,
    );
    await api.patch(`/endpoints/${left.id}`, { status: 'ACTIVE' });
    const waiting = await paggio.admin.events.get(owner, id);
    const [since, end] = ['2026-01-30T20:00:00.125Z', '2026-01-30T21:15:00.000Z'];
    const filter = { endpoint_id: left.id, since, until: end };
    expect((await api.post('/replays', { filter })).status).toBe(202);

    // Five and a half hours ahead of UTC, so no UTC time can be mistaken for local time.
    const emulation = await visitor.context.newCDPSession(page);
    await emulation.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' });
    await page.goto(`${site.url}/dashboard/events/${id}?tab=attempts`);
    const next = page.getByRole('listitem').filter({ has: page.getByText('Next attempt', { exact: true }) });
    await next.getByText('the circuit breaker is open until').waitFor();
    const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Asia/Kolkata' });
    const shown = clock.format(waiting.nextAttemptAt as Date);
    const times = next.locator('time');
    expect(await times.allTextContents()).toEqual([expect.stringContaining(shown), expect.stringContaining(shown)]);
    for (const time of await times.all())
      expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(await next.textContent()).not.toContain('Z');

    await visitor.follow(`${site.url}/dashboard/replays`);
    await page.getByText('2026-01-31 01:30:00').waitFor();
    await page.getByText('2026-01-31 02:45:00').waitFor();
    expect(await page.getByTitle(since).count()).toBe(1);
    expect(await page.getByText(/\dT\d/).count()).toBe(0);
    await emulation.detach();
  });

  test('events that arrive while the list is loading are not lost', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((done) => (answer = done));
    const other = await secondTab();
    await page.route('**/api/v1/events?limit=50', async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    const asked = page.waitForRequest('**/api/v1/events?limit=50');
    await page.goto(`${site.url}/dashboard`);
    await asked;
    await page.locator('.live').getByText('Live', { exact: true }).waitFor();
    // The list has to be read before the event arrives. If it were read a moment later, it would contain the event, and
    // the test would prove nothing.
    await page.getByText('Loading the newest events').waitFor();
    await send(endpoint, '{"type":"in.between"}');
    await other.getByText('in.between').first().waitFor();
    answer();
    await page.getByText('in.between').first().waitFor();
  });

  test('signing out removes everything, in other tabs and behind the back button too [UIX-10]', async () => {
    const id = await send(endpoint, '{"type":"secret.thing"}');
    const other = await secondTab();
    await other.evaluate(`history.pushState(null, '', ${JSON.stringify(`${site.url}/dashboard/events/${id}`)})`);
    await other.getByRole('heading', { name: 'secret.thing' }).waitFor();
    await visitor.follow(`${site.url}/dashboard/events/${id}`);
    await page.getByRole('heading', { name: 'secret.thing' }).waitFor();
    // Loads the page, so that the button goes back to another document.
    await page.goto(`${site.url}/dashboard/events`);
    await page.getByText('secret.thing').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signInPage(page);
    expect(await page.content()).not.toContain('secret.thing');
    await page.goBack();
    await signInPage(page);
    expect(await page.content()).not.toContain('secret.thing');
    // The other tab's next request is refused, and the tab then shows nothing.
    await other.keyboard.press('5');
    await signInPage(other);
    expect(await other.content()).not.toContain('secret.thing');
    await other.close();
  });

  test('a session whose key is revoked ends at its next request [UIX-10]', async () => {
    await signedOut('/webhooks');
    const admin = { ...owner, scopes: new Set(scopes), keyId: null };
    const { apiKey, key } = await site.paggio.admin.keys.create(admin, { name: 'short', scopes: ['read'] });
    // One key in 62 already ends with x.
    const wrongKey = key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x');
    await page.getByLabel('API key', { exact: true }).fill(wrongKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Invalid or revoked API key').waitFor();
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    // Pages for which the key has no scope are not there.
    await page.getByText('states', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: /New endpoint|Delete…|Pause…/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('Settings need the scope admin or operator').waitFor();
    await site.paggio.admin.keys.revoke(admin, apiKey.id);
    await page.getByRole('link', { name: 'Events' }).click();
    await signInPage(page);
  });

  test("an administrator sees their own settings, and the operator the server's and every user's", async () => {
    const everything = { ...owner, scopes: new Set(scopes), keyId: null };
    await signedOut('/settings');
    const signIn = async (wanted: Scope[]): Promise<void> => {
      const { key } = await site.paggio.admin.keys.create(everything, { name: 'settings', scopes: wanted });
      await page.getByLabel('API key', { exact: true }).fill(key);
      await page.keyboard.press('Enter');
    };
    const tabs = (): Promise<string[]> => page.getByRole('tab').allTextContents();
    const column = (): Promise<number> => page.getByRole('columnheader', { name: 'User' }).count();
    const dialog = page.getByRole('dialog');

    await signIn(['read', 'write', 'admin']);
    await page.getByRole('cell', { name: 'read, write, admin' }).waitFor();
    expect([(await tabs()).join(), await column()]).toEqual([expect.not.stringContaining('system'), 0]);
    const scope = (name: Scope): Locator => dialog.getByRole('checkbox', { name: new RegExp(`^${name}`) });
    await page.getByRole('button', { name: 'New key' }).click();
    // Admin includes resign.
    await scope('resign').check();
    expect([await scope('read').isChecked(), await scope('ingest').isEnabled()]).toEqual([true, false]);
    expect([await scope('operator').count(), await dialog.getByLabel('User ID').count()]).toEqual([0, 0]);
    await page.keyboard.press('Escape');

    const signOut = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      // The page still shows the keys until the session has ended.
      await signInPage(page);
    };
    await signOut();
    await signIn(['read', 'admin', 'operator']);
    await page.getByRole('cell', { name: 'read, admin, operator' }).waitFor();
    expect([(await tabs()).join(), await column()]).toEqual([expect.stringContaining('Retention and system'), 1]);
    await page.getByRole('button', { name: 'New key' }).click();
    await dialog.getByLabel('Name').fill('for bob');
    await dialog.getByLabel('User ID').fill('bob');
    await scope('operator').check();
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row', { name: /for bob/ });
    expect(await row.getByRole('cell').allTextContents()).toEqual(expect.arrayContaining(['bob', 'read, operator']));

    await signOut();
    await signIn(['operator']);
    await page.getByRole('heading', { name: 'Retention' }).waitFor();
    expect((await tabs()).join()).toBe('Retention and system');
  });

  test('a used link says that it was used', async () => {
    const link = await site.server.signInLink();
    await visitor.startAnew(new URL(site.url).origin);
    // Somebody else uses it.
    const { headers } = await axios.get(link, { maxRedirects: 0, validateStatus: () => true });
    expect(headers['set-cookie']).toEqual([expect.stringContaining('paggio')]);
    await page.goto(link);
    await page.getByText('This link has already been used, or it has expired.').waitFor();
  });
});

/** A connection to a server that can be shut, as if the server were away. */
class Relay {
  private readonly sockets = new Set<Socket>();
  private shut = false;

  private constructor(private readonly server: Server) {}

  static async open(port: number): Promise<{ relay: Relay; port: number }> {
    const server = createServer();
    const relay = new Relay(server);
    server.on('connection', (socket: Socket) => {
      if (relay.shut) return void socket.destroy();
      const upstream = connect(port, '127.0.0.1');
      for (const one of [socket, upstream]) {
        relay.sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          relay.sockets.delete(one);
          socket.destroy();
          upstream.destroy();
        });
      }
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return { relay, port: (server.address() as AddressInfo).port };
  }

  close(): void {
    this.shut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  reopen(): void {
    this.shut = false;
  }

  async end(): Promise<void> {
    this.close();
    await new Promise((done) => this.server.close(done));
  }
}

withBrowser('a server that goes away and comes back', () => {
  test('is reported, and everything that happened during the outage is shown once [UIX-13]', async () => {
    const { relay, port } = await Relay.open(site.server.port);
    // The connection has its own address, and changes have to come from the address that people use.
    site.paggio.host.address.publishedAt(`http://127.0.0.1:${port}`);
    await visitor.startAnew(`http://127.0.0.1:${port}`);
    await page.goto((await site.server.signInLink()).replace(String(site.server.port), String(port)));
    const state = page.locator('.live');
    await state.getByText('Live').waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    await send(endpoint, '{"type":"before"}');
    await page.getByRole('row').filter({ hasText: 'before' }).waitFor();
    relay.close();
    await state.getByText('Server not responding').waitFor();
    for (let n = 0; n < 52; n++) await send(endpoint, `{"type":"meanwhile.${n}"}`);
    relay.reopen();
    await state.getByText('Live').waitFor({ timeout: 15_000 });
    await page.getByRole('row').filter({ hasText: 'meanwhile.51' }).waitFor();
    const meanwhile = page.getByRole('row').filter({ hasText: 'meanwhile.' });
    await meanwhile.nth(20).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('meanwhile.51').waitFor();
    await meanwhile.nth(49).waitFor();
    expect(await meanwhile.count()).toBe(50);
    expect(visitor.wrong).toEqual([]);
    await page.goto('about:blank');
    await relay.end();
  });
});

withBrowser('an app with its own users', () => {
  test('signs its user in without a page, applies its rules, and has nothing to sign out of', async () => {
    let allowed = true;
    const site = await startDashboard({}, '/hooks', {
      resolveUser: ({ headers }) =>
        headers.cookie?.includes('app=ann') ? { userId: owner.userId, scopes: ['read', 'write'] } : null,
      allow: () => allowed,
    });
    await newEndpoint(site, { name: 'of ann' });
    await visitor.startAnew(new URL(site.url).origin);
    const signIn = (): Promise<void> => visitor.context.addCookies([{ name: 'app', value: 'ann', url: site.url }]);
    await signIn();
    await page.goto(`${site.url}/dashboard/webhooks`);
    await page.getByText('of ann').waitFor();
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /Switch to/ }).count()).toBe(0);
    // A change with the host's session and the page's origin.
    await page.getByRole('button', { name: 'New endpoint' }).click();
    await page.getByLabel('Name').fill('made by ann');
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('made by ann', { exact: true }).waitFor();
    // A user who signs out of the app is signed out here.
    await visitor.context.clearCookies();
    await page.getByRole('link', { name: 'Replays' }).click();
    await signInPage(page);
    await signIn();
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`);
    await page.getByRole('link', { name: 'Webhooks' }).waitFor();
    allowed = false;
    await page.getByRole('link', { name: 'Events', exact: true }).click();
    await page.getByRole('alert').getByText('The host does not allow this request').waitFor();
    expect((await page.goto(`${site.url}/dashboard/events`))?.status()).toBe(403);
    expect(visitor.wrong).toEqual([]);
    await page.goto('about:blank');
    await site.stop();
  });
});
