import {
  allSettled,
  capture,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  until,
  type TestGateway,
} from '../testing';
import { failing } from './failing-sql';
import { failingSinceOf, healthOf } from './health';

let gateway: TestGateway;
let recorder: Recorder;
let status = 200;

beforeAll(async () => {
  gateway = await startGateway({ pauseFailingAfter: 60_000 });
  recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
});
afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

const endpointOf = async (id: string) => gateway.paggio.admin.endpoints.get(owner, id);

async function made(name: string, retry: object = { maxAttempts: 1 }) {
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name,
    destinationUrl: recorder.url(),
    retry,
  });
  return endpoint;
}

async function send(slug: string, answer: number, count = 1): Promise<void> {
  status = answer;
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await capture(gateway.paggio, slug, `{"n":${n}}`));
  await allSettled(gateway, ids);
}

const began = (endpointId: string, ago: string): Promise<unknown> =>
  query(
    gateway.database.url,
    `update paggio.destinations set failing_since = now() - interval '${ago}' where endpoint_id = '${endpointId}'`,
  );

test('an endpoint whose destination breaks is shown as failing from that moment, even before a delivery has ended', async () => {
  const { paggio } = gateway;
  const { id, slug } = await made('outage', {});
  await send(slug, 200, 3);
  expect((await endpointOf(id)).health).toEqual({
    label: 'healthy',
    successRate: 1,
    delivered: 3,
    failed: 0,
    failingSince: null,
  });
  status = 500;
  await paggio.admin.endpoints.update(owner, id, { destinationUrl: recorder.url('/changed') });
  const before = Date.now();
  await Promise.all(Array.from({ length: 120 }, (_, n) => capture(paggio, slug, `{"n":${n}}`)));
  const health = await until(paggio, async () => {
    const endpoint = await endpointOf(id);
    return endpoint.health.label === 'failing' ? endpoint.health : undefined;
  });
  expect(health).toMatchObject({ successRate: null, delivered: 0, failed: 0 });
  expect(Math.abs((health.failingSince as Date).getTime() - before)).toBeLessThan(60_000);
  const { items } = await paggio.admin.endpoints.list(owner, { limit: 50, offset: 0, startingAfter: null });
  expect(items.find((one) => one.id === id)?.health).toMatchObject({ label: 'failing', delivered: 0 });
  expect((await endpointOf(id)).destinations[0]?.failingSince).toEqual(health.failingSince);
  expect((await paggio.host.gauges()).failingDestinations).toBe(1);
  // A new URL starts without the failures and the circuit of the old one, and is tried at once.
  status = 200;
  await paggio.admin.endpoints.update(owner, id, { destinationUrl: recorder.url('/right') });
  await until(paggio, async () => (recorder.requests.at(-1)?.url === '/right' ? true : undefined));
  expect((await endpointOf(id)).health.label).not.toBe('failing');
  expect((await paggio.host.gauges()).failingDestinations).toBe(0);
  await paggio.admin.endpoints.delete(owner, id);
});

test('one failed attempt is not an outage; five over a minute are, and one delivery ends the outage', async () => {
  const { id, slug } = await made('flapping');
  await send(slug, 404);
  await began(id, '2 minutes');
  expect((await endpointOf(id)).health).toMatchObject({ label: 'unhealthy', failingSince: null });
  await send(slug, 404, 4);
  expect((await endpointOf(id)).health).toMatchObject({ label: 'failing', failingSince: expect.any(Date) });
  await send(slug, 200);
  const { health, destinations } = await endpointOf(id);
  expect(health).toMatchObject({ label: 'unhealthy', delivered: 1, failed: 5, failingSince: null });
  expect(destinations[0]).toMatchObject({ failingSince: null });
});

test('an endpoint without events is waiting when it has a destination, and capturing when it has none', async () => {
  const { paggio } = gateway;
  expect((await made('new')).health.label).toBe('waiting');
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'sink' });
  expect(endpoint.health.label).toBe('capturing');
});

test('two failures days apart never pause a destination; 25 in a row over the configured time do', async () => {
  const { id, slug } = await made('seldom');
  await send(slug, 503);
  await began(id, '6 days');
  await send(slug, 503);
  expect(await endpointOf(id)).toMatchObject({ status: 'ACTIVE', pauseReason: null });
  await query(gateway.database.url, `update paggio.destinations set failures = 23 where endpoint_id = '${id}'`);
  await send(slug, 404);
  expect(await endpointOf(id)).toMatchObject({ status: 'ACTIVE' });
  await send(slug, 404);
  expect(await endpointOf(id)).toMatchObject({
    status: 'PAUSED',
    pauseReason: expect.stringMatching(/^Nothing but failures since \d{4}-.*Z: 25 attempts failed in a row\.$/),
  });
});

test.each(['endpoint', 'destination'])('a URL changed at the %s starts without earlier failures', async (where) => {
  const { paggio, database } = gateway;
  const { id, slug, destinations } = await made(`moved at the ${where}`);
  await send(slug, 404, 2);
  await began(id, '6 days');
  await query(database.url, `update paggio.destinations set failures = 60, strain = 12 where endpoint_id = '${id}'`);
  const destination = destinations[0]?.id as string;
  const change = (url: string): Promise<unknown> =>
    where === 'endpoint'
      ? paggio.admin.endpoints.update(owner, id, { destinationUrl: url })
      : paggio.admin.endpoints.updateDestination(owner, id, destination, { url });
  // Setting the same URL again is not a change.
  await change(recorder.url());
  expect((await endpointOf(id)).health.label).toBe('failing');
  await change(recorder.url('/new'));
  expect((await endpointOf(id)).health.label).toBe('unhealthy');
  await send(slug, 404);
  expect(await endpointOf(id)).toMatchObject({ status: 'ACTIVE', health: { failingSince: null } });
  const [row] = await query(database.url, `select failures from paggio.destinations where id = '${destination}'`);
  expect(row).toEqual({ failures: 1 });
});

test('an attempt that began before its URL was changed does not count for the new URL', async () => {
  const { paggio, database } = gateway;
  let answer: (() => void) | undefined;
  const gone = await Recorder.start((_request, response) => {
    answer = () => void response.writeHead(410).end();
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'late', destinationUrl: gone.url() });
  const id = await capture(paggio, endpoint.slug, '{}');
  await gone.received(1);
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: recorder.url() });
  answer?.();
  await settled(paggio, owner, id);
  expect((await endpointOf(endpoint.id)).status).toBe('ACTIVE');
  const rows = await query(
    database.url,
    `select failing_since from paggio.destinations where endpoint_id = '${endpoint.id}'`,
  );
  expect(rows).toEqual([{ failing_since: null }]);
  await gone.stop();
});

test('events that wait for a URL under Retry-After go to a new URL at once', async () => {
  const { paggio } = gateway;
  const busy = await Recorder.start(
    (_request, response) => void response.writeHead(429, { 'Retry-After': '250' }).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'busy', destinationUrl: busy.url() });
  await capture(paggio, endpoint.slug, '{}');
  await until(paggio, async () =>
    (await endpointOf(endpoint.id)).destinations[0]?.circuit.state === 'open' ? true : undefined,
  );
  const waiting = await capture(paggio, endpoint.slug, '{"n":2}');
  status = 200;
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: recorder.url('/free') });
  expect(await settled(paggio, owner, waiting)).toMatchObject({ status: 'delivered' });
  expect(busy.requests).toHaveLength(1);
  await busy.stop();
});

test('the rule for failing is the same in SQL', async () => {
  const now = Date.now();
  const states = [null, now - 1_000, now - 55_000, now - 65_000, now - 86_400_000].flatMap((since) =>
    [0, 4, 5, 30].flatMap((failures) => [0, 9, 10].map((strain) => ({ since, failures, strain }))),
  );
  const values = states.map(
    ({ since, failures, strain }) =>
      `(${since === null ? 'null::timestamptz' : `to_timestamp(${since / 1000})`}, ${failures}, ${strain})`,
  );
  const rows = await query<{ failing: boolean }>(
    gateway.database.url,
    `select ${failing('x')} as failing from (values ${values.join()}) as x(failing_since, failures, strain)`,
  );
  const read = states.map(({ since, failures, strain }) => ({
    failing: failingSinceOf({ failingSince: since === null ? null : new Date(since), failures, strain }, now) !== null,
  }));
  expect(rows).toEqual(read);
  expect(new Set(read.map((one) => one.failing))).toEqual(new Set([true, false]));
});

test('labels follow the share of deliveries, unless a destination is failing', () => {
  const label = (delivered: number, failed: number, ...since: (Date | null)[]) =>
    healthOf(
      { delivered, failed },
      since.map((failingSince) => ({ failingSince })),
    ).label;
  expect([label(9, 1, null), label(89, 11, null), label(1, 1, null), label(49, 51, null)]).toEqual([
    'healthy',
    'degraded',
    'degraded',
    'unhealthy',
  ]);
  expect([label(0, 0), label(0, 0, null), label(100, 0, null, new Date())]).toEqual([
    'capturing',
    'waiting',
    'failing',
  ]);
  const [first, second] = [new Date(1_000), new Date(2_000)];
  const outages = [{ failingSince: second }, { failingSince: null }, { failingSince: first }];
  expect(healthOf({ delivered: 1, failed: 1 }, outages).failingSince).toEqual(first);
});
