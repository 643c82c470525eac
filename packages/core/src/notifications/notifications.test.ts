import {
  drained,
  owner,
  passAlertTime,
  query,
  Recorder,
  capture,
  settled,
  startGateway,
  until,
  type TestGateway,
} from '../testing';
import { messageOf } from './message';
import { channels, type Alert, type Trigger } from './notification';

let gateway: TestGateway;
let slack: Recorder;
let discord: Recorder;
let teams: Recorder;
let destination: Recorder;
let healthy = true;

beforeAll(async () => {
  gateway = await startGateway();
  slack = await Recorder.start((_request, response) => void response.writeHead(200).end('ok'));
  discord = await Recorder.start((_request, response) => void response.writeHead(204).end());
  teams = await Recorder.start((_request, response) => void response.writeHead(202).end());
  destination = await Recorder.start((_request, response) => void response.writeHead(healthy ? 200 : 404).end());
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([slack.stop(), discord.stop(), teams.stop(), destination.stop()]);
});

const textOf = (recorder: Recorder, index = -1): string => {
  const body = JSON.parse(recorder.requests.at(index)?.body.toString() ?? '{}') as { text?: string; content?: string };
  return body.text ?? body.content ?? '';
};

/** A URL in the format of Power Automate. */
const WORKFLOW =
  '/powerautomate/automations/direct/workflows/0f/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=secret';

interface TeamsMessage {
  type: string;
  attachments: { contentType: string; content: { type: string; version: string; body: CardElement[] } }[];
}
interface CardElement {
  type: string;
  text?: string;
  inlines?: { type: string; text: string; weight?: string }[];
}

const cardOf = (message: unknown): TeamsMessage['attachments'][number]['content'] => {
  const { attachments, type } = message as TeamsMessage;
  expect([type, attachments.map(({ contentType }) => contentType)]).toEqual([
    'message',
    ['application/vnd.microsoft.card.adaptive'],
  ]);
  return attachments[0]?.content as TeamsMessage['attachments'][number]['content'];
};
const linesOf = (message: unknown): string[] =>
  cardOf(message).body.map(({ text, inlines }) => text ?? inlines?.map((run) => run.text).join('') ?? '');

async function subscribe(triggers: Trigger[]): Promise<void> {
  await gateway.paggio.admin.notifications.put(owner, {
    slack: { url: slack.url('/services/T/B/secret'), triggers },
    discord: { url: discord.url('/api/webhooks/1/secret'), triggers },
    teams: { url: teams.url(WORKFLOW), triggers },
  });
}

/** Sends the due alerts, after the times for gathering and quiet have passed. */
async function sendAlerts(): Promise<void> {
  await gateway.paggio.admin.stats.read(owner);
  await passAlertTime(gateway.database);
  await gateway.runPeriodicWork('notify');
  await passAlertTime(gateway.database);
  await gateway.runPeriodicWork('notify');
}

async function send({ id, slug }: { id: string; slug: string }, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => capture(gateway.paggio, slug, '{}')));
  await drained(gateway, id);
}

test('an outage causes one message for each channel and not a thousand; later failures wait and are counted', async () => {
  await subscribe(['failed', 'unhealthy', 'recovered']);
  const make = (name: string) =>
    gateway.paggio.admin.endpoints.create(owner, {
      name,
      destinationUrl: destination.url(),
      retry: { maxAttempts: 1 },
    });
  const [one, two] = [(await make('orders <!channel> & *co*')).endpoint, (await make('users')).endpoint];
  healthy = false;
  await send(one, 60);
  await send(two, 10);
  await sendAlerts();
  expect([slack.requests.length, discord.requests.length, teams.requests.length]).toEqual([1, 1, 1]);
  expect(textOf(slack)).toContain('*orders &lt;!channel&gt; &amp;  co *: 60 events could not be delivered.');
  expect(textOf(slack)).toContain('*users*: 10 events could not be delivered.');
  expect(textOf(slack)).toContain('unhealthy: fewer than half');
  expect(textOf(discord)).toContain('**orders \\<!channel\\> & \\*co\\***');
  expect(JSON.parse(discord.requests[0]?.body.toString() ?? '')).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(slack.requests[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  expect(teams.requests[0]).toMatchObject({ method: 'POST', url: WORKFLOW });
  expect(linesOf(JSON.parse(teams.requests[0]?.body.toString() ?? ''))).toEqual([
    'Paggio',
    expect.stringMatching(/^(orders|users).*: unhealthy: fewer than half/),
    expect.stringMatching(/^(orders|users).*: unhealthy: fewer than half/),
    expect.stringMatching(/^orders ‹!channel› & \*co\*: 60 events could not be delivered\. \(last: [0-9a-f-]{36}\)$/),
    expect.stringMatching(/^users: 10 events could not be delivered\./),
  ]);

  // There is no second message about the same trigger within the quiet time.
  await send(one, 5);
  await gateway.paggio.admin.stats.read(owner);
  const [quiet] = await query(
    gateway.database.url,
    `select count, due_at > now() + interval '10 minutes' as later from paggio.alerts where endpoint_id = '${one.id}' and trigger = 'failed'`,
  );
  expect(quiet).toEqual({ count: 5, later: true });
  await sendAlerts();
  expect(textOf(slack)).toContain('5 events could not be delivered.');

  healthy = true;
  await send(one, 100);
  await send(two, 100);
  await sendAlerts();
  expect(textOf(slack)).toMatch(/\*users\*: recovered\./);
  const said = slack.requests.length;
  await sendAlerts();
  expect(slack.requests.length).toBe(said);
});

test('an outage of a destination is reported once after the minutes that the user chose, and so is its end', async () => {
  const { paggio, database } = gateway;
  const triggers: Trigger[] = ['failing', 'recovered'];
  await paggio.admin.notifications.put(owner, { slack: { url: slack.url('/services/T/B/secret'), triggers } });
  expect((await paggio.admin.notifications.get(owner)).failingAfterMinutes).toBe(5);
  await paggio.admin.notifications.put(owner, { slack: { triggers }, failingAfterMinutes: 30 });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'down',
    destinationUrl: destination.url(),
    retry: { maxAttempts: 1 },
  });
  const began = (ago: string): Promise<unknown> =>
    query(
      database.url,
      `update paggio.destinations set failing_since = now() - interval '${ago}' where endpoint_id = '${endpoint.id}'`,
    );
  const said = (): string[] => slack.requests.slice(before).map((_one, index) => textOf(slack, before + index));
  const before = slack.requests.length;
  healthy = false;
  await send(endpoint, 6);
  await began('29 minutes');
  await sendAlerts();
  expect(said()).toEqual([]);
  await began('31 minutes');
  await sendAlerts();
  expect(said()).toEqual([
    expect.stringMatching(
      /^Paggio\n\*down\*: a destination is failing\. default has delivered nothing since \d{4}-\d\d-\d\d \d\d:\d\d UTC: 6 attempts failed in a row\.$/,
    ),
  ]);
  await send(endpoint, 3);
  await sendAlerts();
  expect(said()).toHaveLength(1);
  healthy = true;
  await send(endpoint, 1);
  await sendAlerts();
  await sendAlerts();
  expect(said()).toHaveLength(2);
  expect(said()[1]).toMatch(/\*down\*: recovered\. default delivers again\. It had been failing since \d{4}-.* UTC\./);
  // The next outage is a new one. A changed URL ends it, but does not count as a recovery.
  healthy = false;
  await send(endpoint, 6);
  await began('31 minutes');
  await sendAlerts();
  expect(said()).toHaveLength(3);
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: destination.url('/other') });
  healthy = true;
  await send(endpoint, 1);
  await sendAlerts();
  expect(said()).toHaveLength(3);
});

test('a pause by Paggio is reported once with its reason, and a pause by a user is not', async () => {
  await subscribe(['paused']);
  const gone = await Recorder.start((_request, response) => void response.writeHead(410).end());
  const make = (name: string) => gateway.paggio.admin.endpoints.create(owner, { name, destinationUrl: gone.url() });
  const [paused, manual] = [(await make('gone')).endpoint, (await make('manual')).endpoint];
  await gateway.paggio.admin.endpoints.update(owner, manual.id, { status: 'PAUSED' });
  const before = slack.requests.length;
  await capture(gateway.paggio, paused.slug, '{}');
  await until(gateway.paggio, async () =>
    (await gateway.paggio.admin.endpoints.get(owner, paused.id)).status === 'PAUSED' ? true : undefined,
  );
  await sendAlerts();
  expect(slack.requests.length).toBe(before + 1);
  expect(textOf(slack)).toContain('*gone*: a destination was paused. default:');
  expect(textOf(slack)).not.toContain('manual');
  await sendAlerts();
  expect(slack.requests.length).toBe(before + 1);
  await gone.stop();
});

test("a message that does not arrive is sent again, and another user's events are not reported", async () => {
  await subscribe(['delivered']);
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'again',
    destinationUrl: destination.url(),
  });
  const stranger = { userId: 'user-2', mode: 'live' as const };
  const theirs = (
    await gateway.paggio.admin.endpoints.create(stranger, { name: 'theirs', destinationUrl: destination.url() })
  ).endpoint;
  const id = await capture(gateway.paggio, theirs.slug, '{}');
  await settled(gateway.paggio, stranger, id);
  await send(endpoint, 3);
  let refused = 0;
  slack.behaviour = (_request, response) => void response.writeHead(++refused <= 2 ? 503 : 200).end();
  const before = slack.requests.length;
  await sendAlerts();
  await sendAlerts();
  expect(slack.requests.length - before).toBe(3);
  expect(textOf(slack)).toContain('*again*: 3 events delivered.');
  expect(slack.requests.every((request) => !request.body.includes('theirs'))).toBe(true);
  slack.behaviour = (_request, response) => void response.writeHead(200).end();
});

test('each channel gets what it asked for, even if no other channel asked for it', async () => {
  const { paggio } = gateway;
  const all = { slack: slack.url('/s'), discord: discord.url('/d'), teams: teams.url(WORKFLOW) };
  const name = (asking: string): string => `asked by ${asking}`;
  const said = (): string[] =>
    [slack, discord, teams].map(({ requests }) => requests.map(({ body }) => body.toString()).join('\n'));
  for (const channel of channels) {
    await paggio.admin.notifications.put(owner, { [channel]: { url: all[channel], triggers: ['delivered'] } });
    const input = { name: name(channel), destinationUrl: destination.url() };
    const { endpoint } = await paggio.admin.endpoints.create(owner, input);
    await send(endpoint, 1);
    await sendAlerts();
  }
  expect(said().map((text) => channels.filter((channel) => text.includes(name(channel))))).toEqual([
    ['slack'],
    ['discord'],
    ['teams'],
  ]);
});

test('a test message reports its result; URLs are sealed, and private addresses refused', async () => {
  await subscribe(['delivered']);
  expect(await gateway.paggio.admin.notifications.test(owner, 'slack')).toMatchObject({
    delivered: true,
    responseStatus: 200,
  });
  expect(textOf(slack)).toContain('This is a test');
  expect(await gateway.paggio.admin.notifications.test(owner, 'teams')).toMatchObject({
    delivered: true,
    responseStatus: 202,
  });
  expect(linesOf(JSON.parse(teams.requests.at(-1)?.body.toString() ?? ''))).toEqual([
    'Paggio',
    expect.stringContaining('This is a test'),
  ]);
  const rows = JSON.stringify(await query(gateway.database.url, 'select * from paggio.notifications'));
  expect(rows).not.toContain('secret');
  for (const channel of channels) {
    const put = gateway.paggio.admin.notifications.put(owner, {
      [channel]: { url: 'http://10.0.0.1/x', triggers: ['failed'] },
    });
    await expect(put).rejects.toMatchObject({
      code: 'DESTINATION_NOT_ALLOWED',
      details: [{ field: `${channel}.url` }],
    });
  }
  await gateway.paggio.admin.notifications.put(owner, { slack: { triggers: ['failed'] }, discord: null });
  await expect(gateway.paggio.admin.notifications.test(owner, 'discord')).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
  });
});

test('settings without a channel are refused and change nothing; null, or settings for others only, switch a channel off', async () => {
  await subscribe(['failed']);
  const { notifications } = gateway.paggio.admin;
  const before = await notifications.get(owner);
  for (const input of [{}, { failingAfterMinutes: 10 }, { slack: undefined, discord: undefined }]) {
    await expect(notifications.put(owner, input)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      hint: expect.stringContaining('null switches one off'),
      details: [{ field: 'slack' }, { field: 'discord' }, { field: 'teams' }],
    });
  }
  expect(await notifications.get(owner)).toEqual(before);
  expect(await notifications.put(owner, { slack: { triggers: ['failed'] } })).toMatchObject({
    slack: { triggers: ['failed'] },
    discord: null,
    teams: null,
  });
  await expect(notifications.put(owner, { teams: { triggers: ['failed'] } })).rejects.toMatchObject({
    details: [{ field: 'teams.url' }],
  });
  expect(await notifications.put(owner, { slack: null })).toMatchObject({ slack: null, discord: null, teams: null });
});

test('a message lists ten alerts, counts the rest, and stays short', () => {
  const alert = (n: number): Alert => ({
    endpointId: '',
    endpointName: `e${n}`.padEnd(300, 'x'),
    trigger: 'failed',
    count: n,
    firstAt: new Date(),
    lastAt: new Date(),
    eventId: null,
    detail: '@everyone '.repeat(100),
  });
  const message = messageOf(
    Array.from({ length: 50 }, (_, n) => alert(n)),
    'discord',
  ) as { content: string };
  expect(message.content.length).toBeLessThanOrEqual(2_000);
  expect(message.content).toContain('e49');
  const short = messageOf(
    Array.from({ length: 12 }, (_, n) => ({ ...alert(n), endpointName: `e${n}`, detail: null })),
    'slack',
  );
  expect((short as { text: string }).text).toContain('and 2 more alerts.');
});

const alert: Alert = {
  endpointId: '',
  endpointName: 'orders',
  trigger: 'paused',
  count: 1,
  firstAt: new Date(),
  lastAt: new Date(),
  eventId: null,
  detail: null,
};

test('in a card for Teams foreign text cannot become a link, a mention, a function, formatting or a line', () => {
  const hostile = [
    '[open](https://evil.example)',
    '<at>everyone@example.com</at>',
    '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
    '${secret}',
    '<a href="https://evil.example">x</a>',
    'one\r\ntwo\u0000',
  ].join(' ');
  for (const text of [
    { endpointName: hostile.slice(0, 80) },
    { endpointName: hostile.slice(60, 140) },
    { detail: hostile },
  ]) {
    const { body } = cardOf(messageOf([{ ...alert, ...text }], 'teams'));
    // A RichTextBlock does not read Markdown, so its runs stay as they are.
    expect(body.map(({ type }) => type)).toEqual(['TextBlock', 'RichTextBlock']);
    const runs = body[1]?.inlines ?? [];
    expect(runs.map((run) => Object.keys(run).sort())).toEqual([
      ['text', 'type', 'weight'],
      ['text', 'type'],
    ]);
    for (const run of runs) expect(run.text).not.toMatch(/[<>[\]{}\p{Cc}]/u);
  }
  const { body } = cardOf(messageOf([{ ...alert, detail: 'my_queue *was* [full](now) at 5 > 3' }], 'teams'));
  expect(body[1]?.inlines?.[1]?.text).toBe(': a destination was paused. my_queue *was* (full)(now) at 5 › 3');
});

test('the longest message stays below the 28 KB of Teams, and no text ends in half a character', () => {
  const alerts = Array.from({ length: 50 }, () => ({
    ...alert,
    endpointName: `x${'😀'.repeat(300)}`,
    detail: `y${'😀'.repeat(300)}`,
    eventId: '0190f3a0-0000-7000-8000-000000000000',
  }));
  for (const channel of channels) {
    const written = JSON.stringify(messageOf(alerts, channel));
    expect(written).not.toMatch(/\\ud[89a-f]/i);
    // Power Automate counts characters beyond ASCII in their escaped form.
    expect(written.replaceAll(/[^\x00-\x7f]/g, '\\u0000').length).toBeLessThan(28_000);
  }
  expect(linesOf(messageOf(alerts, 'teams')).at(-1)).toBe('and 40 more alerts.');
});
