import axios from 'axios';
import { chromium, type Page } from 'playwright-core';
import { startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { findBrowser } from '../testing/find-browser';
import { withBrowser, type Visitor } from '../testing/visitor';

let site: DashboardSite;
let visitor: Visitor;
let page: Page;

beforeAll(async () => {
  site = await startDashboard();
  visitor = await site.visit();
  ({ page } = visitor);
});

afterAll(() => site.stop());

withBrowser('sessions', () => {
  /** Returns the cookie. */
  const signInFrom = async (userAgent: string): Promise<string> => {
    const headers = { origin: new URL(site.url).origin, 'user-agent': userAgent };
    const answer = await axios.post(`${site.url}/dashboard/session`, { key: site.server.key }, { headers });
    expect(answer.status).toBe(201);
    return ((answer.headers['set-cookie'] as string[])[0] as string).split(';')[0] as string;
  };
  const statusWith = async (cookie: string): Promise<number> => {
    const url = `${site.url}/dashboard/api/v1/events`;
    return (await axios.get(url, { headers: { cookie }, validateStatus: () => true })).status;
  };
  const openList = async (): Promise<void> => {
    await visitor.follow(`${site.url}/dashboard/settings?tab=sessions`);
    await page.getByText('this browser').waitFor();
  };
  const rowOf = (text: string) => page.getByRole('row').filter({ hasText: text });

  test('are listed with where they came from, and one can be ended while the others go on', async () => {
    await signInFrom('Browser of a <b>lost</b> laptop\u202e');
    await signInFrom('Browser at work');
    await openList();
    const own = rowOf('this browser');
    expect(await own.textContent()).toMatch(/127\.0\.0\.1.*none live: read, write, ingest, resign, admin, operator/);
    expect(await own.getByRole('button').count()).toBe(0);
    const lost = rowOf('laptop');
    expect(await lost.textContent()).toContain('Browser of a <b>lost</b> laptop');
    expect(await lost.textContent()).toContain(`${site.server.key.slice(0, 12)}…`);
    await visitor.shoot('settings-sessions-listed');
    await lost.getByRole('button', { name: 'End', exact: true }).click();
    await lost.waitFor({ state: 'detached' });
    await rowOf('at work').waitFor();
    expect((await site.api.get('/sessions')).data.meta.total).toBe(2);
  });

  test('can all be ended except the session that asks', async () => {
    const other = await signInFrom('Browser at home');
    expect(await statusWith(other)).toBe(200);
    await openList();
    // A list that was open already does not have the newest session.
    await page.reload();
    await page.getByRole('button', { name: 'End all other sessions…' }).click();
    const dialog = page.getByRole('dialog', { name: 'End all other sessions' });
    await dialog.getByText(/2 other sessions end immediately/).waitFor();
    await dialog.getByLabel('Type end to confirm').fill('end');
    await dialog.getByRole('button', { name: 'End sessions' }).click();
    await dialog.waitFor({ state: 'detached' });
    await rowOf('at work').waitFor({ state: 'detached' });
    await page.getByText('this browser').waitFor();
    expect(await statusWith(other)).toBe(401);
    expect((await site.api.get('/sessions')).data.meta.total).toBe(1);
  });
});

withBrowser('a rebound name', () => {
  let site: DashboardSite;

  beforeAll(async () => {
    site = await startDashboard({}, '', { resolveUser: () => ({ userId: 'the person at this machine' }) });
  });

  afterAll(() => site.stop());

  test('a page whose name was made to point at this machine reads nothing', async () => {
    const port = site.server.port;
    const browser = await chromium.launch({
      executablePath: findBrowser() ?? undefined,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--host-resolver-rules=MAP evil.test 127.0.0.1',
        // A protection of the browser itself, which not every browser has.
        '--disable-features=LocalNetworkAccessChecks',
      ],
    });
    try {
      const page = await browser.newPage();
      // The stranger's page, loaded before its name pointed here.
      await page.route('**/nothing', (route) => route.fulfill({ contentType: 'text/html', body: '<p>Hello' }));
      const read = async (host: string, path: string): Promise<string> => {
        await page.goto(`http://${host}:${port}/nothing`);
        return page.evaluate(
          `fetch(${JSON.stringify(path)}).then(async (answer) => answer.status + ' ' + (await answer.text()))`,
        );
      };
      for (const path of ['/health', '/openapi.json', '/api/v1/endpoints', '/dashboard/api/v1/endpoints', '/dashboard'])
        expect([path, (await read('evil.test', path)).slice(0, 4)]).toEqual([path, '403 ']);
      expect(await read('localhost', '/health')).toMatch(/^200 \{"status":"ok"/);
      expect(await read('paggio.localhost', '/api/v1/endpoints')).toMatch(/^200 /);
    } finally {
      await browser.close();
    }
  });
});

withBrowser('a public address with TLS', () => {
  test('has a cookie that no other host can set, and that a browser accepts from this machine', async () => {
    const { context } = visitor;
    site.paggio.host.address.publishedAt('https://hooks.example.com');
    await visitor.startAnew(new URL(site.url).origin);
    await page.goto(await site.server.signInLink());
    const cookies = await context.cookies();
    expect(cookies).toMatchObject([
      { name: '__Host-paggio_session', path: '/', secure: true, httpOnly: true, sameSite: 'Lax', domain: '127.0.0.1' },
    ]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Paggio' }).waitFor();
    expect(await context.cookies()).toEqual([]);
  });
});
