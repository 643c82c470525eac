import type { TelemetryEvent } from '../index';
import {
  capture,
  captureMany,
  drained,
  owner,
  query,
  Recorder,
  shortened,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

/** One process for all tests. Some start others on its database. */
let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.stop());

/** Stops other processes. The first one then uses their share again. */
async function stopAll(others: TestGateway[]): Promise<void> {
  for (const other of others) await other.stop();
  await gateway.runPeriodicWork('check-in');
}

/** Counts deliveries of an endpoint. */
async function count(
  { database }: TestGateway,
  endpointId: string,
  condition: "state = 'pending'" | 'lease_token is not null',
): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.url,
    `select count(*)::int as count from paggio.deliveries where ${condition} and endpoint_id = '${endpointId}'`,
  );
  return row?.count ?? 0;
}

test('a rate limit holds across processes with a backlog, and everything arrives once [DEL-16]', async () => {
  const { paggio } = gateway;
  const second = await startGateway({ roles: ['deliver'] }, {}, gateway.database);
  const times: number[] = [];
  const recorder = await Recorder.start((_request, response) => {
    times.push(performance.now());
    response.writeHead(200).end();
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'paced',
    destinationUrl: recorder.url(),
    rateLimit: 20,
  });
  await Promise.all(Array.from({ length: 60 }, () => capture(paggio, endpoint.slug, '{}')));
  await drained(gateway, endpoint.id);
  expect(recorder.requests).toHaveLength(60);
  expect(new Set(recorder.requests.map((request) => request.headers['webhook-id'])).size).toBe(60);
  // 60 events at 20 a second, less the two that may go at once, take 2,900 ms. The first may arrive late, because it
  // waits for its connection. Without the limit, or with one for each process, they take half the time at most.
  expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(2_500);
  await stopAll([second]);
  await recorder.stop();
});

test('the circuit opens after failures in a row, one probe closes it, and both are visible [DEL-17]', async () => {
  const { paggio } = gateway;
  const heard: TelemetryEvent[] = [];
  paggio.subscribe((event) => {
    if (event.type.startsWith('circuit.')) heard.push(event);
  });
  let status = 500;
  const recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'failing',
    destinationUrl: recorder.url(),
    concurrency: 2,
    retry: { maxAttempts: 100, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 },
  });
  const ids = await Promise.all(Array.from({ length: 40 }, () => capture(paggio, endpoint.slug, '{}')));
  await until(paggio, async () => (heard.length > 0 ? true : undefined));
  expect(heard).toMatchObject([{ type: 'circuit.opened', endpointId: endpoint.id, forMs: expect.any(Number) }]);
  // Ten failed in a row, plus the attempts under way at that moment.
  expect(recorder.requests.length).toBeLessThanOrEqual(16);
  const [destination] = (await paggio.admin.endpoints.get(owner, endpoint.id)).destinations;
  expect(destination?.circuit).toEqual({ state: 'open', retryAt: expect.any(Date) });
  const waiting = await paggio.admin.events.get(owner, ids[39] as string);
  expect(waiting).toMatchObject({
    status: 'pending',
    nextAttemptAt: destination?.circuit.retryAt,
    nextAttemptReason: expect.stringMatching(
      /^failed attempts in a row: \d+; the circuit breaker is open until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    ),
  });

  status = 200;
  const before = recorder.requests.length;
  await drained(gateway, endpoint.id);
  expect(heard.map(({ type }) => type)).toEqual(['circuit.opened', 'circuit.closed']);
  expect(recorder.requests.length - before).toBe(40);
  expect((await paggio.admin.endpoints.get(owner, endpoint.id)).destinations[0]?.circuit.state).toBe('closed');
  await recorder.stop();
});

test('a failed probe opens the circuit for twice as long and costs one attempt', async () => {
  const { paggio } = gateway;
  const opened: number[] = [];
  const recorder = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'dead',
    destinationUrl: recorder.url(),
    concurrency: 1,
    retry: { maxAttempts: 100, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 },
  });
  await Promise.all(Array.from({ length: 20 }, () => capture(paggio, endpoint.slug, '{}')));
  const own = `from paggio.destinations where endpoint_id = '${endpoint.id}'`;
  const openFor = async (): Promise<number> => {
    const [row] = await query<{ openings: number }>(gateway.database.url, `select openings ${own}`);
    if (row && row.openings > (opened.at(-1) ?? 0)) opened.push(row.openings);
    return row?.openings ?? 0;
  };
  await until(paggio, async () => ((await openFor()) === 1 ? true : undefined));
  // An attempt may have started before the failure that opened the circuit was settled.
  await until(paggio, async () =>
    (await count(gateway, endpoint.id, 'lease_token is not null')) === 0 ? true : undefined,
  );
  const before = recorder.requests.length;
  await until(paggio, async () => ((await openFor()) === 2 ? true : undefined));
  expect(recorder.requests.length - before).toBe(1);
  const [row] = await query<{ seconds: number }>(
    gateway.database.url,
    `select extract(epoch from open_until - now())::float8 as seconds ${own}`,
  );
  expect(row?.seconds).toBeGreaterThan(2);
  expect(row?.seconds).toBeLessThanOrEqual(4);
  await paggio.admin.endpoints.delete(owner, endpoint.id);
  await recorder.stop();
});

test('429 with Retry-After stops all attempts to the destination until then', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start((_request, response, count) =>
    count === 1 ? response.writeHead(429, { 'retry-after': '2' }).end() : response.writeHead(200).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'busy', destinationUrl: recorder.url() });
  const startedAt = performance.now();
  await capture(paggio, endpoint.slug, '{}');
  await until(paggio, async () =>
    (await paggio.admin.endpoints.get(owner, endpoint.id)).destinations[0]?.circuit.state === 'open' ? true : undefined,
  );
  await capture(paggio, endpoint.slug, '{}');
  await recorder.received(2);
  expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  await recorder.stop();
});

test('a new event does not wait for a backlog [LOA-04]', async () => {
  const { paggio } = gateway;
  const recorder = await Recorder.start(
    (_request, response) => void setTimeout(() => response.writeHead(200).end(), 10),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'backlog',
    destinationUrl: recorder.url(),
    concurrency: 4,
  });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  await captureMany(paggio, endpoint.slug, '{"old":1}', full ? 1_000 : 300);
  // Like after an outage: these have been due for longer than any new event.
  await query(
    gateway.database.url,
    `update paggio.deliveries set due_at = now() - random() * interval '30 minutes' where endpoint_id = '${endpoint.id}'`,
  );
  await query(gateway.database.url, 'analyze paggio.deliveries');
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  await recorder.received(20);
  const before = recorder.requests.length;
  await capture(paggio, endpoint.slug, '{"fresh":1}');
  await until(paggio, async () =>
    recorder.requests.some((request) => request.body.includes('fresh')) ? true : undefined,
  );
  const position = recorder.requests.findIndex((request) => request.body.includes('fresh')) - before;
  expect(position).toBeLessThan(100);
  await paggio.admin.endpoints.delete(owner, endpoint.id);
  await recorder.stop();
});

test('when there are more dead destinations than slots, half of the slots stay free for the others [DEL-15]', async () => {
  const gateway = await startGateway({ maxInFlight: 16 }, { timing: shortened('timeoutSecondMs') });
  const { paggio } = gateway;
  let active = 0;
  let most = 0;
  const dead = await Recorder.start((_request, response) => {
    active++;
    response.on('close', () => active--);
    // By then this side also knows of the requests that the gateway ended before it sent this one.
    setImmediate(() => (most = Math.max(most, active)));
  });
  const healthy = await Recorder.start();
  const slow = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      paggio.admin.endpoints.create(owner, {
        name: `dead${n}`,
        destinationUrl: dead.url(`/${n}`),
        timeoutSeconds: 1,
        retry: { maxAttempts: 1 },
      }),
    ),
  );
  await Promise.all(
    slow.flatMap(({ endpoint }) => Array.from({ length: 30 }, () => capture(paggio, endpoint.slug, '{}'))),
  );
  // They are known to be dead only after the first timeouts.
  await until(paggio, async () => {
    const [row] = await query<{ lanes: number }>(
      gateway.database.url,
      'select count(distinct destination_id)::int as lanes from paggio.all_attempts',
    );
    return row?.lanes === 12 ? true : undefined;
  });
  // What was claimed before that still goes out, so the limit holds from the first wave that keeps it.
  await until(paggio, async () => {
    most = active;
    await dead.received(dead.requests.length + 8);
    return most <= 8 ? true : undefined;
  });
  const fine = await paggio.admin.endpoints.create(owner, { name: 'fine', destinationUrl: healthy.url() });
  await Promise.all(Array.from({ length: 50 }, () => capture(paggio, fine.endpoint.slug, '{}')));
  await healthy.received(50);
  const before = dead.requests.length;
  await until(paggio, async () => (dead.requests.length > before ? true : undefined));
  expect(most).toBeLessThanOrEqual(8);
  const left = await Promise.all(slow.map(({ endpoint }) => count(gateway, endpoint.id, "state = 'pending'")));
  // Where the limit does not hold, fewer are under way only once most deliveries are over.
  expect(left.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(180);
  await gateway.stop();
  await dead.stop();
  await healthy.stop();
});

test('concurrency is a limit for all processes together, and everything is delivered once', async () => {
  const { paggio } = gateway;
  const others = await Promise.all(
    Array.from({ length: full ? 2 : 1 }, () => startGateway({ roles: ['deliver'] }, {}, gateway.database)),
  );
  // Processes do this every ten seconds. The first one does not know the others yet.
  for (const one of [gateway, ...others]) await one.runPeriodicWork('check-in');
  const count = full ? 100 : 30;
  for (const concurrency of [1, 4]) {
    let active = 0;
    let most = 0;
    const recorder = await Recorder.start((_request, response) => {
      most = Math.max(most, ++active);
      setTimeout(() => {
        active--;
        response.writeHead(200).end();
      }, 5);
    });
    const { endpoint } = await paggio.admin.endpoints.create(owner, {
      name: `c${concurrency}`,
      destinationUrl: recorder.url(),
      concurrency,
    });
    await Promise.all(Array.from({ length: count }, () => capture(paggio, endpoint.slug, '{}')));
    await drained(gateway, endpoint.id);
    expect([concurrency, most <= concurrency]).toEqual([concurrency, true]);
    expect(recorder.requests).toHaveLength(count);
    expect(new Set(recorder.requests.map((request) => request.headers['webhook-id'])).size).toBe(count);
    await recorder.stop();
  }
  await stopAll(others);
});
