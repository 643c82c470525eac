import type { Transport, TransportResult } from './transport/transport';
import type { TelemetryEvent, Scheduler } from './index';
import {
  hostPool,
  capture,
  captureFromGitHub,
  gitHub,
  owner,
  query,
  Recorder,
  settled,
  shortLeases,
  startGateway,
  until,
  type TestGateway,
} from './testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

let gateway: TestGateway | undefined;

async function stopGateway(): Promise<void> {
  await gateway?.stop();
  gateway = undefined;
}

afterAll(stopGateway);

const quick = { maxAttempts: 3, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };

test('an error in a worker, a timer or a listener is reported once, and the event is tried again [EMB-03]', async () => {
  const faults: TelemetryEvent[] = [];
  let broken = true;
  const breaking = (real: Transport): Transport => ({
    close: () => real.close(),
    send: (request): Promise<TransportResult> => {
      if (!broken) return real.send(request);
      broken = false;
      throw new TypeError('a bug in the transport');
    },
  });
  const tasks = new Map<string, () => unknown>();
  const scheduler: Scheduler = {
    every(name, _intervalMs, task) {
      tasks.set(name, task);
      const timer = setInterval(task, 200);
      return () => clearInterval(timer);
    },
  };
  gateway = await startGateway({ scheduler }, { transport: breaking });
  const { paggio, database } = gateway;
  paggio.subscribe((event) => {
    if (event.type === 'fault') faults.push(event);
    throw new Error('a bug in a listener of the host');
  });
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'host',
    destinationUrl: recorder.url(),
    retry: quick,
  });
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  expect(event.attempts.map(({ status, error }) => [status, error])).toEqual([
    ['failed', 'request_not_sendable: a bug in the transport'],
    ['delivered', null],
  ]);
  // A timer whose work fails for an unexpected reason.
  await query(database.url, 'alter table paggio.idempotency_keys rename to gone');
  await tasks.get('paggio:sweep')?.();
  await query(database.url, 'alter table paggio.gone rename to idempotency_keys');
  const sweeps = faults.filter((one) => one.type === 'fault' && one.where === 'sweep');
  expect(sweeps.length).toBeGreaterThan(0);
  const next = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  expect(next.status).toBe('delivered');
  await recorder.stop();
});

test('a header value that HTTP cannot carry is a failed attempt and does not harm the host [EMB-04]', async () => {
  const { paggio, database } = (gateway ??= await startGateway());
  const recorder = await Recorder.start((_request, response) => {
    response.socket?.end('HTTP/1.1 200 OK\r\nBad Header\u0001: x\r\n\r\n');
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'host',
    destinationUrl: recorder.url(),
    retry: { maxAttempts: 1 },
  });
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  expect(event.attempts[0]?.error).toMatch(/^invalid_response/);
  const id = await capture(paggio, endpoint.slug, '{}', ['X-Odd', 'line\u0001break']);
  expect(['failed', 'delivered']).toContain((await settled(paggio, owner, id)).status);
  expect(await query(database.url, `select 1 from paggio.deliveries where state = 'pending'`)).toEqual([]);
  await recorder.stop();
});

const connections = (url: string): Promise<{ name: string; count: number }[]> =>
  query(
    url,
    `select application_name as name, count(*)::int as count from pg_stat_activity
     where application_name like 'paggio %' and datname = current_database() group by 1 order by 1`,
  );

test('Paggio never opens more connections than documented, however much work there is [EMB-12]', async () => {
  await stopGateway();
  gateway = await startGateway({ transactionConnections: 3 }, {}, undefined, (one) => {
    one.on('github', '*', (_event, { tx }) => tx.query('select pg_sleep(0.02)'), { transactional: true });
  });
  const { paggio, database } = gateway;
  const host = hostPool({ connectionString: database.url, max: 5, application_name: 'host' });
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'hub',
    verification: gitHub,
    concurrency: 50,
  });
  const page = { limit: 50, offset: 0, startingAfter: null };
  const asked = Array.from({ length: full ? 100 : 40 }, (_, n) =>
    n % 2 ? paggio.admin.events.list(owner, {}, page) : captureFromGitHub(paggio, endpoint.slug, 'push', `{"n":${n}}`),
  );
  const seen = await connections(database.url);
  await Promise.all([...asked, host.query('select 1')]);
  const limits: Record<string, number> = {
    capture: 2,
    settle: 2,
    lease: 2,
    management: 4,
    handler: 3,
    listen: 1,
    boot: 0,
  };
  for (const { name, count } of [...seen, ...(await connections(database.url))])
    expect([name, count <= (limits[name.slice('paggio '.length)] ?? -1)]).toEqual([name, true]);
  await until(paggio, async () =>
    (await query(database.url, `select 1 from paggio.deliveries where state = 'pending' limit 1`)).length === 0
      ? true
      : undefined,
  );
  await host.end();
});

// A listening connection comes back after a second, the others at once.
const TIMES = full ? { listen: 100, others: 100 } : { listen: 1, others: 2 };
/** More events than this are acknowledged while connections end. */
const LOAD = full ? 50 : 20;

test('terminated connections of every kind, one kind after another, stop nothing and lose nothing [CRA-07]', async () => {
  await stopGateway();
  gateway = await startGateway({}, { timing: shortLeases }, undefined, (one) => {
    one.on('github', '*', (event, { tx }) => tx.query('insert into effects values ($1)', [event.id]), {
      transactional: true,
      concurrency: 8,
      retry: { maxAttempts: 100, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 },
    });
  });
  const { paggio, database } = gateway;
  await query(database.url, 'create table effects (id uuid)');
  // A URL next to the handler. The handler's successes are settled in its own transactions, so this URL uses `settle`.
  const recorder = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'hub',
    verification: gitHub,
    destinationUrl: recorder.url(),
  });
  const acknowledged: string[] = [];
  let stop = false;
  const load = Array.from({ length: 4 }, async (_, sender) => {
    for (let n = 0; !stop; n++) {
      const body = `{"n":${n * 10 + sender}}`;
      await captureFromGitHub(paggio, endpoint.slug, 'push', body).then(
        (id) => acknowledged.push(id),
        () => undefined,
      );
      await paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null }).catch(() => undefined);
      // More load would only take longer to deliver.
      await new Promise((done) => setTimeout(done, full ? 20 : 50));
    }
  });
  const killed: Record<string, number> = {};
  const missing = (): string[] =>
    ['capture', 'settle', 'lease', 'management', 'handler', 'listen'].filter(
      (kind) => (killed[kind] ?? 0) < (kind === 'listen' ? TIMES.listen : TIMES.others),
    );
  while (missing().length > 0 || acknowledged.length <= LOAD) {
    const gone = await query<{ kind: string }>(
      database.url,
      // Materialized: in one condition with the name of the database, others' connections would be ended too.
      `with mine as materialized (
         select pid, substr(application_name, 8) as kind from pg_stat_activity
         where application_name like 'paggio %' and substr(application_name, 8) = any ('{${missing().join(',')}}')
           and datname = current_database()
       ) select kind from mine where pg_terminate_backend(pid)`,
    );
    for (const { kind } of gone) killed[kind] = (killed[kind] ?? 0) + 1;
    await new Promise((done) => setTimeout(done, full ? 20 : 50));
  }
  stop = true;
  await Promise.all(load);
  await until(paggio, async () => {
    // Leases that could not be released run out, and retries are due at once. At most three times, because each one
    // counts as a lost worker.
    const pending = await query(
      database.url,
      `update paggio.deliveries set due_at = now() where state = 'pending' and due_at > now() + interval '0.5 seconds' and takeovers < 3 returning 1`,
    );
    const [left] = await query(database.url, `select 1 from paggio.deliveries where state = 'pending' limit 1`);
    return pending.length === 0 && !left ? true : undefined;
  });
  const ids = (await query<{ id: string }>(database.url, 'select id from effects order by id')).map(({ id }) => id);
  // Each effect is there exactly once. Events that were not acknowledged may have been stored too.
  expect(new Set(ids).size).toBe(ids.length);
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(LOAD);
  await recorder.stop();
}, 300_000);
