import { createPaggio, type Paggio } from './index';
import { capture, migratedDatabase, owner, query, shortened, startGateway, testMasterKey } from './testing';

const paging = { limit: 10, offset: 0, startingAfter: null };
const calls: readonly [string, (paggio: Paggio) => Promise<unknown>][] = [
  ['endpoints.create', (paggio) => paggio.admin.endpoints.create(owner, { name: 'early' })],
  ['endpoints.list', (paggio) => paggio.admin.endpoints.list(owner, paging)],
  ['events.list', (paggio) => paggio.admin.events.list(owner, {}, paging)],
  ['stats.read', (paggio) => paggio.admin.stats.read(owner)],
  ['publish', (paggio) => paggio.publish({ userId: 'u', eventType: 'a', payload: {} })],
  ['keys.list', (paggio) => paggio.admin.keys.list(owner, paging)],
  ['bulkReplays.list', (paggio) => paggio.admin.bulkReplays.list(owner, paging)],
  ['handlers.list', (paggio) => paggio.admin.handlers.list()],
  ['gauges', (paggio) => paggio.host.gauges()],
  ['capture', async (paggio) => paggio.host.capture.route('none', 'POST')],
  ['the stream', (paggio) => paggio.admin.feed.follow(owner, null).next()],
];

/** The errors of each call before the start of a gateway, and after its stop. */
const refusals = { early: new Map<string, unknown>(), late: new Map<string, unknown>() };

beforeAll(async () => {
  const database = await migratedDatabase();
  const paggio = createPaggio({ database: { url: database.url }, masterKey: testMasterKey });
  const ask = async (into: Map<string, unknown>): Promise<void> => {
    for (const [name, call] of calls) into.set(name, await call(paggio).catch((error: unknown) => error));
  };
  await ask(refusals.early);
  await paggio.start();
  await paggio.stop();
  await ask(refusals.late);
  await database.drop();
});

test.each(calls)('%s before the start and after the stop says what is missing', (name) => {
  expect(refusals.early.get(name)).toMatchObject({
    code: 'NOT_STARTED',
    message: 'Paggio is not started',
    hint: 'Call await paggio.start() before the server listens.',
  });
  expect(refusals.late.get(name)).toMatchObject({ code: 'NOT_STARTED', message: 'Paggio was stopped' });
});

// Looks and claims use the one column, and only claims the other.
test.each([
  ['looks', 'destinations', 'paced_until'],
  ['claims', 'deliveries', 'takeovers'],
])(
  'a process whose %s have failed for a minute is not ready and says why, until one succeeds',
  async (what, table, column) => {
    const gateway = await startGateway({}, { timing: shortened('pollMs') });
    const { paggio } = gateway;
    const { endpoint } = await paggio.admin.endpoints.create(owner, {
      name: 'due',
      destinationUrl: 'http://127.0.0.1:1/',
      orderBy: '/key',
    });
    const now = performance.now.bind(performance);
    let ahead = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
    const failed = (): Promise<void> =>
      new Promise((done) => {
        const end = paggio.subscribe((event) => {
          if (event.type !== 'fault' || event.where !== 'delivery.claim') return;
          end();
          done();
        });
      });
    const first = failed();
    await query(gateway.database.url, `alter table paggio.${table} rename column ${column} to gone`);
    // Looks succeed, and find this one each time.
    if (what === 'claims') await capture(paggio, endpoint.slug, '{"key":1}');
    await first;
    expect(await paggio.readiness()).toMatchObject({ ready: true, reason: null });
    ahead = 61_000;
    // Renewals that succeed in between do not count as polls.
    await failed();
    expect(await paggio.readiness()).toMatchObject({
      ready: false,
      reason: 'due deliveries cannot be claimed',
      migration: expect.any(Number),
    });
    await query(gateway.database.url, `alter table paggio.${table} rename column gone to ${column}`);
    for (;;) if ((await paggio.readiness()).ready) break;
    clock.mockRestore();
    await gateway.stop();
  },
);
