import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DataSource, type EntityManager } from 'typeorm';
import type { Paggio, PaggioOptions, Transaction } from '../index';
import {
  hostPool,
  captureFromGitHub,
  createTestDatabase,
  gitHub,
  owner,
  passTime,
  query,
  settled,
  startGateway,
  testMasterKey,
  until,
  type TestDatabase,
  type TestGateway,
} from '../testing';

let database: TestDatabase;
let gateway: TestGateway | undefined;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  await query(
    database.url,
    `create table public.effects (event_id uuid not null, note text unique deferrable initially deferred)`,
  );
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  for (const end of ends.splice(0)) await end();
  await database.drop();
});

const effects = (): Promise<{ event_id: string }[]> =>
  query<{ event_id: string }>(database.url, 'select event_id from public.effects order by event_id');

type Work = (tx: Transaction, event: { id: string; payload: { n?: string } }) => unknown;

async function start(work: Work, options: Partial<PaggioOptions> = {}): Promise<() => Promise<string>> {
  gateway = await startGateway(options, {}, database, (paggio) => {
    paggio.on('github', 'push', (event, { tx }) => work(tx, event as never), {
      transactional: true,
      retry: { schedule_seconds: [0] },
    });
  });
  const { paggio } = gateway;
  const { endpoint } = await paggio.endpoints.create(owner, { name: 'hub', verification: gitHub });
  return () => captureFromGitHub(paggio, endpoint.slug, 'push', '{}');
}

const write: Work = (tx, { id }) => tx.query('insert into public.effects (event_id) values ($1)', [id]);

/** The TypeORM of hosts that have not moved to version 1. */
const { DataSource: OldDataSource } = jest.requireActual<{ DataSource: typeof DataSource }>('typeorm03');

async function sources(): Promise<[string, Partial<PaggioOptions>][]> {
  const pool = hostPool({ connectionString: database.url });
  const dataSource = new DataSource({ type: 'postgres', url: database.url, installExtensions: false });
  const old = new OldDataSource({ type: 'postgres', url: database.url, installExtensions: false });
  await Promise.all([dataSource.initialize(), old.initialize()]);
  ends.push(
    () => pool.end(),
    () => dataSource.destroy(),
    () => old.destroy(),
  );
  return [
    ['own', {}],
    ['pool', { transactions: { pool } }],
    ['dataSource', { transactions: { dataSource } }],
    ['TypeORM 0.3', { transactions: { dataSource: old } }],
    ['database', { database: { dataSource } }],
    ['database by TypeORM 0.3', { database: { dataSource: old } }],
  ];
}

test("effects and the settled delivery commit together, in Paggio's, the pool's and TypeORM's transactions", async () => {
  for (const [name, options] of await sources()) {
    let fail = true;
    let manager: unknown;
    const push = await start(async (tx, event) => {
      manager = tx;
      await write(tx, event);
      if (fail) {
        fail = false;
        throw new Error('after the write');
      }
    }, options);
    const { paggio } = gateway as TestGateway;
    const event = await settled(paggio, owner, await push());
    expect([name, event.attempts.map(({ status, error }) => [status, error])]).toEqual([
      name,
      [
        ['failed', 'handler_failed: after the write'],
        ['delivered', null],
      ],
    ]);
    expect(await effects()).toEqual([{ event_id: event.id }]);
    if (name !== 'own' && name !== 'pool') expect(typeof (manager as EntityManager).getRepository).toBe('function');
    await query(database.url, 'truncate public.effects');
    await gateway?.stop();
  }
});

test('what is not settled is undone: a lost lease, an ended transaction, a swallowed error, a late constraint', async () => {
  for (const [name, options] of (await sources()).slice(1, 3)) {
    let work: Work = write;
    const push = await start((tx, event) => work(tx, event), options);
    const { paggio } = gateway as TestGateway;
    const failure = async (one: Work): Promise<string | null | undefined> => {
      work = async (tx, event) => {
        work = write;
        await one(tx, event);
      };
      const event = await settled(paggio, owner, await push());
      expect(event.attempts.map(({ status }) => status)).toEqual(['failed', 'delivered']);
      return event.attempts[0]?.error;
    };
    const nothing = async (): Promise<unknown> => query(database.url, 'truncate public.effects');

    const ended = await failure(async (tx, event) => {
      await write(tx, event);
      await tx.query('commit');
    });
    expect([name, ended]).toEqual([name, expect.stringContaining('The handler ended the transaction itself')]);
    await nothing();

    const swallowed = await failure(async (tx) => void (await tx.query('select nonsense').catch(() => undefined)));
    expect([name, swallowed]).toEqual([name, expect.stringContaining('current transaction is aborted')]);
    expect(await effects()).toHaveLength(1);
    await nothing();

    const late = await failure((tx, { id }) =>
      tx.query(`insert into public.effects (event_id, note) select $1, 'twice' from generate_series(1, 2)`, [id]),
    );
    expect([name, late]).toEqual([name, expect.stringContaining('duplicate key')]);
    expect(await effects()).toHaveLength(1);
    await nothing();

    // Somebody else took it over while the handler ran.
    work = async (tx, event) => {
      work = write;
      await write(tx, event);
      await query(
        database.url,
        `update paggio.deliveries set lease_token = gen_random_uuid(), due_at = now() + interval '1 second'
         where event_id = '${event.id}'`,
      );
    };
    const event = await settled(paggio, owner, await push());
    expect(event.attempts.map(({ status, number }) => [status, number])).toEqual([['delivered', 1]]);
    expect(await effects()).toEqual([{ event_id: event.id }]);
    await nothing();
    await gateway?.stop();
  }
});

test('a handler that does not end loses its transaction, and cannot write any more', async () => {
  let late: Promise<unknown> | undefined;
  let first = true;
  gateway = await startGateway({}, {}, database, (paggio) => {
    paggio.on(
      'github',
      'push',
      async (event, { tx, signal }) => {
        const insert = (): Promise<unknown> =>
          tx.query('insert into public.effects (event_id) values ($1)', [event.id]);
        await insert();
        if (!first) return;
        first = false;
        await once(signal, 'abort');
        late = new Promise((done) => setTimeout(done, 6_000)).then(insert);
        await late;
      },
      { transactional: true, timeoutSeconds: 1, retry: { schedule_seconds: [0] } },
    );
  });
  const { paggio } = gateway;
  const { endpoint } = await paggio.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const event = await settled(paggio, owner, await captureFromGitHub(paggio, endpoint.slug, 'push', '{}'));
  expect(event.attempts.map(({ status }) => status)).toEqual(['failed', 'delivered']);
  await expect(late).rejects.toThrow();
  expect(await effects()).toEqual([{ event_id: event.id }]);
});

test("a start with transactions of another database is refused, and one without rights on Paggio's tables", async () => {
  const other = await createTestDatabase();
  const begin = (options: Partial<PaggioOptions>): Promise<unknown> => start(write, options);
  const pool = hostPool({ connectionString: other.url });
  ends.push(
    () => pool.end(),
    () => other.drop(),
  );
  await expect(begin({ transactions: { pool } })).rejects.toMatchObject({ code: 'CONFLICT' });
  // The other one has Paggio's tables too.
  await (await startGateway({}, {}, other)).stop();
  await expect(begin({ transactions: { pool } })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('in another database'),
  });
  await query(
    database.url,
    `do $$ begin create role paggio_nobody login password 'x'; exception when duplicate_object then null; end $$`,
  );
  const url = new URL(database.url);
  Object.assign(url, { username: 'paggio_nobody', password: 'x' });
  const powerless = hostPool({ connectionString: url.href });
  ends.unshift(() => powerless.end());
  await expect(begin({ transactions: { pool: powerless } })).rejects.toMatchObject({ code: 'CONFLICT' });
});

const steps = [
  'begun',
  'written',
  'before settle',
  'during settle',
  'after settle',
  'before commit',
  'during commit',
  'after commit',
];

class HandlerProcess {
  readonly exited: Promise<unknown[]>;
  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
  }

  static async start(kind: string, step: string | null): Promise<HandlerProcess> {
    const options = { database: { url: database.url }, masterKey: testMasterKey.toString('hex') };
    const script = join(__dirname, '../testing/handler-process.js');
    const child = fork(script, [JSON.stringify({ options, kind, step })], { execArgv: [] });
    const process = new HandlerProcess(child);
    ends.push(() => process.kill());
    // One that is to die may do so with what is left from before, as soon as it is ready.
    if (step === null) {
      const gone = process.exited.then(() => Promise.reject(new Error('the process ended')));
      await Promise.race([once(child, 'message'), gone]);
    }
    return process;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** Every process so far is gone, and nobody waits for its lease to run out. */
async function heal(): Promise<void> {
  await query(database.url, 'delete from paggio.workers');
  await passTime(database, 60);
}

test.each(['pool', 'dataSource'])(
  'CRA: killed at every step, each effect is there exactly once (%s)',
  async (kind) => {
    gateway = await startGateway({ roles: ['capture', 'api'] }, {}, database);
    const { paggio } = gateway;
    const { endpoint } = await paggio.endpoints.create(owner, { name: 'hub', verification: gitHub });
    const ids: string[] = [];
    const push = async (): Promise<void> =>
      void ids.push(await captureFromGitHub(paggio, endpoint.slug, 'push', `{"n": ${ids.length}}`));
    // The handler is known from here on.
    await (await HandlerProcess.start(kind, null)).kill();
    for (const step of steps) {
      const process = await HandlerProcess.start(kind, step);
      await Promise.all([push(), push(), push()]);
      await process.exited;
      await heal();
    }
    await HandlerProcess.start(kind, null);
    await everythingOnce(paggio, ids);
  },
  120_000,
);

test('CRA: killed at any time under load, each effect is there exactly once', async () => {
  gateway = await startGateway({ roles: ['capture', 'api'] }, {}, database);
  const { paggio } = gateway;
  const { endpoint } = await paggio.endpoints.create(owner, { name: 'hub', verification: gitHub, concurrency: 4 });
  await (await HandlerProcess.start('own', null)).kill();
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    const process = await HandlerProcess.start('own', null);
    const load = Array.from({ length: 40 }, async (_, n) => {
      ids.push(await captureFromGitHub(paggio, endpoint.slug, 'push', `{"n": ${round * 100 + n}}`));
    });
    await Promise.all(load.slice(0, 5 + 7 * round));
    await process.kill();
    await Promise.all(load);
    await heal();
  }
  await HandlerProcess.start('own', null);
  await everythingOnce(paggio, ids);
}, 120_000);

async function everythingOnce(paggio: Paggio, ids: string[]): Promise<void> {
  await until(paggio, async () => {
    const [row] = await query<{ count: number }>(
      database.url,
      `select count(*)::int as count from paggio.deliveries where state = 'pending'`,
    );
    return row?.count === 0 ? true : undefined;
  });
  expect((await effects()).map((row) => row.event_id)).toEqual([...ids].sort());
  const states = await query(database.url, 'select distinct state from paggio.deliveries');
  expect(states).toEqual([{ state: 'delivered' }]);
  const counts = await query(
    database.url,
    `select distinct count(*)::int as count from paggio.attempts where status = 'delivered' group by event_id`,
  );
  expect(counts).toEqual([{ count: 1 }]);
}
