import { AsyncLocalStorage } from 'node:async_hooks';
import type { WebhookEvent } from '../index';
import { createPaggio, PermanentFailure, RetryLater, type Handler, type HandlerOptions, type Paggio } from '../index';
import type { Owner } from '../index';
import {
  allSettled,
  capture,
  captureFromGitHub,
  drained,
  gitHub,
  owner,
  passTime,
  query,
  Recorder,
  settled,
  shortened,
  startGateway,
  testMasterKey,
  until,
  type TestDatabase,
  type TestGateway,
} from '../testing';

const timing = shortened('abandonAfterMs', 'pollMs');
const gateways: TestGateway[] = [];

afterEach(async () => {
  for (const gateway of gateways.splice(0).reverse()) await gateway.stop();
});

async function start(prepare: (paggio: Paggio) => void, options = {}, shared?: TestDatabase): Promise<TestGateway> {
  const gateway = await startGateway(options, { timing }, shared, prepare);
  gateways.push(gateway);
  return gateway;
}

const fast = { scheduleSeconds: [0, 0, 0] };

/** The handlers of the shared gateway. Each has its own user, so that it receives the events of its tests only. */
const registered = {
  fast: { options: { retry: fast }, user: owner },
  once: { options: { name: 'once', retry: { preset: 'none' as const } }, user: { ...owner, userId: 'once' } },
  twice: { options: { name: 'twice', retry: { scheduleSeconds: [0] } }, user: { ...owner, userId: 'twice' } },
  timed: {
    options: { name: 'timed', timeout: '1s' as const, retry: { preset: 'none' as const } },
    user: { ...owner, userId: 'timed' },
  },
  three: { options: { name: 'three', retry: fast, concurrency: 3 }, user: { ...owner, userId: 'three' } },
};
type Registered = keyof typeof registered;

/** What each handler of the shared gateway does. A test sets it. */
const works = new Map<string, Handler>();

let shared: TestGateway;
let warnings: unknown[][];

beforeAll(async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  shared = await startGateway({}, { timing }, undefined, (paggio) => {
    for (const { options, user } of Object.values(registered)) {
      const handler: Handler = (event, context) => works.get(user.userId)?.(event, context);
      paggio.on('github', 'push', handler, { ...options, userId: user.userId });
    }
    paggio.on('stripe', 'invoice.payd', () => undefined);
    paggio.on('stripe', ['invoice.*', 'my.own.type'], () => undefined);
  });
  warnings = warn.mock.calls;
  warn.mockRestore();
});

afterAll(() => shared.stop());

/** An endpoint for GitHub without a URL, on the shared gateway. Its pushes go to this work, with the options of `kind`. */
async function withHandler(
  work: Handler,
  kind: Registered = 'fast',
  settings = {},
): Promise<{
  paggio: Paggio;
  database: TestDatabase;
  who: Owner;
  id: string;
  push: (body?: string | Buffer) => Promise<string>;
}> {
  const { paggio, database } = shared;
  const { user: who } = registered[kind];
  works.set(who.userId, work);
  const { endpoint } = await paggio.admin.endpoints.create(who, { name: 'hub', verification: gitHub, ...settings });
  const { id, slug } = endpoint;
  const push = (body: string | Buffer = '{}'): Promise<string> => captureFromGitHub(paggio, slug, 'push', body);
  return { paggio, database, who, id, push };
}

/** A gateway with this handler for GitHub's pushes, for a test that stops it. */
async function stoppable(
  handler: Handler,
  options: HandlerOptions & { transactional?: false } = {},
  gatewayOptions = {},
): Promise<{ paggio: Paggio; database: TestDatabase; push: () => Promise<string> }> {
  const { paggio, database } = await start(
    (one) => one.on('github', 'push', handler, { retry: fast, ...options }),
    gatewayOptions,
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  return { paggio, database, push: () => captureFromGitHub(paggio, endpoint.slug, 'push', '{}') };
}

test('a handler receives the exact bytes and everything that is known about the event', async () => {
  const seen: WebhookEvent[] = [];
  const { paggio, id, push } = await withHandler((event) => void seen.push(event));
  const body = '{"ref": "main", "id": 12345678901234567890, "a": 1.10}\n';
  const event = await settled(paggio, owner, await push(body));
  expect(event).toMatchObject({
    status: 'delivered',
    attempts: [{ number: 1, destinationUrl: 'handler:github:push', error: null }],
  });
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({
    id: event.id,
    originId: event.id,
    source: 'github',
    type: 'push',
    method: 'POST',
    verifiedBy: 'github',
    endpoint: { id, name: 'hub' },
    ...owner,
  });
  expect(seen[0]?.body.toString()).toBe(body);
  expect(seen[0]?.header('x-github-EVENT')).toBe('push');
  expect((seen[0]?.payload as { ref: string }).ref).toBe('main');
  const bytes = Buffer.from([...Buffer.from('{"ref":"'), 0xff, ...Buffer.from('"}')]);
  await settled(paggio, owner, await push(bytes));
  expect([seen[1]?.payload, seen[1]?.body]).toEqual([undefined, bytes]);
  expect(seen[0]?.receivedAt).toEqual(event.receivedAt);
  const [destination] = (await paggio.admin.endpoints.get(owner, id)).destinations;
  expect(destination).toMatchObject({ name: 'github:push', url: 'handler:github:push', status: 'ACTIVE' });
});

test("a handler runs outside of the app's request that led to it", async () => {
  const requests = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { paggio, push } = await withHandler(() => void seen.push(requests.getStore()));
  const id = await requests.run('a request of somebody', () => push());
  await settled(paggio, owner, id);
  expect(seen).toEqual([undefined]);
});

test('a handler receives only its source, types, mode and endpoint, and no unverified events unless it asks for them', async () => {
  const seen: string[] = [];
  const hear = (name: string) => (event: WebhookEvent) => void seen.push(`${name} ${event.type}`);
  const { paggio } = await start((one) => {
    one.on('github', ['issues', 'pull_request.*'], hear('list'));
    one.on('github', '*', hear('all'), { name: 'all' });
    one.on('github', 'push', hear('elsewhere'), { name: 'elsewhere', endpoint: 'another' });
    one.on('github', 'push', hear('somebody'), { name: 'somebody', userId: 'somebody' });
    one.on('github', 'push', hear('test'), { name: 'test', mode: 'test' });
    one.on('stripe', '*', hear('stripe'));
    one.on('*', 'push', hear('any'), { unverified: true, mode: 'any' });
  });
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const expected = async (id: string, wanted: string[]): Promise<void> => {
    await until(paggio, async () =>
      (await paggio.admin.events.get(owner, id)).status === 'pending' ? undefined : true,
    );
    expect(seen.splice(0).sort()).toEqual(wanted.sort());
  };
  await expected(await captureFromGitHub(paggio, endpoint.slug, 'push', '{}'), ['all push', 'any push']);
  await expected(await captureFromGitHub(paggio, endpoint.slug, 'issues', '{}'), ['all issues', 'list issues']);
  const opened = await captureFromGitHub(paggio, endpoint.slug, 'pull_request', '{"action":"opened"}');
  await expected(opened, ['all pull_request.opened', 'list pull_request.opened']);
  // Without verification, anyone can claim to be GitHub.
  const open = await paggio.admin.endpoints.create(owner, { name: 'open' });
  await expected(await captureFromGitHub(paggio, open.endpoint.slug, 'push', '{}'), ['any push']);
  expect(await paggio.admin.events.get(owner, await capture(paggio, open.endpoint.slug, '{}'))).toMatchObject({
    status: 'captured',
  });
});

test('an error that a handler throws is retried, a permanent failure is not, and RetryLater sets the time', async () => {
  const fails: Record<string, () => void> = {};
  const { paggio, database, push } = await withHandler((event) => fails[(event.payload as { n: string }).n]?.());
  let tries = 0;
  fails['twice'] = () => {
    if (++tries < 3) throw new Error(`no. ${tries}`);
  };
  const twice = await settled(paggio, owner, await push('{"n":"twice"}'));
  expect(twice.status).toBe('delivered');
  expect(twice.attempts.map(({ error, status }) => [status, error])).toEqual([
    ['failed', 'handler_failed: no. 1'],
    ['failed', 'handler_failed: no. 2'],
    ['delivered', null],
  ]);

  fails['never'] = () => {
    throw new PermanentFailure('unknown customer');
  };
  const never = await settled(paggio, owner, await push('{"n":"never"}'));
  expect(never).toMatchObject({ status: 'failed', statusReason: 'refused', attemptCount: 1 });
  expect(never.attempts[0]?.error).toBe('permanent_failure: unknown customer');

  fails['later'] = () => {
    throw new RetryLater(600_000);
  };
  const later = await push('{"n":"later"}');
  const event = await until(paggio, async () => {
    const one = await paggio.admin.events.get(owner, later);
    return one.attemptCount === 1 ? one : undefined;
  });
  expect(event.status).toBe('pending');
  const [{ seconds } = { seconds: 0 }] = await query<{ seconds: number }>(
    database.url,
    `select extract(epoch from due_at - now())::float8 as seconds from paggio.deliveries where event_id = '${later}'`,
  );
  expect(seconds).toBeGreaterThan(590);
  fails['later'] = () => undefined;
  await passTime(database, 700);
  expect((await settled(paggio, owner, later)).status).toBe('delivered');
});

test('any thrown value ends as a failed attempt with a message', async () => {
  const thrown: unknown[] = [undefined, null, Object.create(null), new Error(''), 'a\0b\ud800', { toString: 1 }];
  const { paggio, who, push } = await withHandler(() => {
    throw thrown.shift();
  }, 'once');
  const errors: unknown[] = [];
  for (let left = thrown.length; left > 0; left--)
    errors.push((await settled(paggio, who, await push())).attempts[0]?.error);
  expect(errors).toEqual([
    'handler_failed: undefined',
    'handler_failed: null',
    'handler_failed: it threw a value that has no text',
    'handler_failed: Error',
    'handler_failed: a\uFFFDb\uFFFD',
    'handler_failed: it threw a value that has no text',
  ]);
});

test('a delivery that runs out of attempts becomes a dead letter, which can be replayed', async () => {
  let broken = true;
  const { paggio, who, push } = await withHandler(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (broken) throw 'no error at all';
  }, 'twice');
  const dead = await settled(paggio, who, await push());
  expect(dead).toMatchObject({ status: 'failed', statusReason: 'exhausted', attemptCount: 2 });
  expect(dead.attempts[0]?.error).toBe('handler_failed: no error at all');
  broken = false;
  const again = await settled(paggio, who, await paggio.admin.replays.redeliver(who, dead.id));
  expect(again).toMatchObject({ status: 'delivered', replayOf: dead.id });
  const bulk = await paggio.admin.bulkReplays.create(who, { filter: { status: 'failed' } });
  const done = await until(paggio, async () => {
    const one = await paggio.admin.bulkReplays.get(who, bulk.id as string);
    return one.status === 'completed' ? one : undefined;
  });
  expect(done).toMatchObject({ matched: 0, created: 0 });
});

test('the time limit aborts the signal; a handler that obeys it ends, one that does not is abandoned', async () => {
  const reasons: unknown[] = [];
  let deaf = false;
  let release: () => void = () => undefined;
  const { paggio, who, push } = await withHandler(
    (_event, { signal }) =>
      new Promise<void>((done, fail) => {
        release = done;
        signal.addEventListener('abort', () => {
          reasons.push((signal.reason as Error).message);
          if (!deaf) fail(new Error('stopped in the middle'));
        });
      }),
    'timed',
  );
  const heeded = await settled(paggio, who, await push());
  expect(heeded.attempts[0]?.error).toBe(
    'timeout: the handler did not end within 1 s and was aborted: stopped in the middle',
  );
  expect(reasons).toEqual(['The handler did not end within 1 s']);
  deaf = true;
  const startedAt = Date.now();
  const given = await settled(paggio, who, await push());
  expect(given.attempts[0]?.error).toMatch(/^timeout: the handler did not end within 1 s/);
  expect(Date.now() - startedAt).toBeGreaterThan(timing.abandonAfterMs);
  release();
});

test('pausing holds deliveries back and resuming sends them; all other settings belong to the code', async () => {
  let count = 0;
  const { paggio, id, push } = await withHandler(() => void count++);
  await settled(paggio, owner, await push());
  const [destination] = (await paggio.admin.endpoints.get(owner, id)).destinations;
  const at = destination?.id as string;
  await paggio.admin.endpoints.updateDestination(owner, id, at, { status: 'PAUSED' });
  const held = await push();
  expect((await paggio.admin.events.get(owner, held)).status).toBe('pending');
  const invalid = {
    code: 'VALIDATION_FAILED',
    details: [expect.objectContaining({ message: expect.stringContaining('in the code') })],
  };
  for (const change of [{ name: 'x' }, { eventTypes: ['a'] }, { retry: fast }, { url: 'https://example.com/' }])
    await expect(paggio.admin.endpoints.updateDestination(owner, id, at, change)).rejects.toMatchObject(invalid);
  await expect(paggio.admin.endpoints.deleteDestination(owner, id, at)).rejects.toMatchObject({ code: 'CONFLICT' });
  // Neither `destinationUrl` nor a list of URLs changes it.
  const recorder = await Recorder.start();
  await paggio.admin.endpoints.update(owner, id, { destinationUrl: recorder.url() });
  await paggio.admin.endpoints.update(owner, id, { destinations: [] });
  await paggio.admin.endpoints.update(owner, id, { destinationUrl: null });
  expect((await paggio.admin.endpoints.get(owner, id)).destinations).toMatchObject([{ id: at, status: 'PAUSED' }]);
  expect(count).toBe(1);
  await paggio.admin.endpoints.updateDestination(owner, id, at, { status: 'ACTIVE' });
  expect((await settled(paggio, owner, held)).status).toBe('delivered');
  expect(count).toBe(2);
  await recorder.stop();
});

test('concurrency is limited, and events of one order key run one after another, even after a failure', async () => {
  let now = 0;
  let most = 0;
  const order: number[] = [];
  const failed = new Set<number>();
  const { id: endpoint, push } = await withHandler(
    async (event) => {
      most = Math.max(most, ++now);
      await new Promise((done) => setTimeout(done, 5));
      now--;
      const { n } = event.payload as { n: number };
      if (n === 2 && !failed.has(n)) {
        failed.add(n);
        throw new Error('once');
      }
      order.push(n);
    },
    'three',
    { orderBy: '/key', concurrency: 50 },
  );
  for (let n = 1; n <= 5; n++) await push(JSON.stringify({ key: 'a', n }));
  await drained(shared, endpoint);
  expect(order).toEqual([1, 2, 3, 4, 5]);
  await Promise.all(Array.from({ length: 30 }, (_, n) => push(JSON.stringify({ key: n, n: 100 + n }))));
  await drained(shared, endpoint);
  expect(most).toBe(3);
});

test('a process without the handler leaves its deliveries to one that has it', async () => {
  const without = await start(() => undefined);
  const { endpoint } = await without.paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  // An old version registered it, and no process of that version runs any more.
  const seen: string[] = [];
  const old = await startGateway({}, {}, without.database, (one) => void one.on('github', '*', () => undefined));
  await old.stop();
  const id = await captureFromGitHub(without.paggio, endpoint.slug, 'push', '{}');
  expect(await without.paggio.admin.handlers.list()).toEqual([
    { name: 'github:*', source: 'github', eventTypes: [], running: 0, pending: 1 },
  ]);
  // The claims of this process pass over the row. An event of an endpoint with a rate limit arrives by a claim only.
  const version = (): Promise<object[]> =>
    query(without.database.url, `select ctid from paggio.deliveries where event_id = '${id}'`);
  const before = await version();
  const recorder = await Recorder.start();
  const paced = { name: 'paced', destinationUrl: recorder.url(), rateLimit: 10 };
  const { endpoint: other } = await without.paggio.admin.endpoints.create(owner, paced);
  await settled(without.paggio, owner, await capture(without.paggio, other.slug, '{}'));
  expect(await version()).toEqual(before);
  await recorder.stop();
  await start((one) => void one.on('github', '*', (event) => void seen.push(event.id)), {}, without.database);
  expect((await settled(without.paggio, owner, id)).attempts).toHaveLength(1);
  expect(seen).toEqual([id]);
  await expect(without.paggio.admin.handlers.remove('github:*')).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('a handler that was removed from the code can be deleted, and its pending deliveries end', async () => {
  const { paggio, database } = await start(() => undefined);
  const old = await startGateway({}, {}, database, (one) => void one.on('github', '*', () => undefined));
  await old.stop();
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const id = await captureFromGitHub(paggio, endpoint.slug, 'push', '{}');
  await paggio.admin.handlers.remove('github:*');
  expect(await settled(paggio, owner, id)).toMatchObject({ status: 'failed', statusReason: 'cancelled' });
  expect((await paggio.admin.endpoints.get(owner, endpoint.id)).destinations).toEqual([]);
  const next = await captureFromGitHub(paggio, endpoint.slug, 'push', '{}');
  expect(await paggio.admin.events.get(owner, next)).toMatchObject({ status: 'captured' });
  await expect(paggio.admin.handlers.remove('github:*')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('changed settings in the code apply to existing destinations at the next start', async () => {
  const { paggio, database } = await start((one) => void one.on('github', '*', () => undefined, { timeout: '5s' }));
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  await settled(paggio, owner, await captureFromGitHub(paggio, endpoint.slug, 'push', '{}'));
  await start(
    (one) => void one.on('github', '*', () => undefined, { timeout: '1800s', retry: { preset: 'patient' } }),
    {},
    database,
  );
  expect((await paggio.admin.endpoints.get(owner, endpoint.id)).destinations).toMatchObject([
    { timeoutSeconds: 1800, retry: { maxAttempts: 20 } },
  ]);
});

test('two processes that receive the first event of an endpoint at once create one destination', async () => {
  const seen: string[] = [];
  const on = (one: Paggio): void => void one.on('github', '*', (event) => void seen.push(event.id));
  const first = await start(on);
  const second = await start(on, {}, first.database);
  for (let n = 0; n < 5; n++) {
    const { endpoint } = await first.paggio.admin.endpoints.create(owner, { name: `hub ${n}`, verification: gitHub });
    const ids = await Promise.all(
      [first, second, first, second].map(({ paggio }) => captureFromGitHub(paggio, endpoint.slug, 'push', '{}')),
    );
    await allSettled(first, ids);
    const counts = `select count(*)::int as attempts from paggio.all_attempts
      where event_id = any('{${ids.join()}}') group by event_id`;
    expect(await query(first.database.url, counts)).toEqual(ids.map(() => ({ attempts: 1 })));
    expect((await first.paggio.admin.endpoints.get(owner, endpoint.id)).destinations).toHaveLength(1);
    expect(seen.splice(0).sort()).toEqual(ids.sort());
  }
});

test('a stop waits for handlers, aborts those that take too long, and releases their deliveries', async () => {
  const state = (database: TestDatabase): Promise<object[]> =>
    query(database.url, `select state, attempt_count, lease_token from paggio.deliveries`);
  let finish: () => void = () => undefined;
  const quick = await stoppable(() => new Promise<void>((done) => (finish = done)));
  await quick.push();
  const stopped = quick.paggio.stop();
  setImmediate(() => finish());
  await stopped;
  expect(await state(quick.database)).toEqual([{ state: 'delivered', attempt_count: 1, lease_token: null }]);

  let reason = '';
  const begun = new Promise<{ paggio: Paggio; database: TestDatabase }>((start) => {
    const slow = stoppable(
      (_event, { signal }) =>
        new Promise<void>((done) => {
          signal.addEventListener('abort', () => {
            reason = (signal.reason as Error).message;
            done();
          });
          void slow.then(start);
        }),
      { timeout: '600s' },
      { stopGrace: 50 },
    );
    void slow.then(({ push }) => push());
  });
  const { paggio, database } = await begun;
  await paggio.stop();
  expect(reason).toBe('Paggio is stopping');
  expect(await state(database)).toEqual([{ state: 'pending', attempt_count: 0, lease_token: null }]);
});

test('all mistakes in a registration are reported at once, and a late registration is refused', async () => {
  const one = createPaggio({ database: { url: 'postgres://nobody@127.0.0.1/x' }, masterKey: testMasterKey });
  const wrong = (): unknown =>
    one.on('stirpe', 'in*voice', () => undefined, { timeout: '1.5s', concurrency: 1.5, mode: 'lvie' } as never);
  expect(wrong).toThrow(
    expect.objectContaining({
      code: 'BAD_REQUEST',
      details: ['source', 'eventType', 'timeout', 'concurrency', 'mode'].map((field) =>
        expect.objectContaining({ field }),
      ),
    }),
  );
  expect(() => one.on('github', 'push', () => undefined, { retires: 1 } as never)).toThrow(/no option "retires"/);
  one.on('github', 'push', () => undefined);
  expect(() => one.on('github', 'push', () => undefined)).toThrow(/two handlers with the name "github:push"/);
  expect(() => shared.paggio.on('github', 'issues', () => undefined)).toThrow(/before start/);
});

test('a handler for an event type that is almost a known one causes a warning at the start, and runs nevertheless', () => {
  expect(warnings).toEqual([
    [
      'The handler "stripe:invoice.payd" handles the event type "invoice.payd" of stripe. Did you mean "invoice.paid"?',
      { type: 'PaggioWarning', code: 'PAGGIO_EVENT_TYPE' },
    ],
  ]);
});
