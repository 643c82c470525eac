import type { Page } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

const odd = '{"big":12345678901234567890,"rate":1.10,"a":1,"a":2,"z":{},"b":[1e5,-0],"esc":"\\u00e9\\/"}';

withBrowser('a payload is shown as it was received', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let page: Page;
  let endpoint: { id: string; webhook_url: string; name: string };

  beforeAll(async () => {
    site = await startDashboard();
    endpoint = await newEndpoint(site, { name: 'exact', destination_url: site.recorder.url('/path?own=1') });
    // It comes after the endpoint, because a page keeps the list of endpoints for some seconds.
    visitor = await site.visit();
    ({ page } = visitor);
  });

  afterAll(() => site.stop());

  const open = (id: string, tab = 'payload'): Promise<void> =>
    visitor.follow(`${site.url}/dashboard/events/${id}?tab=${tab}`);
  const shown = async (): Promise<string | null> => page.locator('pre.code').textContent();

  test('big integers, repeated keys, 1.10 and the order of keys are shown unchanged [UIX-06]', async () => {
    await open(await send(endpoint, odd));
    await page.locator('pre.code').waitFor();
    expect(await shown()).toBe(
      '{\n  "big": 12345678901234567890,\n  "rate": 1.10,\n  "a": 1,\n  "a": 2,\n  "z": {},\n  "b": [\n    1e5,\n    -0\n  ],\n  "esc": "\\u00e9\\/"\n}',
    );
    await page.getByRole('button', { name: 'As received' }).click();
    expect(await shown()).toBe(odd);
    await page.getByRole('button', { name: 'Hex' }).click();
    expect(await shown()).toContain('00000000  7b 22 62 69 67 22 3a 31  32 33 34 35 36 37 38 39  {"big":123456789');
    expect(
      await visitor.copied(async () => {
        await page.getByRole('button', { name: 'Copy the payload' }).click();
        await page.getByText('Copied the payload').waitFor();
      }),
    ).toBe(odd);
  });

  test('colours need no elements', async () => {
    await open(await send(endpoint, odd));
    await page.locator('pre.code').waitFor();
    expect(await page.evaluate("[...CSS.highlights.get('json-number')].length")).toBe(6);
    expect(await page.evaluate("document.querySelector('pre.code').childNodes.length")).toBe(1);
  });

  test('white space and line ends are kept, and text and bytes other than JSON are shown as they are', async () => {
    await open(await send(endpoint, '{ "a" :\r\n 1 }', { 'content-type': 'application/json' }));
    await page.getByRole('button', { name: 'As received' }).click();
    expect(await shown()).toBe('{ "a" :␍\n 1 }');
    await open(await send(endpoint, 'a=1&b=%20', { 'content-type': 'application/x-www-form-urlencoded' }));
    await page.locator('pre.code').waitFor();
    expect(await shown()).toBe('a=1&b=%20');
    expect(await page.getByRole('button', { name: 'Formatted' }).isDisabled()).toBe(true);
    await open(await send(endpoint, Buffer.from([0, 255, 254, 10]), { 'content-type': 'application/octet-stream' }));
    await page.locator('pre.hex').waitFor();
    expect(await shown()).toMatch(/^00000000 {2}00 ff fe 0a +\.\.\.\.$/);
    await open(await send(endpoint, '\uFEFFmarked \u{1F44D}\r\n', { 'content-type': 'text/plain' }));
    await page.locator('pre.code').waitFor();
    expect(await shown()).toBe('⟨U+FEFF⟩marked 👍␍\n');
    await page.getByRole('button', { name: 'Hex' }).click();
    expect(await shown()).toMatch(/^00000000 {2}ef bb bf 6d 61 72 6b 65 {2}64 20 f0 9f 91 8d 0d 0a/);
    await open(await send(endpoint, '', {}));
    await page.getByText('The body is empty.').waitFor();
  });

  test('c copies the request to the destination as curl, with the same bytes', async () => {
    await open(
      await send({ webhook_url: `${endpoint.webhook_url}?q=%C3%A9&q=2` }, odd, {
        'content-type': 'application/json',
        'X-One': "it's",
      }),
    );
    await page.getByRole('button', { name: 'Copy as curl', disabled: false }).waitFor();
    const command = await visitor.copied(async () => {
      await page.keyboard.press('c');
      await page.getByText('Copied the request as curl').waitFor();
    });
    expect(command).toContain(`curl -X 'POST' '${site.recorder.url('/path?own=1')}&q=%C3%A9&q=2'`);
    expect(command).toContain(`-H 'x-one: it'\\''s'`);
    expect(command.endsWith(`--data-raw '${odd}'`)).toBe(true);
    const id = await visitor.copied(async () => {
      await page.keyboard.press('y');
      await page.getByText('Copied the ID').waitFor();
    });
    expect(new URL(page.url()).pathname).toBe(`/hooks/dashboard/events/${id}`);
  });

  test('a payload can be compared with the previous one of its type, and an answer with that of a replay', async () => {
    const other = await newEndpoint(site, { name: 'compared', destination_url: site.recorder.url('/compared') });
    const first = await send(other, '{"type":"a","same":1,"amount":1.10}');
    await send(other, '{"type":"b","between":true}');
    let count = 0;
    site.recorder.behaviour = ({ body }, response) =>
      void response.writeHead(200).end(`{"ok":true,"count":${String(body).includes('new') ? ++count : 0}}`);
    const second = await send(other, '{"type":"a","same":1,"amount":1.1,"new":null}');
    await open(second);
    await page.getByRole('button', { name: 'Compare' }).click();
    const lines = page.getByRole('group', { name: 'Differences' }).locator('.added, .removed');
    await lines.first().waitFor();
    expect(await lines.allTextContents()).toEqual([
      '-removed:   "amount": 1.10',
      '+added:   "amount": 1.1,',
      '+added:   "new": null',
    ]);
    await page.getByRole('button', { name: 'Stop comparing' }).click();
    await open(first);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('This is the first event of its type').waitFor();

    await open(second, 'response');
    await page.getByText('"count": 1').waitFor();
    await page.keyboard.press('r');
    await page.getByText('"count": 2').waitFor();
    await page.getByLabel('compared with').selectOption({ index: 1 });
    await lines.first().waitFor();
    expect(await lines.allTextContents()).toEqual(['-removed:   "count": 1', '+added:   "count": 2']);
  });
});
