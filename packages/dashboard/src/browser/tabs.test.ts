import type { Page, Request } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

/**
 * A tab that had a stream of its own would show with three of them. The full check opens one more than the six
 * connections that a browser has to one host over HTTP/1.1.
 */
const TABS = process.env['PAGGIO_FULL'] ? 7 : 3;
/** How many tabs the other tests need: one that has the stream, and one that does not. */
const FEW = process.env['PAGGIO_FULL'] ? 3 : 2;
const ROUNDS = process.env['PAGGIO_FULL'] ? 2 : 1;

withBrowser('many tabs of one browser', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let endpoint: { id: string; webhook_url: string; name: string };
  let streams: Request[];

  beforeAll(async () => {
    site = await startDashboard();
    endpoint = await newEndpoint(site, { name: 'tabs' });
    visitor = await site.visit();
    await live(visitor.page);
    const ofStream = (request: Request): boolean => request.url().endsWith('/events/stream');
    streams = (await visitor.page.requests()).filter(ofStream);
    visitor.context.on('request', (request) => {
      if (ofStream(request)) streams.push(request);
    });
  });

  afterAll(() => site.stop());

  const live = (page: Page): Promise<void> => page.locator('button.live.live').waitFor();
  const row = (id: string) => `[data-id="${id}"]`;
  const shows = (pages: Page[], id: string): Promise<void[]> =>
    Promise.all(pages.map((page) => page.locator(row(id)).first().waitFor()));

  /** Opens or closes tabs until there are `count`, all of them live. */
  async function openTabs(count: number): Promise<Page[]> {
    const pages = visitor.context.pages();
    while (pages.length > count) {
      const [page] = pages.splice(
        pages.findIndex((one) => one !== leader()),
        1,
      );
      await page?.close();
    }
    while (pages.length < count) {
      const page = await visitor.tab();
      await page.goto(`${site.url}/dashboard`);
      pages.push(page);
    }
    await Promise.all(pages.map(live));
    return pages;
  }

  /** Checks that every tab gets an answer. With a stream each, they would have no connection left for anything else. */
  async function allAnswer(pages: Page[]): Promise<void> {
    const statuses = pages.map((page) =>
      page.evaluate<number>(`fetch(${JSON.stringify(`${site.url}/dashboard/api/v1/events`)}).then((a) => a.status)`),
    );
    expect(await Promise.all(statuses)).toEqual(pages.map(() => 200));
  }

  const leader = (): Page => (streams.at(-1) as Request).frame().page();

  test('share one event stream, and all of them load, answer and show new events', async () => {
    const pages = await openTabs(TABS);
    expect(streams).toHaveLength(1);
    await allAnswer(pages);
    const id = await send(endpoint, '{"type":"to.all"}');
    await shows(pages, id);
    expect(streams).toHaveLength(1);
  });

  test('hand the stream over without a gap when the tab that has it is closed', async () => {
    let pages = await openTabs(3);
    for (let round = 0; round < ROUNDS; round++) {
      const closed = leader();
      const count = streams.length;
      const before = await send(endpoint, '{"type":"before"}');
      await shows(pages, before);
      pages = pages.filter((page) => page !== closed);
      const [during] = await Promise.all([send(endpoint, '{"type":"during"}'), closed.close()]);
      const after = await send(endpoint, '{"type":"after"}');
      await shows(pages, during);
      await shows(pages, after);
      expect(streams.slice(count)).toHaveLength(1);
      expect(leader()).not.toBe(closed);
      expect(await (streams.at(-1) as Request).headerValue('last-event-id')).toEqual(expect.any(String));
    }
    await allAnswer(pages);
  });

  test('hand the stream over when the tab that has it pauses, and that tab catches up when it resumes', async () => {
    const pages = await openTabs(FEW);
    const paused = leader();
    const count = streams.length;
    await paused.keyboard.press('l');
    await paused.locator('button.live.paused').waitFor();
    const id = await send(endpoint, '{"type":"while.paused"}');
    await shows(
      pages.filter((page) => page !== paused),
      id,
    );
    expect(await paused.locator(row(id)).count()).toBe(0);
    await paused.keyboard.press('l');
    await shows([paused], id);
    await live(paused);
    expect(streams).toHaveLength(count + 1);
  });

  test('take the stream from a tab that does not answer any more', async () => {
    const pages = await openTabs(2);
    const mute = await visitor.tab();
    // A page of the same site whose script does not run.
    await mute.goto(`${site.url}/dashboard/no/such/page`);
    await mute.evaluate(`navigator.locks.query().then(({ held }) => {
      void navigator.locks.request(held.find(({ name }) => name.includes('paggio')).name, { steal: true }, () => new Promise(() => {})).catch(() => {});
    })`);
    const id = await send(endpoint, '{"type":"not.lost"}');
    await shows(pages, id);
    await Promise.all(pages.map(live));
    await mute.close();
  });

  test('change the mode together, and events of one mode are never shown in the other', async () => {
    const pages = await openTabs(FEW);
    const old = await send(endpoint, '{"type":"of.live"}');
    await shows(pages, old);
    await (pages[0] as Page).getByRole('button', { name: 'Switch to test mode' }).click();
    for (const page of pages) {
      await page.getByText('Test mode.').waitFor();
      await page.locator(row(old)).waitFor({ state: 'detached' });
    }
    await Promise.all(pages.map(live));
    const id = await send(endpoint, '{"type":"of.live.again"}');
    await (pages.at(-1) as Page).getByRole('button', { name: 'Switch to live mode' }).click();
    await shows(pages, id);
    for (const page of pages) expect(await page.getByText('Test mode.').count()).toBe(0);
    await allAnswer(pages);
  });

  test('without locks, as over plain HTTP from another machine, a hidden tab closes its stream', async () => {
    const page = await visitor.tab();
    await page.addInitScript(`
      delete Navigator.prototype.locks;
      Object.defineProperty(Document.prototype, 'visibilityState', { get: () => window.__hidden ? 'hidden' : 'visible' });
    `);
    const own = (): Request[] => streams.filter((request) => request.frame().page() === page);
    const ofStream = (request: Request): boolean => request.url().endsWith('/events/stream');
    await page.goto(`${site.url}/dashboard`);
    await live(page);
    // The stream has a position to go on from once it has sent an event.
    await shows([page], await send(endpoint, '{"type":"before.hiding"}'));
    const turn = (hidden: boolean): Promise<unknown> =>
      page.evaluate(`window.__hidden = ${hidden}; document.dispatchEvent(new Event('visibilitychange'))`);
    const ended = page.waitForEvent('requestfailed', ofStream);
    await turn(true);
    await ended;
    const id = await send(endpoint, '{"type":"while.hidden"}');
    const count = own().length;
    // A page that becomes visible also loads its lists again, so the event may be shown before there is a stream.
    const opened = page.waitForRequest(ofStream);
    await turn(false);
    await shows([page], id);
    await live(page);
    expect(await (await opened).headerValue('last-event-id')).toEqual(expect.any(String));
    expect(own()).toHaveLength(count + 1);
    await page.close();
  });

  test('are signed out together', async () => {
    const pages = await openTabs(FEW);
    await (pages[1] as Page).getByRole('button', { name: 'Sign out' }).click();
    for (const page of pages) await page.getByRole('heading', { name: 'Sign in to Paggio' }).waitFor();
    await send(endpoint, '{"type":"after.the.end"}');
    for (const page of pages) expect(await page.locator('[data-id]').count()).toBe(0);
  });
});
