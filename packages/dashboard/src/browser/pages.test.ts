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

/** Layout and words are the same in both, so every rule is checked in one only. The full check does it in both. */
const schemes = ['dark', 'light'] as const;
type Scheme = (typeof schemes)[number];
const full = process.env['PAGGIO_FULL'] === '1';
const colourRules = ['color-contrast', 'link-in-text-block'];

/** Rules whose findings are never serious. */
const moderate = Object.fromEntries(
  ['region', 'heading-order', 'landmark-unique', 'aria-allowed-role'].map((rule) => [rule, { enabled: false }]),
);

/** Serious and critical findings of axe, by the rules of WCAG 2.2 A and AA. */
async function findings(page: Page, colorScheme: Scheme): Promise<string[]> {
  // By the debugger, because the content security policy allows no other script.
  if (await page.evaluate<boolean>('window.axe === undefined')) await page.evaluate(`${axe}; undefined`);
  const rules = full || colorScheme === 'dark' ? { rules: moderate } : { runOnly: colourRules };
  const where = full ? { include: [['html']] } : { exclude: [[bars]] };
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
/** These pages have pictures in both schemes, on a wide and on a narrow screen. The full check makes all wide ones. */
const shown = ['overview', 'event-payload', 'webhooks'];

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

/** The scheme does not change a width, so most pages are narrow only in the scheme of the open page. */
const isNarrowInBoth = (name: string): boolean => full || shown.includes(name);

/** Acts in both schemes, beginning with the present one, because each change draws the whole page anew. */
async function inEachScheme(act: (colorScheme: Scheme) => Promise<void>): Promise<void> {
  for (const colorScheme of colours === 'dark' ? schemes : schemes.toReversed()) {
    if (colorScheme !== colours) await page.emulateMedia({ colorScheme });
    colours = colorScheme;
    await act(colorScheme);
  }
}

/** Checks the open page in each scheme, because opening it costs more than changing colours. */
const look = (name: string, seen: SeenIn): Promise<void> =>
  inEachScheme(async (colorScheme) => {
    seen[colorScheme].found[name] = await findings(page, colorScheme);
    if (full || shown.includes(name)) await visitor.shoot(`${colorScheme}-${name}`);
  });

async function lookNarrow(name: string, seen: SeenIn): Promise<void> {
  const measure = async (colorScheme: Scheme): Promise<void> => {
    seen[colorScheme].widths[name] = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (shown.includes(name)) await visitor.shoot(`${colorScheme}-narrow-${name}`);
  };
  await page.setViewportSize(narrow);
  await (isNarrowInBoth(name) ? inEachScheme(measure) : measure(colours));
  await page.setViewportSize(wide);
}

const nothing = (): SeenIn => ({ dark: { found: {}, widths: {} }, light: { found: {}, widths: {} } });

async function lookAtPages(): Promise<SeenIn> {
  const seen = nothing();
  for (const [name, path] of Object.entries(paths)) {
    await open(path);
    await look(name, seen);
    await lookNarrow(name, seen);
  }
  return seen;
}

async function lookAtDialogs(): Promise<SeenIn> {
  const seen = nothing();
  const lookAt = async (name: string, dialog: string): Promise<void> => {
    await page.getByRole('dialog', { name: dialog }).waitFor();
    await loaded();
    await look(name, seen);
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
    expect(Object.keys(seen.found)).toEqual(Object.keys(paths));
    expect(wrongIn(seen)).toEqual([]);
  });

  test('axe finds nothing serious in dialogs, palette and key sheet [UIX-14]', async () => {
    dialogs ??= lookAtDialogs();
    const seen = (await dialogs)[colorScheme];
    expect(Object.keys(seen.found)).toHaveLength(6);
    expect(wrongIn(seen)).toEqual([]);
  });

  test('a narrow screen shows everything without scrolling sideways', async () => {
    pages ??= lookAtPages();
    const seen = await pages;
    const { widths } = seen[colorScheme];
    expect(Object.keys({ ...seen.dark.widths, ...seen.light.widths }).sort()).toEqual(Object.keys(paths).sort());
    expect(Object.keys(widths)).toEqual(expect.arrayContaining(Object.keys(paths).filter(isNarrowInBoth)));
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
