import type { ServerResponse } from 'node:http';
import {
  capture,
  captureMany,
  DeliveryProcess,
  owner,
  passTime,
  query,
  Recorder,
  shortLeases,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

let gateway: TestGateway;
/** The delivery process that the last test left running. */
let running: DeliveryProcess | undefined;

beforeAll(async () => {
  gateway = await startGateway({ roles: ['capture', 'api'] });
});

afterEach(async () => {
  // The next test needs a worker group without dead processes. A living one checks in again.
  await query(gateway.database.url, 'delete from paggio.workers');
});

afterAll(async () => {
  await running?.kill();
  await gateway.stop();
});

const start = async (): Promise<DeliveryProcess> =>
  (running = await DeliveryProcess.start(gateway.database, undefined, shortLeases));

/** Starting a process costs more than most of a test, so a test uses the process of the test before it. */
const deliver = async (): Promise<DeliveryProcess> => running ?? (await start());

async function kill(process: DeliveryProcess): Promise<void> {
  if (running === process) running = undefined;
  await process.kill();
}

interface Row {
  state: string;
  attempt_count: number;
  attempts: number;
}

const rowsOf = (endpoint: { id: string }): Promise<Row[]> =>
  query<Row>(
    gateway.database.url,
    `select d.state, d.attempt_count, (select count(*)::int from paggio.all_attempts a where a.event_id = d.event_id) as attempts
     from paggio.deliveries d where d.endpoint_id = '${endpoint.id}' order by d.event_id`,
  );

const allDelivered = (): Promise<true> =>
  until(gateway.paggio, async () => {
    const left = await query(
      gateway.database.url,
      `select 1 from paggio.deliveries where state <> 'delivered' limit 1`,
    );
    return left.length === 0 ? true : undefined;
  });

test('a stopped process that resumes after its leases expired overwrites nothing [CRA-03]', async () => {
  const held: ServerResponse[] = [];
  let hold = true;
  const recorder = await Recorder.start((_request, response) => {
    if (hold) held.push(response);
    else response.writeHead(200).end('second');
  });
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'stopped',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
  });
  const first = await deliver();
  await Promise.all(Array.from({ length: 4 }, () => capture(gateway.paggio, endpoint.slug, '{}')));
  await recorder.received(4);
  first.signal('SIGSTOP');
  hold = false;
  const second = await startGateway({ roles: ['deliver'] }, {}, gateway.database);
  await passTime(gateway.database, 31);
  await allDelivered();
  // The destination now answers the stopped process with failures.
  for (const response of held) response.writeHead(500).end('first');
  await second.stop();
  first.signal('SIGCONT');
  // Results are settled in order: once the first process has delivered another event, its late results were handled.
  await capture(gateway.paggio, endpoint.slug, '{}');
  await allDelivered();
  expect(await rowsOf(endpoint)).toEqual(
    Array.from({ length: 5 }, () => ({ state: 'delivered', attempt_count: 1, attempts: 1 })),
  );
  expect(recorder.requests).toHaveLength(9);
  await recorder.stop();
}, 60_000);

test('a killed process is replaced within a minute, without intervention [CRA-01]', async () => {
  let hold = true;
  const recorder = await Recorder.start((_request, response) => void (hold || response.writeHead(200).end()));
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'killed',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
  });
  const first = await deliver();
  await Promise.all(Array.from({ length: 20 }, () => capture(gateway.paggio, endpoint.slug, '{}')));
  await recorder.received(8);
  // The next test takes this one.
  await start();
  await first.kill();
  hold = false;
  const startedAt = performance.now();
  await allDelivered();
  expect(performance.now() - startedAt).toBeLessThan(60_000);
  expect((await rowsOf(endpoint)).every((row) => row.attempt_count === 1)).toBe(true);
  // Only deliveries under way were sent twice.
  expect(recorder.requests.length).toBeLessThanOrEqual(28);
  await recorder.stop();
}, 90_000);

test('processes that are killed one after another under load lose nothing [CRA-02]', async () => {
  const recorder = await Recorder.start((_request, response, count) => {
    setTimeout(() => response.writeHead(count % 7 === 0 ? 400 : 200).end(), count % 10);
  });
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'load',
    destinationUrl: recorder.url(),
    retry: { maxAttempts: 10, baseSeconds: 1, factor: 1, capSeconds: 1 },
  });
  const ids: string[] = [];
  let stop = false;
  const sender = (async () => {
    while (!stop) {
      // While a process starts, a backlog grows, but not without a limit.
      if (ids.length < recorder.requests.length + 60) ids.push(await capture(gateway.paggio, endpoint.slug, '{}'));
      await new Promise((done) => setTimeout(done, 10));
    }
  })();
  const kills = full ? 6 : 1;
  let first = await deliver();
  let last: TestGateway | undefined;
  for (let n = 0; n < kills; n++) {
    const before = recorder.requests.length;
    await until(gateway.paggio, async () => (recorder.requests.length > before + 30 ? true : undefined));
    const killed = first;
    const next = n < kills - 1 ? start() : startGateway({ roles: ['deliver'] }, {}, gateway.database);
    await kill(killed);
    const started = await next;
    if (started instanceof DeliveryProcess) first = started;
    else last = started;
    await passTime(gateway.database, 31);
  }
  stop = true;
  await sender;
  await passTime(gateway.database, 31);
  await allDelivered();
  const accepted = new Map<string, number>();
  for (const { headers } of recorder.requests) {
    const id = headers['webhook-id'] as string;
    accepted.set(id, (accepted.get(id) ?? 0) + 1);
  }
  expect(ids.filter((id) => !accepted.has(id))).toEqual([]);
  expect([...accepted.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  await last?.stop();
  await recorder.stop();
}, 120_000);

test('in a loop of crashes dead processes do not keep their share of a destination [CRA-02]', async () => {
  const ghosts = `delete from paggio.workers; insert into paggio.workers (id, seen_at, handlers)
    select gen_random_uuid(), now() - interval '${0.7 * shortLeases.workerGroupMs} milliseconds', '{}' from generate_series(1, 15)`;
  if (running) await kill(running);
  await query(gateway.database.url, ghosts);
  const held: ServerResponse[] = [];
  let most = 0;
  const recorder = await Recorder.start((_request, response) => {
    if (most === 16) response.writeHead(200).end();
    else most = held.push(response);
    if (most === 16) for (const one of held.splice(0)) one.writeHead(200).end();
  });
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'ghosts',
    destinationUrl: recorder.url(),
    concurrency: 16,
  });
  await captureMany(gateway.paggio, endpoint.slug, '{}', full ? 1_500 : 60);
  const living = await startGateway({ roles: ['deliver'] }, { timing: shortLeases }, gateway.database);
  // One slot of sixteen at first, and all of them once the other processes have not checked in for long enough. The
  // destination answers nothing until then.
  await until(gateway.paggio, async () => (most === 16 ? true : undefined));
  await allDelivered();
  await living.stop();
  await recorder.stop();
}, 40_000);
