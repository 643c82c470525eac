import { owner } from '@paggio/core/testing';
import type { CDPSession, Page } from 'playwright-core';
import { newEndpoint, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

const full = process.env['PAGGIO_FULL'] === '1';
const PER_SECOND = 500;
/** Ten minutes in the full check. */
const SECONDS = full ? 600 : 2;
const TICK_MS = 100;

withBrowser(`${PER_SECOND} events a second`, () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let page: Page;
  let debug: CDPSession;

  beforeAll(async () => {
    site = await startDashboard({ ingestRateLimit: null });
    visitor = await site.visit();
    ({ page } = visitor);
    debug = await visitor.context.newCDPSession(page);
  });

  afterAll(() => site.stop());

  /** The memory and nodes of the page after garbage collection. */
  async function held(): Promise<{ bytes: number; nodes: number }> {
    await debug.send('HeapProfiler.collectGarbage');
    const { usedSize } = await debug.send('Runtime.getHeapUsage');
    const nodes = await page.evaluate<number>("document.querySelectorAll('*').length");
    return { bytes: usedSize, nodes };
  }

  /** Publishes at this rate, however the page reacts. */
  async function flood(endpointId: string, seconds: number): Promise<number> {
    let sent = 0;
    const endsAt = performance.now() + seconds * 1000;
    while (performance.now() < endsAt) {
      const next = performance.now() + TICK_MS;
      const batch = Array.from({ length: (PER_SECOND * TICK_MS) / 1000 }, () =>
        site.paggio.publish({
          userId: owner.userId,
          eventType: `load.n${sent++}`,
          payload: { n: sent },
          endpointIds: [endpointId],
        }),
      );
      await Promise.all(batch);
      await new Promise((done) => setTimeout(done, Math.max(0, next - performance.now())));
    }
    return sent;
  }

  test(
    'the page changes a few times a second, uses no more memory than before, and ends with the newest events [UIX-13]',
    async () => {
      const endpoint = await newEndpoint(site, { name: 'flood', destination_url: site.recorder.url() });
      await flood(endpoint.id, full ? 20 : 0.5);
      const feed = page.getByRole('table', { name: 'Newest events' });
      await feed.waitFor();
      const before = await held();
      // Each batch of changes causes one callback.
      await page.evaluate(`
        window.__changes = 0;
        new MutationObserver(() => window.__changes++).observe(document.querySelector('.feed'), { childList: true, subtree: true });
        window.__frames = 0;
        if (${full}) (function count() { window.__frames++; requestAnimationFrame(count); })();
      `);
      const began = performance.now();
      const sent = await flood(endpoint.id, SECONDS);
      const seconds = (performance.now() - began) / 1000;
      const [changes, frames] = await page.evaluate<[number, number]>('[window.__changes, window.__frames]');
      const newest = (await site.api.get('/events?limit=50')).data.data as { id: string }[];
      // Transactions commit in another order than their ids.
      for (const { id } of newest) await feed.locator(`[data-id="${id}"]`).waitFor();
      const after = await held();
      const shown = await feed
        .locator('[data-id]')
        .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id')));
      expect(shown).toEqual(newest.map(({ id }) => id));
      // Four batches a second, plus occasional other changes.
      expect(changes / seconds).toBeLessThan(6);
      expect(after.nodes).toBeLessThan(before.nodes * 1.2 + 50);
      expect(after.bytes).toBeLessThan(before.bytes + 8_000_000);
      process.stdout.write(
        `live: ${Math.round(sent / seconds)} events/s for ${Math.round(seconds)} s, ${(changes / seconds).toFixed(1)} changes/s, ` +
          `${(frames / seconds).toFixed(0)} frames/s, heap ${(before.bytes / 1e6).toFixed(1)} -> ${(after.bytes / 1e6).toFixed(1)} MB, nodes ${before.nodes} -> ${after.nodes}\n`,
      );
    },
    (SECONDS + 60) * 1000,
  );

  test('the list of events is updated too, with a limited number of rows', async () => {
    const endpoint = await newEndpoint(site, { name: 'flood of the list' });
    await page.goto(`${site.url}/dashboard/events?endpoint_id=${endpoint.id}`);
    await page.getByText('No events match these filters').waitFor();
    await flood(endpoint.id, full ? 60 : 0.5);
    const newest = (await site.api.get(`/events?limit=1&endpoint_id=${endpoint.id}`)).data.data[0];
    await page.locator(`[data-id="${newest.id}"]`).waitFor();
    expect(await page.locator('.event-row').count()).toBeLessThan(100);
    await page.keyboard.press('j');
    expect(await page.evaluate<string>("document.activeElement.closest('[data-id]').dataset.id")).toBe(newest.id);
  }, 120_000);
});
