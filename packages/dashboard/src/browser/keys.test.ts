import type { Page } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

withBrowser('the keyboard', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let page: Page;
  let ids: string[];

  beforeAll(async () => {
    site = await startDashboard();
    const endpoint = await newEndpoint(site, { name: 'stripe-prod', destination_url: site.recorder.url() });
    ids = [];
    for (const type of ['first', 'second', 'third']) ids.unshift(await send(endpoint, JSON.stringify({ type })));
    visitor = await site.visit();
    ({ page } = visitor);
    await page.getByText('third').waitFor();
  });

  afterAll(() => site.stop());

  const heading = (name: string): Promise<void> => page.getByRole('heading', { name, level: 1 }).waitFor();
  const path = (): string => page.url().slice(`${site.url}/dashboard`.length);
  const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');

  test('g and a letter open a page', async () => {
    for (const [letter, title] of [
      ['w', 'Webhooks'],
      ['e', 'Events'],
      ['r', 'Bulk replays'],
      ['s', 'Settings'],
      ['o', 'Overview'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await heading(title);
    }
  });

  test.each(['o', 'e'])('j and k move through a list, Enter opens, and Esc comes back (g %s)', async (letter) => {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.getByText('third').waitFor();
    await page.keyboard.press('j');
    expect(await focused()).toBe('third');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await focused()).toBe('first');
    // The last row is the end.
    await page.keyboard.press('j');
    expect(await focused()).toBe('first');
    await page.keyboard.press('k');
    expect(await focused()).toBe('second');
    await page.keyboard.press('Enter');
    await heading('second');
    expect(path()).toBe(`/events/${ids[1]}`);
    await page.keyboard.press('Escape');
    await page.getByText('third').waitFor();
    // The focus is where it was, so the next row is one key away.
    await page.locator(`[data-id="${ids[1]}"] a:focus`).waitFor();
    await page.keyboard.press('j');
    expect(await focused()).toBe('first');
  });

  test('a long list is at the same position after coming back, with new events added', async () => {
    const { data } = await site.api.get('/endpoints');
    // The list is read in parts of fifty, so a row of the second part is the first one that matters.
    for (let n = 0; n < 70; n++) await send(data.data[0], `{"type":"long.${n}"}`);
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByText('long.69').waitFor();
    await page.getByText('long.69').hover();
    await page.mouse.wheel(0, 1_600);
    await page.getByText('long.15', { exact: true }).click();
    await heading('long.15');
    await send(data.data[0], '{"type":"came.meanwhile"}');
    await page.keyboard.press('Escape');
    await page.locator('.scroller a:focus').getByText('long.15', { exact: true }).waitFor();
    expect(await page.evaluate<number>("document.querySelector('.scroller').scrollTop")).toBeGreaterThan(1_000);
    await page.mouse.wheel(0, -10_000);
    await page.getByText('came.meanwhile').waitFor();
  });

  test('1 to 5 open the tabs of an event', async () => {
    await visitor.follow(`${site.url}/dashboard/events/${ids[0]}`);
    await heading('third');
    for (const [key, name] of [
      ['2', 'Headers'],
      ['3', 'Response'],
      ['4', 'Attempts'],
      ['5', 'Verification'],
      ['1', 'Payload'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('tab', { name, selected: true }).waitFor();
    }
    await page.getByRole('tab', { name: 'Payload' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Headers', selected: true }).waitFor();
    expect(await focused()).toContain('Headers');
  });

  test('r sends nothing more while a replay is under way, and a chosen option does not block keys [UIX-12]', async () => {
    await visitor.follow(`${site.url}/dashboard/events/${ids[0]}`);
    await heading('third');
    const answers: (() => void)[] = [];
    site.recorder.behaviour = (_request, response) => void answers.push(() => response.writeHead(200).end());
    const before = site.recorder.requests.length;
    await page.getByText('local', { exact: true }).click();
    await page.getByText('original', { exact: true }).click();
    for (let n = 0; n < 3; n++) await page.keyboard.press('r');
    await site.recorder.received(before + 1);
    await page.getByRole('button', { name: 'Sending…' }).waitFor();
    for (const answer of answers) answer();
    await page.getByText('delivered: 200').waitFor();
    expect(site.recorder.requests).toHaveLength(before + 1);
  });

  test('keys are ordinary letters in a field, and do nothing below a dialog', async () => {
    await visitor.follow(`${site.url}/dashboard/events`);
    const rows = page.locator('[data-row]').first();
    await rows.waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('gw?l1r');
    expect(await page.getByRole('searchbox').inputValue()).toBe('gw?l1r');
    expect(new URL(page.url()).pathname).toMatch(/\/events$/);
    await page.getByRole('searchbox').fill('');
    await page.keyboard.press('Escape');
    await rows.waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    expect(await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toMatch(/\/events$/);
  });

  test('l stops the live updates, and starts them again without a gap', async () => {
    await visitor.follow(`${site.url}/dashboard`);
    const state = page.locator('.live');
    await state.getByText('Live').waitFor();
    await page.keyboard.press('l');
    await state.getByText('Paused').waitFor();
    const { data } = await site.api.get('/endpoints');
    await send(data.data[0], '{"type":"while.paused"}');
    const page2 = await site.api.get('/events?event_type=while.paused');
    expect(page2.data.meta.total).toBe(1);
    expect(await page.getByText('while.paused').count()).toBe(0);
    await page.keyboard.press('l');
    await page.getByText('while.paused').waitFor();
    await state.getByText('Live').waitFor();
  });

  test('the palette finds pages, endpoints and events, and runs commands', async () => {
    const run = async (text: string, option: string | RegExp): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Commands' }).waitFor();
      // The list changes with every letter, so most of them come at once, as from the clipboard.
      await page.keyboard.type(text.slice(0, 1));
      await page.keyboard.insertText(text.slice(1));
      await page.getByRole('option', { name: option, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Commands' }).waitFor({ state: 'detached' });
    };
    await run('settin', 'Settings');
    await heading('Settings');
    await run('stripe-p', /stripe-prod/);
    await heading('stripe-prod');
    await run(ids[2] as string, /Open event/);
    await heading('first');
    await run('failed ev', 'Failed events');
    await page.getByText('No events match these filters').waitFor();
    await run('new endp', 'New endpoint');
    await page.getByRole('dialog', { name: 'New endpoint' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('closing a dialog returns the focus to where it was', async () => {
    await visitor.follow(`${site.url}/dashboard/settings`);
    await page.getByRole('button', { name: 'New key' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'New key' }).waitFor();
    // The focus stays inside the dialog.
    for (let n = 0; n < 15; n++) await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        "document.activeElement.closest('dialog') !== null || document.activeElement === document.body",
      ),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('New key');
  });
});
