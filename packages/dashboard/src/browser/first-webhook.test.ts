import Stripe from 'stripe';
import axios from 'axios';
import { startDashboard, type DashboardSite } from '../testing/dashboard-site';
import { withBrowser, type Visitor } from '../testing/visitor';

const SECRET = 'whsec_of_the_first_webhook';

withBrowser('the first webhook, from the endpoint to its replay', () => {
  let site: DashboardSite;
  let visitor: Visitor;
  let webhookUrl: string;

  beforeAll(async () => {
    site = await startDashboard();
    visitor = await site.visit();
  });

  afterAll(async () => {
    await visitor.shoot('first-webhook');
    await site.stop();
  });

  test('an empty dashboard says what to do', async () => {
    const { page } = visitor;
    await page.getByText('No endpoints yet').waitFor();
    await page.getByRole('link', { name: 'Create one' }).click();
    await page.getByRole('dialog', { name: 'New endpoint' }).waitFor();
  });

  test('a new endpoint shows its secret once, masked', async () => {
    const { page } = visitor;
    await page.getByLabel('Name').fill('stripe-prod');
    await page.getByLabel('Deliver to').fill(site.recorder.url());
    await page.getByLabel('Provider').selectOption('stripe');
    await page.getByLabel('Secrets').fill(SECRET);
    await page.getByRole('button', { name: 'Create endpoint' }).dblclick();
    const made = page.getByRole('dialog', { name: 'Endpoint created' });
    await made.waitFor();
    const { data } = (await site.api.get('/endpoints')).data;
    // A double click makes only one.
    expect(data.map(({ name }: { name: string }) => name)).toEqual(['stripe-prod']);
    webhookUrl = data[0].webhook_url;
    expect(webhookUrl).toContain(`${site.url}/api/webhook/stripe-prod-`);
    await made.getByText(webhookUrl, { exact: true }).waitFor();
    const secret = (await site.api.get(`/endpoints/${data[0].id}/secret`)).data.secret;
    expect(await page.content()).not.toContain(secret);
    await made.getByRole('button', { name: 'Show the secret' }).click();
    await made.getByText(secret).waitFor();
    await made.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain(secret);
  });

  test('a webhook signed by Stripe appears on the open page and is delivered', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('No events yet').waitFor();
    // The curl line contains the real URL.
    await page.getByText(webhookUrl).waitFor();
    const payload = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'invoice.paid',
      data: { object: { amount: 2000 } },
    });
    const stripe = new Stripe('sk_test_x');
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    expect((await axios.post(webhookUrl, payload, { headers })).status).toBe(200);
    const row = page.getByRole('row').filter({ hasText: 'invoice.paid' });
    await row.waitFor();
    await row.getByText('delivered').waitFor();
    expect(site.recorder.requests.map(({ body }) => String(body))).toEqual([payload]);
    await site.recorder.received(1);
  });

  test('j and Enter open the event, R replays it, and the history has both attempts', async () => {
    const { page } = visitor;
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'invoice.paid' }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/hooks\/dashboard\/events\/[0-9a-f-]{36}$/);
    const history = page.locator('.history').getByRole('listitem');
    await page.getByText('Not replayed yet.').waitFor();
    await page.keyboard.press('r');
    await history.first().getByText('200').waitFor();
    await site.recorder.received(2);
    site.recorder.behaviour = (_request, response) => void response.writeHead(503).end('{"down": true}');
    await page.keyboard.press('R');
    await history.nth(1).waitFor();
    expect(await history.first().textContent()).toMatch(/503.*ms/);
    expect(await history.nth(1).textContent()).toMatch(/200.*ms/);
    // A replay does not change the event.
    await page.getByText('delivered', { exact: true }).waitFor();
    expect(
      site.recorder.requests
        .map(({ body }) => String(body))
        .every((body) => body === String(site.recorder.requests[0]?.body)),
    ).toBe(true);
  });

  test('an event delivered again as a new event and the original name each other', async () => {
    const { page } = visitor;
    site.recorder.behaviour = (_request, response) => void response.writeHead(200).end();
    await page.getByRole('button', { name: 'Deliver as a new event' }).click();
    await page.getByText('Replayed as').waitFor();
    const old = new URL(page.url()).pathname.split('/').at(-1) as string;
    await page
      .locator('.event-main')
      .getByRole('link', { name: /[0-9a-f-]{36}/ })
      .click();
    await page.getByText('Replay of').waitFor();
    await page.getByRole('link', { name: old }).waitFor();
  });
});
