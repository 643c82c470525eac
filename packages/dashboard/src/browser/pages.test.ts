import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import axios from 'axios';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

const schemes = ['dark', 'light'] as const;
type Scheme = (typeof schemes)[number];
const full = process.env['PAGGIO_FULL'] === '1';
const colourRules = ['color-contrast', 'link-in-text-block'];
const off = (rules: string[]): object => Object.fromEntries(rules.map((rule) => [rule, { enabled: false }]));
const noColours = off(colourRules);

/** Rules whose findings are never serious. */
const moderate = off(['region', 'heading-order', 'landmark-unique', 'aria-allowed-role']);

/**
 * Serious and critical findings of axe, by the rules of WCAG 2.2 A and AA. Layout and words are the same in both
 * schemes, so every rule is checked in one only, and within `part` of the page. The full check tries everything in both.
 * Colours are half of the work.
 */
async function findings(page: Page, colorScheme: Scheme, part = 'html', withColours = true): Promise<string[]> {
  // By the debugger, because the content security policy allows no other script.
  if (await page.evaluate<boolean>('window.axe === undefined')) await page.evaluate(`${axe}; undefined`);
  const rules =
    full || colorScheme === 'dark'
      ? { rules: { ...moderate, ...(full || withColours ? {} : noColours) } }
      : { runOnly: colourRules };
  const where = full ? { include: [['html']] } : { include: [[part]], exclude: [[bars]] };
  const { violations } = await page.evaluate<{ violations: Finding[] }>(
    `axe.run(${JSON.stringify(where)}, ${JSON.stringify({ resultTypes: ['violations'], preload: full, ...rules })})`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join('; ')}`,
    );
}

/** Each row costs axe time on three pages. */
const EVENTS = full ? 9 : 5;
/** The bars of a chart are some hundred elements without text, inside of a picture with a name. */
const bars = '.chart svg > g';

let site: DashboardSite;
let visitor: Visitor;
let page: Page;
const paths: Record<string, string> = {};

beforeAll(async () => {
  site = await startDashboard({ stagingHost: 'staging.example.com' });
  const shop = await newEndpoint(site, {
    name: 'shop-prod',
    destination_url: site.recorder.url('/hooks/shop'),
    description: 'Orders and payments of the shop.',
  });
  const github = await newEndpoint(site, {
    name: 'github-dev',
    destination_url: site.recorder.url('/broken'),
    verification: { provider: 'github', secrets: ['a secret of github'] },
    retry: { schedule_seconds: [0, 3600] },
  });
  await newEndpoint(site, { name: 'inbox' });
  site.recorder.behaviour = ({ url }, response) => {
    const status = url === '/broken' ? 503 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(`{"received": ${status === 200}}`);
  };
  const types = ['order.created', 'order.paid', 'payment.refunded', 'customer.updated'];
  let last = '';
  for (let n = 0; n < EVENTS; n++) {
    const body = {
      type: types[n % 4],
      id: 1000 + n,
      amount: 2000 + n,
      currency: 'eur',
      customer: { id: `cus_${n}`, vip: n % 5 === 0, note: null },
    };
    last = await send(shop, JSON.stringify(body));
  }
  for (let n = 0; n < 3; n++) await site.api.post(`/endpoints/${github.id}/test`, { event_type: 'push' });
  await axios.post(github.webhook_url, '{"zen": "unsigned"}', {
    headers: { 'x-github-event': 'ping' },
    validateStatus: () => true,
  });
  await site.recorder.received(EVENTS + 6);
  for (let n = 0; n < 3; n++) await site.api.post(`/events/${last}/replay`, { environment: 'original' });
  await site.api.post('/replays', { filter: { event_type: 'order.paid' } });
  await site.api.post('/keys', { name: 'reader of the shop', scopes: ['read'] });
  Object.assign(paths, {
    overview: '',
    webhooks: '/webhooks',
    'endpoint-events': `/webhooks/${shop.id}`,
    'endpoint-destinations': `/webhooks/${github.id}?tab=destinations`,
    'endpoint-verification': `/webhooks/${github.id}?tab=verification`,
    'endpoint-rejected': `/webhooks/${github.id}?tab=rejections`,
    'endpoint-secret': `/webhooks/${github.id}?tab=secret`,
    'endpoint-settings': `/webhooks/${shop.id}?tab=settings`,
    events: '/events',
    'event-payload': `/events/${last}`,
    'event-headers': `/events/${last}?tab=headers`,
    'event-response': `/events/${last}?tab=response`,
    'event-attempts': `/events/${last}?tab=attempts`,
    'event-verification': `/events/${last}?tab=verification`,
    replays: '/replays',
    'settings-keys': '/settings',
    'settings-sessions': '/settings?tab=sessions',
    'settings-security': '/settings?tab=security',
    'settings-notifications': '/settings?tab=notifications',
    'settings-audit': '/settings?tab=audit',
    'settings-system': '/settings?tab=system',
    'no-such-event': '/events/01a1feba-f6e4-7000-a9af-4d30305a647b',
    'no-such-endpoint': '/webhooks/01a1feba-f6e4-7000-a9af-4d30305a647b',
  });
});

beforeAll(async () => {
  visitor = await site.visit();
  ({ page } = visitor);
});

afterAll(() => site.stop());

const wide = { width: 1360, height: 860 };
const narrow = { width: 390, height: 780 };
/** These pages have pictures in both schemes. The full check makes those of all pages. */
const shown = ['overview', 'event-payload', 'webhooks'];
/** All pages take their colours from the same names, so one page of each kind shows them. The full check takes all. */
const kinds = [...shown, 'endpoint-settings', 'event-attempts', 'settings-keys'];
const dialogKinds = ['new-endpoint', 'delete-endpoint', 'palette'];
const hasColours = (name: string): boolean => full || [...kinds, ...dialogKinds].includes(name);

/** What a page has in common with the ones before it was checked there: the frame, and the head above its tabs. */
function partOf(name: string): string {
  if (name === 'overview') return 'html';
  return paths[name]?.includes('?tab=') ? '[role=tabpanel]' : 'main';
}

async function open(path: string): Promise<void> {
  await visitor.follow(`${site.url}/dashboard${path}`);
  await page.locator('main h1').waitFor();
  await loaded();
}

const loaded = (): Promise<void> =>
  page
    .getByText(/^Loading /)
    .first()
    .waitFor({ state: 'detached' });

interface Seen {
  /** The findings of axe, by page or dialog. */
  found: Record<string, string[]>;
  /** The width of each page on a narrow screen. */
  widths: Record<string, number>;
}
type SeenIn = Record<Scheme, Seen>;

/** The scheme of the open page. */
let colours: Scheme = 'dark';

/** Acts in both schemes, beginning with the present one, because each change draws the whole page anew. */
async function inEachScheme(act: (colorScheme: Scheme) => Promise<void>): Promise<void> {
  for (const colorScheme of colours === 'dark' ? schemes : schemes.toReversed()) {
    await turn(colorScheme);
    await act(colorScheme);
  }
}

async function turn(colorScheme: Scheme): Promise<void> {
  if (colorScheme !== colours) await page.emulateMedia({ colorScheme });
  colours = colorScheme;
}

/** Checks the open page in its schemes, because opening it costs more than changing colours. */
async function look(name: string, part: string, seen: SeenIn): Promise<void> {
  const see = async (colorScheme: Scheme): Promise<void> => {
    seen[colorScheme].found[name] = await findings(page, colorScheme, part, hasColours(name));
    if (full || shown.includes(name)) await visitor.shoot(`${colorScheme}-${name}`);
  };
  if (hasColours(name)) return inEachScheme(see);
  await turn('dark');
  await see('dark');
}

/** The scheme does not change a width, so a page is narrow in one scheme only. The full check does it in both. */
async function lookNarrow(name: string, seen: SeenIn): Promise<void> {
  const measure = async (colorScheme: Scheme): Promise<void> => {
    seen[colorScheme].widths[name] = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (shown.includes(name)) await visitor.shoot(`${colorScheme}-narrow-${name}`);
  };
  await (full ? inEachScheme(measure) : measure(colours));
}

const nothing = (): SeenIn => ({ dark: { found: {}, widths: {} }, light: { found: {}, widths: {} } });

async function lookAtPages(): Promise<SeenIn> {
  const seen = nothing();
  let sizes = [wide, narrow];
  for (const [name, path] of Object.entries(paths)) {
    await open(path);
    for (const size of sizes) {
      await page.setViewportSize(size);
      await (size === wide ? look(name, partOf(name), seen) : lookNarrow(name, seen));
    }
    // The next page begins with the present size.
    sizes = sizes.toReversed();
  }
  await page.setViewportSize(wide);
  return seen;
}

async function lookAtDialogs(): Promise<SeenIn> {
  const seen = nothing();
  const lookAt = async (name: string, dialog: string): Promise<void> => {
    await page.getByRole('dialog', { name: dialog }).waitFor();
    await loaded();
    await look(name, 'dialog[open]', seen);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: dialog }).waitFor({ state: 'detached' });
  };
  await open('/webhooks?new=1');
  await page.getByLabel('Provider').selectOption('stripe');
  await lookAt('new-endpoint', 'New endpoint');
  await page.getByRole('button', { name: 'Delete…' }).first().click();
  await lookAt('delete-endpoint', 'Delete inbox');
  await open('/events');
  await page.getByRole('button', { name: 'Replay these…' }).click();
  await lookAt('bulk-replay', `Replay ${EVENTS + 3} events`);
  await page.keyboard.press('Control+k');
  await lookAt('palette', 'Commands');
  await page.keyboard.press('?');
  await lookAt('keys', 'Keyboard shortcuts');
  await open('/settings');
  await page.getByRole('button', { name: 'New key' }).click();
  await lookAt('new-key', 'New key');
  return seen;
}

let pages: Promise<SeenIn> | undefined;
let dialogs: Promise<SeenIn> | undefined;

withBrowser.each(schemes)('every page in %s', (colorScheme) => {
  const wrongIn = ({ found }: Seen): unknown => Object.entries(found).filter(([, list]) => list.length > 0);

  test('each page opens, axe finds nothing serious, and a picture is kept [UIX-14]', async () => {
    pages ??= lookAtPages();
    const seen = (await pages)[colorScheme];
    expect(Object.keys(seen.found)).toEqual(
      Object.keys(paths).filter((name) => colorScheme === 'dark' || hasColours(name)),
    );
    expect(wrongIn(seen)).toEqual([]);
  });

  test('axe finds nothing serious in dialogs, palette and key sheet [UIX-14]', async () => {
    dialogs ??= lookAtDialogs();
    const seen = (await dialogs)[colorScheme];
    expect(Object.keys(seen.found)).toHaveLength(full || colorScheme === 'dark' ? 6 : dialogKinds.length);
    expect(wrongIn(seen)).toEqual([]);
  });

  test('a narrow screen shows everything without scrolling sideways', async () => {
    pages ??= lookAtPages();
    const { dark, light } = await pages;
    const { widths } = colorScheme === 'dark' ? dark : light;
    expect(Object.keys({ ...dark.widths, ...light.widths }).sort()).toEqual(Object.keys(paths).sort());
    if (full) expect(Object.keys(widths).sort()).toEqual(Object.keys(paths).sort());
    expect(Object.entries(widths).filter(([, width]) => width !== narrow.width)).toEqual([]);
  });
});

withBrowser('when signed out', () => {
  beforeAll(async () => {
    await visitor.startAnew(new URL(site.url).origin);
    await page.goto(`${site.url}/dashboard`);
    await page.getByRole('heading', { name: 'Sign in to Paggio' }).waitFor();
  });

  test.each(schemes)('axe finds nothing serious in the sign-in in %s [UIX-14]', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    expect(await findings(page, colorScheme)).toEqual([]);
    await visitor.shoot(`${colorScheme}-sign-in`);
  });
});
