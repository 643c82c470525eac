import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import type { Locator, Page } from 'playwright-core';
import { newEndpoint, send, startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

withBrowser('managing endpoints and settings', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let page: Page;

  beforeAll(async () => {
    site = await startDashboard({ stagingHost: 'staging.example.com' });
    visitor = await site.visit();
    ({ page } = visitor);
  });

  afterAll(() => site.stop());

  const open = async (path: string): Promise<void> => {
    await visitor.follow(`${site.url}/dashboard${path}`);
    await page.locator('main h1').waitFor();
  };
  /** Waits until there is nothing left to save. */
  const saved = (): Promise<void> => page.getByRole('button', { name: 'Save', exact: true, disabled: true }).waitFor();
  const endpointOf = async (id: string): Promise<any> => (await site.api.get(`/endpoints/${id}`)).data;

  async function confirm(dialog: string, word: string, button: string): Promise<void> {
    const asked = page.getByRole('dialog', { name: dialog });
    const go = asked.getByRole('button', { name: button, exact: true });
    expect(await go.isDisabled()).toBe(true);
    await asked.getByLabel(`Type ${word} to confirm`).fill(`${word}x`);
    expect(await go.isDisabled()).toBe(true);
    await asked.getByLabel(`Type ${word} to confirm`).fill(word);
    await go.dblclick();
    await asked.waitFor({ state: 'detached' });
  }

  test('a filter that is almost a known event type causes a hint while typing, and is saved unchanged', async () => {
    const verification = { provider: 'github', secrets: ['a secret of github'] };
    const { id } = await newEndpoint(site, { name: 'misspelt', verification });
    const hint = 'pull_reqest.opened is not a known github event type. Did you mean pull_request.opened?';
    await open(`/webhooks/${id}?tab=settings`);
    await page.getByLabel('Event types').fill('push, pull_reqest.opened');
    await page.getByText(hint).waitFor();
    await page.getByLabel('Event types').fill('push, pull_request.opened');
    await page.getByText(hint).waitFor({ state: 'detached' });
    await open(`/webhooks/${id}?tab=destinations`);
    await page.getByRole('button', { name: 'Add destination' }).click();
    const dialog = page.getByRole('dialog', { name: 'New destination' });
    await dialog.getByLabel('URL').fill(site.recorder.url());
    await dialog.getByLabel('Event types').fill('pull_reqest.opened');
    await dialog.getByText(hint).waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await endpointOf(id)).destinations).toMatchObject([{ event_types: ['pull_reqest.opened'] }]);
  });

  test('every setting of an endpoint can be changed', async () => {
    const { id } = await newEndpoint(site, { name: 'settings' });
    await open(`/webhooks/${id}?tab=settings`);
    await page.getByLabel('Name', { exact: true }).fill('settled');
    await page.getByLabel('Description').fill('What it is for.');
    await page.getByLabel('Event types').fill('invoice.*, order.paid');
    await page.getByLabel('Delivery headers').fill('X-Team: billing\nX-Other: a: b');
    await page.getByLabel('Timeout (seconds)').fill('7');
    await page.getByLabel('Concurrency').fill('3');
    await page.getByLabel('Deliveries per second').fill('20');
    await page.getByLabel('Order by').fill('/data/id');
    await page.getByLabel('Retry policy').selectOption('schedule');
    await page.getByLabel('Seconds before each retry').fill('1 60, 3600');
    await page.getByLabel('4xx responses').selectOption('fail');
    await page.getByLabel('Methods').fill('post, put');
    await page.getByLabel(/Forward headers such as/).check();
    await page.getByLabel(/Replace the response/).check();
    await page.getByLabel('Status').fill('202');
    await page.getByLabel('Content type').fill('text/plain');
    await page.getByLabel('Body').fill('[accepted]');
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    expect(await endpointOf(id)).toMatchObject({
      name: 'settled',
      description: 'What it is for.',
      event_types: ['invoice.*', 'order.paid'],
      headers_json: { 'X-Team': 'billing', 'X-Other': 'a: b' },
      timeout_seconds: 7,
      concurrency: 3,
      rate_limit: 20,
      order_by: '/data/id',
      retry: { schedule_seconds: [1, 60, 3600], client_errors: 'fail' },
      methods: ['POST', 'PUT'],
      forward_identity_headers: true,
      acknowledgement: { status: 202, content_type: 'text/plain', body: '[accepted]' },
    });
    await page.getByRole('heading', { name: 'settled' }).waitFor();
    // Change it back, with a value that the server refuses.
    await page.getByLabel('Retry policy').selectOption('exponential');
    await page.getByLabel('Max. attempts').fill('4');
    await page.getByLabel('Delivery headers').fill('no colon');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Write each header as Name: value.').first().waitFor();
    await page.getByLabel('Delivery headers').fill('Host: evil');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Delivery headers').fill('');
    await page.getByLabel('Methods').fill('connect');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('CONNECT cannot be accepted.').first().waitFor();
    await page.getByLabel('Methods').fill('');
    await page.getByLabel(/Forward headers such as/).uncheck();
    await page.getByLabel(/Replace the response/).uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    expect(await endpointOf(id)).toMatchObject({
      headers_json: {},
      retry: { max_attempts: 4 },
      acknowledgement: null,
      methods: null,
      forward_identity_headers: false,
    });
  });

  test('verification shows its terms, its mistakes, and a test event that it accepts', async () => {
    const { id } = await newEndpoint(site, { name: 'verified' });
    await open(`/webhooks/${id}?tab=verification`);
    await page.getByLabel('Provider', { exact: true }).selectOption('github');
    await page.getByLabel('Secrets').fill('first secret\nsecond secret');
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    await page.getByText('Stored: 2 secrets').waitFor();
    expect((await endpointOf(id)).verification).toMatchObject({ provider: 'github', secrets_count: 2 });
    expect(await page.content()).not.toMatch(/first secret|second secret/);
    await page.getByLabel('Provider', { exact: true }).selectOption('custom');
    await page.getByLabel('Secrets').fill('a third secret');
    await page.getByLabel('Settings', { exact: true }).fill('not json');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This must be a JSON object.').first().waitFor();
    await page.getByLabel('Provider', { exact: true }).selectOption('');
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    expect((await endpointOf(id)).verification).toBeNull();
    await page.getByLabel('Provider', { exact: true }).selectOption('github');
    await page.getByLabel('Secrets').fill('the secret');
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    const replaySecrets = async (): Promise<unknown> => (await endpointOf(id)).verification.replay_secrets_last_four;
    await page.getByText('Secrets for re-signed replays').click();
    await page.getByLabel('staging').fill('secret of staging 9876');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Stored: …9876. Leave empty to keep it.').waitFor();
    expect(await replaySecrets()).toEqual({ staging: '9876' });
    await page.getByLabel('Remove').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Stored: …9876. Leave empty to keep it.').waitFor({ state: 'detached' });
    expect(await replaySecrets()).toEqual({});
    await page.getByRole('button', { name: 'Send test event' }).click();
    await page.getByRole('dialog').getByLabel('Event type').fill('push');
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'push' }).waitFor();
    await page.getByRole('tab', { name: 'Verification' }).click();
    await page.getByRole('tabpanel').getByText('verified', { exact: true }).waitFor();
  });

  test('destinations can be added, changed, paused, resumed and deleted', async () => {
    const { id } = await newEndpoint(site, { name: 'fan-out', destination_url: site.recorder.url('/one') });
    await open(`/webhooks/${id}?tab=destinations`);
    await page.getByRole('button', { name: 'Add destination' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('URL').fill('http://169.254.169.254/latest');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('URL').fill(site.recorder.url('/two'));
    await dialog.getByLabel('Name').fill('second');
    await dialog.getByLabel('Event types').fill('order.*');
    await dialog.getByLabel('Timeout (seconds)').fill('5');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'second' });
    await card.waitFor();
    const second = async (): Promise<any> =>
      (await site.api.get(`/endpoints/${id}/destinations`)).data.data.find(({ name }: any) => name === 'second');
    expect(await second()).toMatchObject({
      url: site.recorder.url('/two'),
      event_types: ['order.*'],
      timeout_seconds: 5,
    });
    await card.getByRole('button', { name: 'Pause' }).click();
    await card.getByText('paused: manual').waitFor();
    await card.getByRole('button', { name: 'Resume' }).click();
    await card.getByText('paused: manual').waitFor({ state: 'detached' });
    await card.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Event types').fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await card.getByText('all').waitFor();
    await card.getByRole('button', { name: 'Delete…' }).click();
    await confirm('Delete destination second', 'second', 'Delete');
    await card.waitFor({ state: 'detached' });
    expect(await second()).toBeUndefined();
  });

  test('TLS settings of a destination can be set, kept, replaced and removed, and are shown without the key', async () => {
    const pem = (name: string): string => readFileSync(join(__dirname, '../../../core/src/testing/tls', name), 'utf8');
    const key = pem('client-key.pem');
    const { id } = await newEndpoint(site, { name: 'mutual', destination_url: 'https://127.0.0.1:4999/in' });
    const stored = async (): Promise<any> => (await site.api.get(`/endpoints/${id}/destinations`)).data.data[0];
    await open(`/webhooks/${id}?tab=destinations`);
    const card = page.getByRole('listitem').filter({ hasText: '127.0.0.1:4999' });
    const dialog = page.getByRole('dialog', { name: 'Edit destination' });
    const change = async (): Promise<void> => {
      await card.getByRole('button', { name: 'Edit' }).click();
      await dialog.getByLabel('TLS settings').waitFor();
    };
    const save = (): Promise<void> => dialog.getByRole('button', { name: 'Save' }).click();
    const wrongAt = (label: string): Promise<string> =>
      dialog
        .locator('.field')
        .filter({ has: page.getByLabel(label) })
        .locator('.wrong')
        .innerText();

    await change();
    await dialog.getByLabel('TLS settings').selectOption('add settings');
    await save();
    expect(await wrongAt('TLS settings')).toMatch(/needs certificate and private_key/);
    await dialog.getByLabel('Client certificate').fill(pem('client.pem'));
    await dialog.getByLabel('Private key').fill(pem('other-client-key.pem'));
    await dialog.getByLabel('Certificate authorities').fill('no certificate');
    await save();
    expect(await wrongAt('Private key')).toMatch(/does not belong/);
    expect(await wrongAt('Certificate authorities')).toMatch(/must be one or more certificates in PEM/);
    // The key is masked while typing, and valid input stays unchanged.
    expect(await dialog.getByLabel('Private key').getAttribute('class')).toBe('masked');
    expect(await dialog.getByLabel('Client certificate').inputValue()).toBe(pem('client.pem'));
    await dialog.getByLabel('Private key').fill(key);
    await dialog.getByLabel('Certificate authorities').fill(pem('authority.pem'));
    await save();
    await dialog.waitFor({ state: 'detached' });

    const { tls } = await stored();
    await card.getByText(tls.certificate.fingerprint).waitFor();
    expect(await card.innerText()).toMatch(/CN=Paggio client.*issued by CN=Paggio test authority.*expires 2126-/);
    expect(await card.getByText(tls.certificate_authorities[0].fingerprint).isVisible()).toBe(true);
    expect(await page.content()).not.toContain(key.split('\n')[1]);

    // Without a choice they stay, even when another setting changes.
    await change();
    await dialog.getByText(tls.certificate.fingerprint).waitFor();
    expect(await dialog.getByLabel('Private key').count()).toBe(0);
    await dialog.getByLabel('Name').fill('renamed');
    await save();
    await dialog.waitFor({ state: 'detached' });
    expect(await stored()).toMatchObject({ name: 'renamed', tls });
    await change();
    await dialog.getByLabel('URL').fill('http://127.0.0.1:4999/in');
    await save();
    expect(await wrongAt('TLS settings')).toMatch(/https URL/);
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await change();
    await dialog.getByLabel('TLS settings').selectOption('replace all settings');
    await dialog.getByLabel('Certificate authorities').fill(pem('authority.pem'));
    await save();
    await dialog.waitFor({ state: 'detached' });
    expect((await stored()).tls).toEqual({ ...tls, certificate: null });
    await change();
    await dialog.getByLabel('TLS settings').selectOption('remove all settings');
    await save();
    await dialog.waitFor({ state: 'detached' });
    expect(await stored()).not.toHaveProperty('tls');
    await card.getByText('Certificate authority').waitFor({ state: 'detached' });
  });

  test('pausing, rotating and deleting an endpoint ask for its name [UIX-09, UIX-12]', async () => {
    const { id, webhook_url: url } = await newEndpoint(site, {
      name: 'precious',
      destination_url: site.recorder.url(),
    });
    const secret = async (): Promise<string> => (await site.api.get(`/endpoints/${id}/secret`)).data.secret;
    await open(`/webhooks/${id}`);
    await page.getByRole('button', { name: 'Pause…' }).click();
    await confirm('Pause precious', 'precious', 'Pause');
    await page.getByText('paused: manual').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('paused: manual').waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Secret' }).click();
    const before = await secret();
    // The secret is masked, then shown, and viewing it is recorded.
    expect(await page.content()).not.toContain(before);
    await page.getByRole('button', { name: 'Reveal' }).click();
    await page.getByRole('button', { name: 'Show the secret' }).click();
    await page.getByText(before).waitFor();
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage, location.href])')).not.toContain(before);
    const { data } = (await site.api.get(`/audit?object_id=${id}`)).data;
    expect(data.map(({ action }: { action: string }) => action)).toContain('secret.revealed');
    await page.getByRole('button', { name: 'Rotate…' }).click();
    await confirm('Rotate the secret of precious', 'precious', 'Rotate');
    await page.getByText('This is the new secret.').waitFor();
    expect(await secret()).not.toBe(before);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await confirm('Delete precious', 'precious', 'Delete');
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
    expect((await axios.post(url, '{}', { validateStatus: () => true })).status).toBe(410);
  });

  test('a bulk replay shows its count, asks for it, and is made once [UIX-12]', async () => {
    const { id } = await newEndpoint(site, { name: 'bulk', destination_url: site.recorder.url('/bulk') });
    for (let n = 0; n < 5; n++)
      await send({ webhook_url: (await endpointOf(id)).webhook_url }, `{"type":"bulk.${n % 2}"}`);
    await open(`/events?endpoint_id=${id}&event_type=bulk.0`);
    await page.getByText('3 matching').waitFor();
    await page.getByRole('button', { name: 'Replay these…' }).click();
    await confirm('Replay 3 events', '3', 'Replay 3');
    await page.getByRole('heading', { name: 'Bulk replays' }).waitFor();
    await page.getByText('3 delivered').waitFor();
    expect((await site.api.get('/replays')).data.data).toHaveLength(1);
    expect((await site.api.get(`/events?endpoint_id=${id}`)).data.meta.total).toBe(8);
  });

  test('filters are in the address, and a page at that address shows the same', async () => {
    await open('/events');
    await page.getByLabel('Status').selectOption('captured');
    await page.getByLabel('Event type, exact').fill('bulk.*');
    await page.waitForURL(/status=captured.*event_type=bulk/);
    await page.getByText('No events match these filters').waitFor();
    await page.getByLabel('Status').selectOption('delivered');
    await page.getByText('8 matching').waitFor();
    await page.getByLabel('Time').selectOption({ label: 'last hour' });
    await page.waitForURL(/since=/);
    await page.reload();
    await page.getByText('8 matching').waitFor();
    expect(await page.getByLabel('Event type, exact').inputValue()).toBe('bulk.*');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL(/\/events$/);
  });

  test('a key is created with the chosen settings, shown once and revoked', async () => {
    await open('/settings');
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog', { name: 'New key' });
    await dialog.getByLabel('Name').fill('reader');
    await dialog.getByLabel('Mode', { exact: true }).selectOption('test');
    await dialog.getByRole('checkbox', { name: /^write/ }).uncheck();
    await dialog.getByRole('checkbox', { name: /^ingest/ }).uncheck();
    await dialog.getByLabel('Expires').fill('2099-01-02T03:04');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    const made = page.getByRole('dialog', { name: 'Key created' });
    const key = await visitor.copied(async () => {
      await made.getByRole('button', { name: 'Copy the key' }).click();
      await page.getByText('Copied the key').waitFor();
    });
    expect(key).toMatch(/^pk_test_/);
    expect(await page.content()).not.toContain(key);
    await made.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('row').filter({ hasText: 'reader' });
    expect(await row.textContent()).toMatch(/pk_test_.*testread.*2099-01-02/);
    const reader = axios.create({ headers: { authorization: `Bearer ${key}` }, validateStatus: () => true });
    expect((await reader.get(`${site.url}/api/v1/events`)).status).toBe(200);
    await row.getByRole('button', { name: 'Revoke…' }).click();
    await confirm('Revoke reader', key.slice(0, 12), 'Revoke');
    await row.waitFor({ state: 'detached' });
    expect((await reader.get(`${site.url}/api/v1/events`)).status).toBe(401);
  });

  test('notifications can be set, tested with the channel, left unchanged and removed', async () => {
    await open('/settings?tab=notifications');
    await page.getByLabel('Notify Slack').check();
    const url = site.recorder.url('/slack/secret-part');
    await page.getByRole('group', { name: 'Slack' }).getByLabel('URL').fill(url);
    await page
      .getByRole('group', { name: 'Slack' })
      .getByLabel(/a delivery fails for good/)
      .uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    await page.getByText(/^Stored: /).waitFor();
    expect(await page.content()).not.toContain('secret-part');
    await page.getByLabel('Alert after (minutes)').fill('45');
    await page.getByRole('button', { name: 'Send a test message to Slack' }).click();
    await page.getByText(/^200 in/).waitFor();
    await page
      .getByRole('group', { name: 'Slack' })
      .getByLabel(/a delivery succeeds/)
      .check();
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    expect((await site.api.get('/notifications')).data).toEqual({
      slack: {
        url: expect.not.stringContaining('secret-part'),
        triggers: ['unhealthy', 'failing', 'recovered', 'paused', 'storage', 'delivered'],
      },
      discord: null,
      teams: null,
      failing_after_minutes: 45,
    });
    const workflow =
      '/workflows/0f/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sig=secret-part';
    await page.getByLabel('Notify Microsoft Teams').check();
    await page.getByRole('group', { name: 'Microsoft Teams' }).getByLabel('URL').fill(site.recorder.url(workflow));
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    await page.getByRole('button', { name: 'Send a test message to Microsoft Teams' }).click();
    await page
      .getByRole('group', { name: 'Microsoft Teams' })
      .getByText(/^200 in/)
      .waitFor();
    expect(site.recorder.requests.at(-1)?.url).toBe(workflow);
    expect(await page.content()).not.toContain('secret-part');
    await page.getByLabel('Notify Slack').uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    expect((await site.api.get('/notifications')).data.slack).toBeNull();
  });

  test('the audit log shows who did what, and the changes', async () => {
    await open('/settings?tab=audit');
    await page.getByLabel('Action').selectOption('endpoint.updated');
    await page
      .getByText('pause_reason, paused_at, status')
      .or(page.getByText(/status/))
      .first()
      .waitFor();
    await page.getByRole('group').or(page.locator('details')).first().click();
    await page.locator('.changes').first().waitFor();
  });

  test('the system page shows the state of the server', async () => {
    await open('/settings?tab=system');
    await page.getByText('Events are kept forever.').waitFor();
    await page.getByText('staging.example.com').waitFor();
    await page.getByText(/migration \d+/).waitFor();
  });

  test('an event can be cancelled, and shows it', async () => {
    site.recorder.behaviour = (_request, response) => void response.writeHead(503).end();
    const endpoint = await newEndpoint(site, { name: 'down', destination_url: site.recorder.url('/down') });
    const id = await send(endpoint, '{"type":"lost"}');
    await open(`/events/${id}?tab=attempts`);
    await page.getByText('Attempt 1', { exact: true }).waitFor();
    await page.getByText(/^Next attempt/).waitFor();
    await page.getByRole('button', { name: 'Cancel pending deliveries…' }).click();
    await confirm('Cancel pending deliveries', 'cancel', 'Cancel deliveries');
    await page.locator('.pill').getByText('cancelled').waitFor();
    expect((await site.api.get(`/events/${id}`)).data.status_reason).toBe('cancelled');
  });

  test('an event can be replayed to a chosen URL, and a forbidden URL is explained', async () => {
    site.recorder.behaviour = (_request, response) => void response.writeHead(200).end('{}');
    const endpoint = await newEndpoint(site, { name: 'env', destination_url: site.recorder.url('/env?x=1') });
    await open(`/events/${await send(endpoint, '{"type":"env"}')}`);
    const panel = page.getByRole('complementary', { name: 'Replay' });
    await panel.getByText('custom').click();
    await panel.getByLabel('Custom URL').fill('http://169.254.169.254/');
    await panel.getByRole('button', { name: 'Replay R' }).click();
    await panel.getByRole('alert').waitFor();
    await panel.getByLabel('Custom URL').fill(site.recorder.url('/custom'));
    await panel.getByRole('button', { name: 'Replay R' }).click();
    await panel.getByText('delivered: 200').waitFor();
    expect(site.recorder.requests.at(-1)?.url).toBe('/custom');
  });

  test("other people's changes do not remove what somebody is typing", async () => {
    const { id } = await newEndpoint(site, { name: 'shared' });
    await open(`/webhooks/${id}?tab=settings`);
    await page.getByLabel('Description').fill('half a sent');
    await site.api.patch(`/endpoints/${id}`, { name: 'renamed', timeout_seconds: 33 });
    await page.getByRole('button', { name: 'Pause…' }).click();
    await confirm('Pause shared', 'shared', 'Pause');
    await page.getByRole('heading', { name: 'renamed' }).waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe('half a sent');
    await page.getByLabel('Description').fill('half a sentence');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Name: now renamed, before shared').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await saved();
    // Their changes are not reverted either.
    expect(await endpointOf(id)).toMatchObject({
      name: 'renamed',
      timeout_seconds: 33,
      description: 'half a sentence',
    });
  });

  describe('when two people edit the same settings, the second is warned and nothing is lost', () => {
    const warning = 'Someone else has changed this since you opened it';
    const saveIn = (of: Page | Locator): Promise<void> => of.getByRole('button', { name: 'Save', exact: true }).click();
    const savedIn = (of: Page): Promise<void> =>
      of.getByRole('button', { name: 'Save', exact: true, disabled: true }).waitFor();

    test('for an endpoint, in two browsers', async () => {
      const { id } = await newEndpoint(site, { name: 'theirs', timeout_seconds: 30 });
      // Pages share nothing of a form, so two windows do what two browsers do. The full check has two browsers.
      const other = process.env['PAGGIO_FULL'] ? (await site.visit()).page : await visitor.tab();
      const address = `${site.url}/dashboard/webhooks/${id}?tab=settings`;
      await visitor.follow(address);
      await other.goto(address);
      for (const one of [page, other]) await one.getByLabel('Description').waitFor();
      await other.getByLabel('Name', { exact: true }).fill('renamed');
      await other.getByLabel('Timeout (seconds)').fill('20');
      await saveIn(other);
      await savedIn(other);

      await page.getByLabel('Description').fill('of the slower one');
      await page.getByLabel('Timeout (seconds)').fill('9');
      await saveIn(page);
      const note = page.getByRole('alert').filter({ hasText: warning });
      await note.waitFor();
      expect(await note.getByRole('listitem').allInnerTexts()).toEqual([
        'Name: now renamed, before theirs',
        'Timeout (seconds): now 20, before 30',
      ]);
      expect(await endpointOf(id)).toMatchObject({ name: 'renamed', description: null, timeout_seconds: 20 });
      const value = (of: Page, label: string): Promise<string> => of.getByLabel(label, { exact: true }).inputValue();
      expect([
        await value(page, 'Name'),
        await value(page, 'Description'),
        await value(page, 'Timeout (seconds)'),
      ]).toEqual(['renamed', 'of the slower one', '9']);
      await saveIn(page);
      await note.waitFor({ state: 'detached' });
      await savedIn(page);
      const applied = { name: 'renamed', description: 'of the slower one', timeout_seconds: 9 };
      expect(await endpointOf(id)).toMatchObject(applied);

      // Now the other browser is second, and discards its change.
      await other.getByLabel('Description').fill('something else');
      await saveIn(other);
      await other.getByText(warning).waitFor();
      await other.getByRole('button', { name: 'Discard my changes' }).click();
      await other.getByText(warning).waitFor({ state: 'detached' });
      expect([await value(other, 'Description'), await value(other, 'Timeout (seconds)')]).toEqual([
        'of the slower one',
        '9',
      ]);
      await savedIn(other);
      expect(await endpointOf(id)).toMatchObject(applied);

      // A change of something that the form does not show is no reason to ask.
      await site.api.patch(`/endpoints/${id}`, { status: 'PAUSED' });
      await other.getByLabel('Description').fill('after a pause');
      await saveIn(other);
      await savedIn(other);
      expect(await endpointOf(id)).toMatchObject({ description: 'after a pause', status: 'PAUSED' });
      await other.close();
    });

    test('for a destination', async () => {
      const { id } = await newEndpoint(site, { name: 'to', destination_url: site.recorder.url('/shared') });
      await open(`/webhooks/${id}?tab=destinations`);
      await page.getByRole('button', { name: 'Edit' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Event types').fill('order.*');
      const [destination] = (await endpointOf(id)).destinations;
      await site.api.patch(`/endpoints/${id}/destinations/${destination.id}`, {
        name: 'renamed',
        retry: { max_attempts: 3 },
      });
      await saveIn(dialog);
      await dialog.getByText(warning).waitFor();
      expect((await dialog.getByRole('listitem').allInnerTexts())[0]).toBe('Name: now renamed, before default');
      expect((await dialog.getByRole('listitem').allInnerTexts())[1]).toMatch(
        /^Retries: now 3 attempts.*before default$/,
      );
      await saveIn(dialog);
      await dialog.waitFor({ state: 'detached' });
      expect((await endpointOf(id)).destinations).toMatchObject([
        { name: 'renamed', event_types: ['order.*'], retry: { max_attempts: 3 } },
      ]);
    });

    test('for a verification, even if secrets are too short to show any part of them', async () => {
      const verifiedBy = (secret: string) => ({ verification: { provider: 'github', secrets: [secret] } });
      const { id } = await newEndpoint(site, { name: 'v', ...verifiedBy('short one') });
      const stored = async (): Promise<string[]> => (await endpointOf(id)).verification.secrets_last_four;
      const note = page.getByRole('alert').filter({ hasText: warning });
      await open(`/webhooks/${id}?tab=verification`);
      await page.getByLabel('Secrets').fill('a secret of mine 3333');
      await site.api.patch(`/endpoints/${id}`, verifiedBy('short two'));
      await saveIn(page);
      await note.getByText('Nothing on this page has changed.').waitFor();
      expect(await stored()).toEqual(['****']);
      expect(await page.getByLabel('Secrets').inputValue()).toBe('a secret of mine 3333');
      await saveIn(page);
      await savedIn(page);
      expect(await stored()).toEqual(['3333']);

      await page.getByLabel('Secrets').fill('a secret of mine 4444');
      await site.api.patch(`/endpoints/${id}`, verifiedBy('a secret of theirs 2222'));
      await saveIn(page);
      await note.waitFor();
      expect(await note.getByRole('listitem').allInnerTexts()).toEqual(['Secrets: now 1 …2222, before 1 …3333']);
      await saveIn(page);
      await savedIn(page);
      expect(await stored()).toEqual(['4444']);
    });

    test('for the notifications', async () => {
      const url = site.recorder.url('/services/T00000000/B00000000/secret');
      await site.api.put('/notifications', { slack: { url, triggers: ['failed'] } });
      await open('/settings?tab=notifications');
      await page.getByLabel('Notify Discord').check();
      await page.getByRole('group', { name: 'Discord' }).getByLabel('URL').fill(site.recorder.url('/discord'));
      await site.api.put('/notifications', { slack: { triggers: ['paused'] } });
      await saveIn(page);
      await page.getByText(warning).waitFor();
      expect(await page.getByRole('alert').getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringMatching(/^Slack: now .*cret, when paused, before .*when failed$/),
      ]);
      expect((await site.api.get('/notifications')).data).toMatchObject({
        slack: { triggers: ['paused'] },
        discord: null,
      });
      await saveIn(page);
      await savedIn(page);
      expect((await site.api.get('/notifications')).data).toMatchObject({
        slack: { triggers: ['paused'] },
        discord: { url: expect.any(String) },
      });
    });
  });
});
