import { query } from '@paggio/core/testing';
import axios from 'axios';
import type { Page, Request } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

const full = process.env['PAGGIO_FULL'] === '1';
const corpus = [
  '<script>window.__xss=1</script>',
  '"><img src=x onerror="window.__xss=1">',
  '</script><svg onload="window.__xss=1">',
  'javascript:window.__xss=1',
  "{{constructor.constructor('window.__xss=1')()}}",
  'data:text/html,<script>window.__xss=1</script>',
  '<iframe srcdoc="<script>parent.__xss=1</script>">',
  "'-window.__xss=1-'",
];
const everything = corpus.join(' ');
/** All of it that a header may contain. */
const inHeader = everything.replace(/[^\x20-\x7e]/g, '');
const pages = [
  '',
  '/events',
  '/webhooks',
  '/replays',
  '/settings',
  '/settings?tab=sessions',
  '/settings?tab=security',
  '/settings?tab=audit',
];
const tabs = ['payload', 'headers', 'response', 'attempts', 'verification'];
/** The events differ in their bodies and headers only. The full check opens every tab of all. */
const tabsOf = (event: number): string[] => (full || event === 2 ? tabs : tabs.slice(0, 1));

withBrowser('hostile input', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    site = await startDashboard({ bodyLimit: 16 * 1024 * 1024 });
    visitor = await site.visit();
    ({ page } = visitor);
  });

  afterAll(async () => {
    await site.stop();
  });

  async function open(path: string): Promise<void> {
    await visitor.follow(`${site.url}/dashboard${path}`);
    await settle();
  }

  async function load(path: string): Promise<void> {
    await page.goto(`${site.url}/dashboard${path}`);
    await settle();
  }

  async function settle(): Promise<void> {
    await page.locator('main h1').waitFor();
    await page
      .getByText(/^Loading /)
      .first()
      .waitFor({ state: 'detached' });
  }

  async function expectHarmless(where: string): Promise<void> {
    expect([where, await page.evaluate('window.__xss')]).toEqual([where, undefined]);
    const made = await page.evaluate(
      `[...document.querySelectorAll('script:not([src]), iframe, img, object, embed, style, [onerror], [onload], [style*="url"]')].map((e) => e.outerHTML)`,
    );
    expect([where, made]).toEqual([where, []]);
    // A stranger's URL is only text. Links lead to other pages, or to a provider's documentation.
    const links = await page.evaluate<string[]>(`[...document.querySelectorAll('a')].map((a) => a.href)`);
    expect(links.filter((href) => !href.startsWith(`${site.url}/dashboard`))).toEqual([]);
    expect([where, visitor.wrong]).toEqual([where, []]);
  }

  test('anything that is sent, named, answered or searched for is shown as text and never runs [UIX-01]', async () => {
    site.recorder.behaviour = (_request, response) =>
      void response.writeHead(500, { 'content-type': 'text/html', 'x-answer': inHeader }).end(everything);
    const endpoint = await newEndpoint(site, {
      name: everything.slice(0, 200),
      description: everything,
      destinations: [{ url: `${site.recorder.url()}?<script>window.__xss=1</script>`, name: corpus[1] }],
      headers_json: { 'X-Own': inHeader },
      retry: { schedule_seconds: [0], max_attempts: undefined },
    });
    const bodies: [string, Record<string, string>][] = [
      [everything, { 'content-type': 'text/html' }],
      [
        `<svg xmlns="http://www.w3.org/2000/svg" onload="window.__xss=1">${everything}</svg>`,
        { 'content-type': 'image/svg+xml' },
      ],
      [
        JSON.stringify({ type: corpus[1], nested: { [everything]: corpus } }),
        { 'content-type': 'application/json', 'X-Evil': inHeader },
      ],
    ];
    const ids = [];
    for (const [body, headers] of bodies) ids.push(await send(endpoint, body, headers));
    await site.recorder.received(3);
    await site.api.post(`/events/${ids[0]}/replay`, { environment: 'original' });
    const shown: string[] = [];
    const shows = (text: string): Promise<boolean> =>
      page.evaluate<boolean>(`document.body.textContent.includes(${JSON.stringify(text)})`);
    await load('');
    for (const path of [
      ...pages,
      `/webhooks/${endpoint.id}`,
      `/webhooks/${endpoint.id}?tab=destinations`,
      `/webhooks/${endpoint.id}?tab=settings`,
    ]) {
      await open(path);
      await expectHarmless(path);
      if (await shows(corpus[0] as string)) shown.push(path);
    }
    for (const [n, id] of ids.entries())
      for (const tab of tabsOf(n)) {
        await open(`/events/${id}?tab=${tab}`);
        await expectHarmless(`${tab} of ${id}`);
        if (await shows(corpus[0] as string)) shown.push(`${tab} ${n}`);
      }
    // Otherwise this test would check pages without any of it.
    const everywhere = ids.flatMap((_, n) => tabsOf(n).map((tab) => `${tab} ${n}`));
    expect(shown).toEqual(expect.arrayContaining(['', '/events', '/webhooks', '/settings?tab=audit', ...everywhere]));
    await open(`/events/${ids[0]}`);
    expect(await page.locator('pre.code').textContent()).toBe(everything);
    await page.getByRole('button', { name: 'Hex' }).click();
    expect(await page.locator('pre.code').textContent()).toContain('<script>window');
    await load(`/events?q=${encodeURIComponent(corpus[1] as string)}`);
    await page
      .getByText('No events match these filters')
      .or(page.getByRole('table', { name: 'Events' }))
      .waitFor();
    await expectHarmless('search');
    await open(`/events?status=${encodeURIComponent(corpus[1] as string)}`);
    await page.getByRole('alert').waitFor();
    await expectHarmless('an error that names what was wrong');
    await open(`/events/${encodeURIComponent(corpus[1] as string)}`);
    await expectHarmless('an address of nothing');
  });

  test('a refused request is shown as text too [UIX-01]', async () => {
    const endpoint = await newEndpoint(site, {
      name: 'verified',
      verification: { provider: 'github', secrets: ['secret'] },
    });
    await axios.post(endpoint.webhook_url, everything, {
      headers: { 'content-type': 'text/html', 'X-Evil': inHeader },
      validateStatus: () => true,
    });
    await open(`/webhooks/${endpoint.id}?tab=rejections`);
    await page.getByRole('table').getByRole('button').click();
    await page.getByRole('dialog', { name: 'Rejected request' }).locator('pre').waitFor();
    expect(await page.getByRole('dialog').locator('pre').textContent()).toBe(everything);
    await page.getByRole('dialog').getByRole('cell', { name: inHeader }).waitFor();
    await expectHarmless('rejection');
  });

  test('a download is an attachment that no browser renders [UIX-03]', async () => {
    const endpoint = await newEndpoint(site, { name: 'downloads' });
    const id = await send(endpoint, everything, { 'content-type': 'text/html' });
    await open(`/events/${id}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download', exact: true }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    expect(String(Buffer.concat(chunks))).toBe(everything);
    const raw = await page.request.get(`${site.url}/dashboard/api/v1/events/${id}/raw`);
    expect(raw.headers()).toMatchObject({
      'content-disposition': expect.stringContaining('attachment'),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    await expectHarmless('download');
  });

  test("the answer of a webhook URL runs nothing in a signed-in user's browser", async () => {
    const script = "fetch('/dashboard/session').then((r) => r.text()).then((text) => (document.title = text))";
    const endpoint = await newEndpoint(site, {
      name: 'acknowledges',
      acknowledgement: { status: 200, content_type: 'text/xml', body: '' },
    });
    const html = `<html xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script><h1>here</h1></html>`;
    // Earlier versions may have stored such rows. The API refuses types that run.
    const store = async (content_type: string | null, body: string): Promise<void> => {
      const { url } = site.server.gateway.database;
      const value = JSON.stringify({ status: 200, content_type, body }).replaceAll("'", "''");
      await query(url, `update paggio.endpoints set acknowledgement = '${value}' where id = '${endpoint.id}'`);
      await query(url, 'update paggio.state set config_version = config_version + 1');
      site.server.gateway.assembly.database.directory.distrust();
    };
    const other = await visitor.context.newPage();
    const asked: string[] = [];
    other.on('request', (request) => asked.push(new URL(request.url()).pathname));
    // The full check tries every type that a browser runs.
    for (const type of ['text/html', 'image/svg+xml', ...(full ? ['text/xml', 'application/xml'] : []), null]) {
      await store(type, html);
      await other.goto(endpoint.webhook_url);
      expect([type, await other.title(), asked.filter((path) => path.startsWith('/dashboard'))]).toEqual([
        type,
        '',
        [],
      ]);
      expect([type, await other.evaluate('self.origin')]).toEqual([type, 'null']);
    }
    await other.close();
  });

  test('the content security policy keeps injected text from becoming markup or script', async () => {
    // A page of its own, because the other one records what the policy refuses.
    const other = await visitor.context.newPage();
    await other.goto(`${site.url}/dashboard`);
    await other.getByRole('heading', { name: 'Overview' }).waitFor();
    const refused = await other.evaluate(`(() => {
      const script = document.createElement('script');
      const tries = [() => { document.body.innerHTML = '<b>x</b>'; }, () => { script.text = 'window.__xss = 1'; }];
      return tries.map((one) => { try { one(); return 'ran'; } catch (error) { return error.constructor.name; } });
    })()`);
    expect(refused).toEqual(['TypeError', 'TypeError']);
    await other.close();
  });

  test('hidden characters are marked, and long names do not break the page [UIX-07]', async () => {
    const endpoint = await newEndpoint(site, { name: `pay\u202Elap\u200B${'x'.repeat(180)}` });
    const id = await send(
      endpoint,
      JSON.stringify({ type: `a.${'y'.repeat(100)}`, name: 'user\u202Egnp.exe', zero: 'a\u200Bb' }),
      {
        'content-type': 'application/json',
        'X-Long': 'z'.repeat(5_000),
      },
    );
    for (const path of ['', '/webhooks', `/webhooks/${endpoint.id}`, `/events/${id}`, `/events/${id}?tab=headers`]) {
      await open(path);
      expect(await page.locator('body').textContent()).not.toMatch(/[\u202E\u200B]/);
      const [width, seen] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
      expect([path, width]).toEqual([path, seen]);
    }
    await open(`/events/${id}`);
    await page.getByText('2 invisible characters are shown').waitFor();
    const copied = await visitor.copied(async () => {
      await page.getByRole('button', { name: 'Copy the payload' }).click();
      await page.getByText('Copied the payload').waitFor();
    });
    expect(copied).toContain('user\u202Egnp.exe');
  });

  describe('the page stays usable with a body of any size [UIX-05]', () => {
    const list = (entries: number, name = 'name'): string =>
      JSON.stringify({ list: Array.from({ length: entries }, (_, n) => ({ id: n, name: `${name} ${n}` })) });
    const brackets = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    const keys = (count: number, key = 'key'): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`${key} ${n}`, n])));
    const long = 'x'.repeat(150);
    // All of them are longer than the part that is shown first. The full check uses sizes that hardly anybody sends.
    const large: Record<string, () => string | Buffer> = full
      ? {
          '10 MB of JSON': () => list(200_000).padEnd(10_000_000),
          '100,000 brackets': () => brackets(100_000),
          'one line of 5 MB': () => `{"a":"${'x'.repeat(5_000_000)}"}`,
          '1 MB of bytes': () => Buffer.alloc(1_000_000, 0xfe),
          '100,000 keys': () => keys(100_000),
        }
      : {
          '150 kB of JSON': () => list(800, long),
          '20,000 brackets': () => brackets(20_000).padEnd(150_000),
          'one line of 150 kB': () => `{"a":"${'x'.repeat(150_000)}"}`,
          '150 kB of bytes': () => Buffer.alloc(150_000, 0xfe),
          '900 keys': () => keys(900, long),
        };

    /** A body that is too large or too deep to be JSON in an answer is text. */
    const formatOf = (name: string): string => {
      if (name.includes('bytes')) return 'binary';
      return full || name.includes('brackets') ? 'text' : 'json';
    };

    test.each(Object.keys(large))('%s', async (name) => {
      const endpoint = await newEndpoint(site, { name: 'large' });
      const body = (large[name] as () => string | Buffer)();
      const id = await send(endpoint, body);
      await open('/webhooks');
      const fetched: string[] = [];
      const note = (request: Request): void => void fetched.push(request.url());
      page.on('request', note);
      const asked = performance.now();
      const address = `${site.url}/dashboard/events/${id}`;
      // In the full check a page of its own, because the memory of one page would hold all of those bodies.
      await (full ? page.goto(address) : visitor.follow(address));
      await page.getByRole('tab', { name: /Headers/ }).waitFor();
      // Alone it takes half a second. A busy machine needs more.
      expect(performance.now() - asked).toBeLessThan(8_000);
      await page.locator('pre.code').waitFor();
      // The page reacts: the next frame comes soon after the body was drawn, and after a change of tabs.
      const frame =
        'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))';
      const before = await page.evaluate<number>('performance.now()');
      const after = await page.evaluate<number>(frame);
      expect(after - before).toBeLessThan(2_000);
      // To leave the body and come back draws it again, whatever it is.
      if (full || name.includes('JSON')) {
        await page.getByRole('tab', { name: /Headers/ }).click();
        await page.getByText('content-type').waitFor();
        await page.getByRole('tab', { name: 'Payload' }).click();
      }
      const first = (await page.getByText(/^Showing the first/).textContent()) as string;
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText(first, { exact: true }).waitFor({ state: 'detached' });
      if (full) {
        // Bodies of the short form could not fill the memory.
        const metrics = await visitor.context.newCDPSession(page);
        await metrics.send('HeapProfiler.collectGarbage');
        const { usedSize } = await metrics.send('Runtime.getHeapUsage');
        expect(usedSize).toBeLessThan(300_000_000);
      }
      await expectHarmless(name);
      // A body that the event contains as text is not fetched again, and any other body only once.
      const { payload_format: format } = (await site.api.get(`/events/${id}`)).data as { payload_format: string };
      expect(format).toBe(formatOf(name));
      expect(fetched.filter((url) => url.endsWith('/raw'))).toHaveLength(format === 'text' ? 0 : 1);
      page.off('request', note);
    });
  });
});
