import type { TelemetryEvent, Paggio } from '../index';
import { capture, owner, query, Recorder, settled, startGateway, until, type TestGateway } from '../testing';

let gateway: TestGateway;
let paggio: Paggio;
const heard: TelemetryEvent[] = [];

beforeAll(async () => {
  gateway = await startGateway({ pauseFailingAfter: 60_000 });
  paggio = gateway.paggio;
  paggio.subscribe((event) => heard.push(event));
});

afterAll(() => gateway.stop());

const later = { maxAttempts: 5, baseSeconds: 3600, factor: 1, capSeconds: 3600, floorSeconds: 3600 };
const soon = { maxAttempts: 5, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };

async function attempted(id: string, count = 1): Promise<void> {
  await until(paggio, async () =>
    (await paggio.admin.events.get(owner, id)).attemptCount >= count ? true : undefined,
  );
}

test('cancelling ends a waiting retry, and the event says so', async () => {
  const recorder = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'c',
    destinationUrl: recorder.url(),
    retry: later,
  });
  const id = await capture(paggio, endpoint.slug, '{}');
  await attempted(id);
  expect(await paggio.admin.events.cancel(owner, id)).toMatchObject({
    status: 'failed',
    statusReason: 'cancelled',
    nextAttemptAt: null,
    attemptCount: 1,
  });
  // Cancelling again, or cancelling an event that has ended, changes nothing.
  expect(await paggio.admin.events.cancel(owner, id)).toMatchObject({ status: 'failed', statusReason: 'cancelled' });
  await expect(paggio.admin.events.cancel({ ...owner, userId: 'other' }, id)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await recorder.stop();
});

test('an attempt under way is recorded after a cancellation: success counts, failure is not retried', async () => {
  for (const [status, expected] of [
    [200, { status: 'delivered', statusReason: null }],
    [500, { status: 'failed', statusReason: 'cancelled' }],
  ] as const) {
    const answers: (() => void)[] = [];
    const recorder = await Recorder.start(
      (_request, response) => void answers.push(() => response.writeHead(status).end()),
    );
    const { endpoint } = await paggio.admin.endpoints.create(owner, {
      name: 'c',
      destinationUrl: recorder.url(),
      retry: soon,
    });
    const id = await capture(paggio, endpoint.slug, '{}');
    await recorder.received(1);
    expect(await paggio.admin.events.cancel(owner, id)).toMatchObject({ status: 'failed', statusReason: 'cancelled' });
    answers[0]?.();
    await attempted(id);
    const event = await paggio.admin.events.get(owner, id);
    expect(event).toMatchObject({ ...expected, attemptCount: 1, nextAttemptAt: null });
    expect(event.attempts).toMatchObject([{ responseStatus: status }]);
    await recorder.stop();
  }
});

test('410 pauses only that destination, with a reason, and ACTIVE resumes it [DEL-03]', async () => {
  let status = 410;
  const gone = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const other = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'g',
    destinations: [{ url: gone.url() }, { url: other.url(), name: 'other' }],
  });
  const first = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  expect(first).toMatchObject({ status: 'failed', statusReason: 'refused' });
  const [paused] = (await paggio.admin.endpoints.get(owner, endpoint.id)).destinations;
  expect(paused).toMatchObject({ status: 'PAUSED', pauseReason: expect.stringContaining('410') });
  expect(heard).toContainEqual({
    type: 'destination.paused',
    endpointId: endpoint.id,
    destinationId: paused?.id,
    reason: paused?.pauseReason,
  });
  // The endpoint stays active while another destination does.
  expect(await paggio.admin.endpoints.get(owner, endpoint.id)).toMatchObject({ status: 'ACTIVE', pauseReason: null });
  const second = await capture(paggio, endpoint.slug, '{}');
  await other.received(2);
  expect(gone.requests).toHaveLength(1);
  expect(await paggio.admin.events.get(owner, second)).toMatchObject({ status: 'pending' });

  status = 200;
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  expect(await settled(paggio, owner, second)).toMatchObject({ status: 'delivered' });
  expect((await paggio.admin.endpoints.get(owner, endpoint.id)).destinations[0]).toMatchObject({
    status: 'ACTIVE',
    pausedAt: null,
    pauseReason: null,
  });
  await gone.stop();
  await other.stop();
});

test('an endpoint with one destination shows its pause and the reason [DEL-03]', async () => {
  const gone = await Recorder.start((_request, response) => void response.writeHead(410).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'g', destinationUrl: gone.url() });
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  expect(await paggio.admin.endpoints.get(owner, endpoint.id)).toMatchObject({
    status: 'PAUSED',
    pausedAt: expect.any(Date),
    pauseReason: expect.stringContaining('410'),
  });
  const held = await capture(paggio, endpoint.slug, '{}');
  expect(await paggio.admin.events.get(owner, held)).toMatchObject({
    status: 'pending',
    statusReason: 'paused',
    nextAttemptAt: null,
    nextAttemptReason: expect.stringContaining('410'),
  });
  await gone.stop();
});

test('a destination that only fails for the configured time is paused; one success starts the time again [DEL-18]', async () => {
  let status = 500;
  const recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'f',
    destinationUrl: recorder.url(),
    retry: { maxAttempts: 1 },
  });
  const failingSince = async (): Promise<Date | null> => {
    const rows = await query<{ failing_since: Date | null }>(
      gateway.database.url,
      `select failing_since from paggio.destinations where endpoint_id = '${endpoint.id}'`,
    );
    return rows[0]?.failing_since ?? null;
  };
  const send = async (): Promise<unknown> => settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  const anHourAgo = `update paggio.destinations set failing_since = now() - interval '1 hour', failures = 24 where endpoint_id = '${endpoint.id}'`;

  await send();
  expect(await failingSince()).toBeInstanceOf(Date);
  await query(gateway.database.url, anHourAgo);
  status = 200;
  await send();
  expect(await failingSince()).toBeNull();
  status = 500;
  await send();
  expect(await paggio.admin.endpoints.get(owner, endpoint.id)).toMatchObject({ status: 'ACTIVE' });
  await query(gateway.database.url, anHourAgo);
  await send();
  expect(await paggio.admin.endpoints.get(owner, endpoint.id)).toMatchObject({
    status: 'PAUSED',
    pauseReason: expect.stringMatching(/^Nothing but failures since \d{4}-/),
  });
  const held = await capture(paggio, endpoint.slug, '{}');
  status = 200;
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  expect(await settled(paggio, owner, held)).toMatchObject({ status: 'delivered' });
  await recorder.stop();
});

test('of fifty destinations three fail; each has its own state, and the healthy ones get the event once [DEL-20]', async () => {
  const healthy = await Recorder.start();
  const failing = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const destinations = Array.from({ length: 50 }, (_, n) => ({
    name: `d${n}`,
    url: (n % 17 === 5 ? failing : healthy).url(`/${n}`),
    retry: { maxAttempts: 1 },
  }));
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'fan', destinations });
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"a":1}'));
  expect(event).toMatchObject({ status: 'failed', statusReason: 'exhausted', attemptCount: 50 });
  const states = await query<{ state: string; count: number }>(
    gateway.database.url,
    `select state, count(*)::int as count from paggio.deliveries where event_id = '${event.id}' group by 1 order by 1`,
  );
  expect(states).toEqual([
    { state: 'delivered', count: 47 },
    { state: 'failed', count: 3 },
  ]);
  expect(new Set(healthy.requests.map((request) => request.url)).size).toBe(47);
  expect(healthy.requests).toHaveLength(47);
  await healthy.stop();
  await failing.stop();
});

test('each destination has its own filter, headers and state', async () => {
  const [all, some] = [await Recorder.start(), await Recorder.start()];
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'own',
    headers: { 'X-Shared': 'endpoint', 'X-Own': 'endpoint' },
    destinations: [
      { url: all.url(), headers: { 'X-Own': 'first' } },
      { url: some.url(), eventTypes: ['order.*'], timeoutSeconds: 3, retry: { preset: 'quick' } },
    ],
  });
  expect(endpoint.destinations).toMatchObject([
    { name: 'default', url: all.url(), timeoutSeconds: 10, retry: null, status: 'ACTIVE' },
    { name: '127.0.0.1', eventTypes: ['order.*'], timeoutSeconds: 3, retry: { maxAttempts: 5 } },
  ]);
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"type":"order.paid"}'));
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"type":"user.created"}'));
  expect([all.requests.length, some.requests.length]).toEqual([2, 1]);
  expect(all.requests[0]?.headers).toMatchObject({ 'x-shared': 'endpoint', 'x-own': 'first' });
  expect(some.requests[0]?.headers).toMatchObject({ 'x-shared': 'endpoint', 'x-own': 'endpoint' });

  // A destination paused by a user stays paused when the endpoint is set ACTIVE. The others go on.
  const [, second] = endpoint.destinations;
  const change = { status: 'PAUSED' as const };
  await paggio.admin.endpoints.updateDestination(owner, endpoint.id, second?.id as string, change);
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  const held = await capture(paggio, endpoint.slug, '{"type":"order.paid"}');
  await all.received(3);
  expect((await paggio.admin.events.get(owner, held)).status).toBe('pending');
  await paggio.admin.endpoints.deleteDestination(owner, endpoint.id, second?.id as string);
  // The result of the first destination is written a moment after its answer.
  const ended = await settled(paggio, owner, held);
  expect(ended).toMatchObject({ status: 'failed', statusReason: 'cancelled' });
  expect(some.requests).toHaveLength(1);
  await all.stop();
  await some.stop();
});

test('in a list of destinations an id changes one, no id adds one, and a missing one is removed; destination_url is the first', async () => {
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'l', destinationUrl: 'https://a.example/' });
  const first = endpoint.destinations[0]?.id as string;
  const added = await paggio.admin.endpoints.update(owner, endpoint.id, {
    destinations: [{ id: first, name: 'main' }, { url: 'https://b.example/' }],
  });
  expect(added.destinations).toMatchObject([
    { id: first, name: 'main', url: 'https://a.example/' },
    { name: 'b.example', url: 'https://b.example/' },
  ]);
  const moved = await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: 'https://c.example/' });
  expect(moved.destinations.map((one) => one.url)).toEqual(['https://c.example/', 'https://b.example/']);
  const left = await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: null });
  expect(left.destinations.map((one) => one.url)).toEqual(['https://b.example/']);
  const wrong: [object, string][] = [
    [{ destinations: [{ id: first }] }, 'destinations[0].id'],
    [{ destinations: [{ name: 'x' }] }, 'destinations[0].url'],
    [{ destinations: [{ url: 'http://10.0.0.1/' }] }, 'destinations[0].url'],
    [{ destinations: [], destinationUrl: 'https://x.example/' }, 'destinationUrl'],
    [{ destinations: [{ url: 'https://x.example/', headers: { Host: 'x' } }] }, 'destinations[0].headers.Host'],
  ];
  for (const [change, field] of wrong) {
    await expect(paggio.admin.endpoints.update(owner, endpoint.id, change)).rejects.toMatchObject({
      details: [{ field }],
    });
  }
});

test('an event that comes back is sent three times and then no more [SSR-16]', async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'loop', destinationUrl: recorder.url() });
  // The destination sends back what it receives, like the gateway under another name.
  let headers: string[] = ['Content-Type', 'application/json'];
  for (let passed = 1; passed <= 3; passed++) {
    await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"a":1}', headers));
    expect(recorder.requests).toHaveLength(passed);
    headers = recorder.requests[passed - 1]?.rawHeaders ?? [];
  }
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"a":1}', headers));
  expect(event).toMatchObject({ status: 'failed', statusReason: 'refused' });
  expect(event.attempts[0]?.error).toMatch(/^loop_detected/);
  expect(recorder.requests).toHaveLength(3);
  // A user may send it nevertheless.
  expect(await paggio.admin.replays.send(owner, event.id, { environment: 'original' })).toMatchObject({
    status: 'delivered',
  });
  await recorder.stop();
});

test('an event is delivered whatever a stranger writes into Paggio-Hops', async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'stranger', destinationUrl: recorder.url() });
  const deliver = async (body: string, hops: string): Promise<string> => {
    const headers = ['Paggio-Event-Id', 'x', 'Paggio-Hops', hops, 'paggio-hops', hops];
    const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, body, headers));
    expect([hops, event.status]).toEqual([hops, 'delivered']);
    return String(recorder.requests.at(-1)?.headers['paggio-hops']);
  };
  for (const hops of ['3', '999999', '3, 3, 3', '', `3.${'A'.repeat(22)}`]) await deliver(`{"hops":"${hops}"}`, hops);
  // Entries that the stranger's own destination received with other bodies.
  let seen = '';
  for (let n = 0; n < 5; n++) seen = await deliver(`{"n":${n}}`, seen);
  await recorder.stop();
});

test('an event that kills its worker ten times fails [DEL-19]', async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'poison', destinationUrl: recorder.url() });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const [first, last] = [await capture(paggio, endpoint.slug, '{}'), await capture(paggio, endpoint.slug, '{}')];
  // An expired lease, as workers that died leave it.
  const died = (id: string, times: number): Promise<unknown> =>
    query(
      gateway.database.url,
      `update paggio.deliveries set lease_token = gen_random_uuid(), due_at = now() - interval '1 second', takeovers = ${times - 1}
       where event_id = '${id}'`,
    );
  await died(first, 9);
  await died(last, 10);
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  expect(await settled(paggio, owner, first)).toMatchObject({ status: 'delivered', attemptCount: 1 });
  const event = await settled(paggio, owner, last);
  expect(event).toMatchObject({ status: 'failed', statusReason: 'exhausted' });
  expect(event.attempts[0]?.error).toMatch(/^worker_lost/);
  expect(recorder.requests).toHaveLength(1);
  await recorder.stop();
});

test('deliveries that a deletion left pending are cancelled by the next claim, even when paused', async () => {
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'x', destinationUrl: recorder.url() });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const id = await capture(paggio, endpoint.slug, '{}');
  // The process dies between the deletion and the cancellation of pending deliveries.
  await query(
    gateway.database.url,
    `update paggio.endpoints set deleted_at = now() where id = '${endpoint.id}'; update paggio.state set config_version = config_version + 1`,
  );
  expect(await settled(paggio, owner, id)).toMatchObject({ status: 'failed', statusReason: 'endpoint_deleted' });
  expect(recorder.requests).toEqual([]);
  await recorder.stop();
});
