import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Query, type PoolClient } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Paggio, PaggioOptions, Transaction } from '../index';
import {
  hostPool,
  captureFromGitHub,
  createTestDatabase,
  gitHub,
  migratedDatabase,
  owner,
  passTime,
  query,
  settled,
  shortened,
  startGateway,
  testMasterKey,
  until,
  type TestDatabase,
  type TestGateway,
} from '../testing';

const full = process.env['PAGGIO_FULL'] !== undefined;

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

afterAll(async () => {
  for (const stage of stages.values()) await (await stage).stop();
  await (await crashSite)?.stop();
});

async function databaseWithEffects(): Promise<TestDatabase> {
  const made = await migratedDatabase();
  await query(
    made.url,
    `create table public.effects (event_id uuid not null, note text unique deferrable initially deferred)`,
  );
  return made;
}

const effects = (where: TestDatabase): Promise<{ event_id: string }[]> =>
  query<{ event_id: string }>(where.url, 'select event_id from public.effects order by event_id');

type Work = (tx: Transaction, event: { id: string; payload: { n?: string } }) => unknown;

async function start(
  work: Work,
  options: Partial<PaggioOptions>,
  where: TestDatabase,
): Promise<TestGateway & { push: (body?: string) => Promise<string> }> {
  const started = await startGateway(options, { timing: shortened('pollMs') }, where, (paggio) => {
    paggio.on('github', 'push', (event, { tx }) => work(tx, event as never), {
      transactional: true,
      retry: { scheduleSeconds: [0] },
    });
  });
  const { paggio } = started;
  // One at a time: each further connection costs more than the work of its handler.
  const input = { name: 'hub', verification: gitHub, concurrency: 1 };
  const { endpoint } = await paggio.admin.endpoints.create(owner, input);
  return { ...started, push: (body = '{}') => captureFromGitHub(paggio, endpoint.slug, 'push', body) };
}

const write: Work = (tx, { id }) => tx.query('insert into public.effects (event_id) values ($1)', [id]);

/** TypeORM as hosts use it that have not moved to version 1. */
const { DataSource: OldDataSource } = jest.requireActual<{ DataSource: typeof DataSource }>('typeorm03');

const source = async (Source: typeof DataSource, url: string): Promise<DataSource> =>
  new Source({ type: 'postgres', url, installExtensions: false }).initialize();

type Way = 'own' | 'pool' | 'dataSource' | 'TypeORM 0.3' | 'database' | 'database by TypeORM 0.3';

/** The source of the handlers' transactions, and a function that closes it. */
async function transactionsOf(way: Way, url: string): Promise<[Partial<PaggioOptions>, () => Promise<unknown>]> {
  if (way === 'own') return [{}, async () => undefined];
  if (way === 'pool') {
    const pool = hostPool({ connectionString: url });
    return [{ transactions: { pool } }, () => pool.end()];
  }
  const dataSource = await source(way.endsWith('TypeORM 0.3') ? OldDataSource : DataSource, url);
  const options = way.startsWith('database') ? { database: { dataSource } } : { transactions: { dataSource } };
  return [options, () => dataSource.destroy()];
}

/** A gateway whose handler does what the test sets. */
interface Stage {
  work: Work;
  paggio: Paggio;
  push: (body?: string) => Promise<string>;
  effects: () => Promise<{ event_id: string }[]>;
  /** Runs statements as an operator. */
  query: (sql: string) => Promise<unknown>;
  /** Removes all effects. */
  clear: () => Promise<unknown>;
  stop: () => Promise<void>;
}

/** One gateway for each source, shared by all tests. */
const stages = new Map<Way, Promise<Stage>>();

async function stageOf(way: Way): Promise<Stage> {
  if (!stages.has(way)) stages.set(way, newStage(way));
  const stage = await (stages.get(way) as Promise<Stage>);
  stage.work = write;
  await stage.clear();
  return stage;
}

async function newStage(way: Way): Promise<Stage> {
  const where = await databaseWithEffects();
  const [options, end] = await transactionsOf(way, where.url);
  const { paggio, push, stop } = await start((tx, event) => stage.work(tx, event), options, where);
  const stage: Stage = {
    work: write,
    paggio,
    push,
    effects: () => effects(where),
    query: (sql) => query(where.url, sql),
    clear: () => query(where.url, 'truncate public.effects'),
    async stop() {
      await stop();
      await end();
      await where.drop();
    },
  };
  return stage;
}

// The options decide whether a DataSource for the database is used for transactions too.
const ways: Way[] = ['own', 'pool', 'dataSource', 'TypeORM 0.3'];
if (full) ways.push('database', 'database by TypeORM 0.3');

test('effects and the settled delivery commit together, in transactions of Paggio, the pool and TypeORM', async () => {
  for (const way of ways) {
    const stage = await stageOf(way);
    let fail = true;
    let manager: unknown;
    stage.work = async (tx, event) => {
      manager = tx;
      await write(tx, event);
      if (fail) {
        fail = false;
        throw new Error('after the write');
      }
    };
    const event = await settled(stage.paggio, owner, await stage.push());
    expect([way, event.attempts.map(({ status, error }) => [status, error])]).toEqual([
      way,
      [
        ['failed', 'handler_failed: after the write'],
        ['delivered', null],
      ],
    ]);
    expect(await stage.effects()).toEqual([{ event_id: event.id }]);
    if (way !== 'own' && way !== 'pool') expect(typeof (manager as EntityManager).getRepository).toBe('function');
  }
});

test('effects are rolled back with a lost lease, a swallowed error or a late constraint', async () => {
  for (const way of ['pool', 'dataSource'] as const) {
    const stage = await stageOf(way);
    const { paggio, push } = stage;
    const failure = async (one: Work): Promise<string | null | undefined> => {
      stage.work = async (tx, event) => {
        stage.work = write;
        await one(tx, event);
      };
      const event = await settled(paggio, owner, await push());
      expect(event.attempts.map(({ status }) => status)).toEqual(['failed', 'delivered']);
      return event.attempts[0]?.error;
    };

    const swallowed = await failure(async (tx) => void (await tx.query('select nonsense').catch(() => undefined)));
    expect([way, swallowed]).toEqual([way, expect.stringContaining('current transaction is aborted')]);
    expect(await stage.effects()).toHaveLength(1);
    await stage.clear();

    const late = await failure((tx, { id }) =>
      tx.query(`insert into public.effects (event_id, note) select $1, 'twice' from generate_series(1, 2)`, [id]),
    );
    expect([way, late]).toEqual([way, expect.stringContaining('duplicate key')]);
    expect(await stage.effects()).toHaveLength(1);
    await stage.clear();

    // Another process takes over the delivery while the handler runs.
    stage.work = async (tx, event) => {
      stage.work = write;
      await write(tx, event);
      await stage.query(
        `update paggio.deliveries set lease_token = gen_random_uuid(), due_at = now() + interval '1 second'
         where event_id = '${event.id}'`,
      );
    };
    const event = await settled(paggio, owner, await push());
    expect(event.attempts.map(({ status, number }) => [status, number])).toEqual([['delivered', 1]]);
    expect(await stage.effects()).toEqual([{ event_id: event.id }]);
  }
});

const managerOf = (tx: Transaction): EntityManager => tx as unknown as EntityManager;
const runnerOf = (tx: Transaction): QueryRunner => managerOf(tx).queryRunner as QueryRunner;
const asClient = (tx: Transaction): PoolClient => tx as unknown as PoolClient;

const clientAttempts: [string, (client: PoolClient) => unknown][] = [
  ['a text', (client) => client.query('COMMIT')],
  ['several statements', (client) => client.query('select 1; rollback; begin')],
  ['a configuration', (client) => client.query({ text: '-- done\ncommit and chain' })],
  ['a prepared statement', (client) => client.query({ name: 'done', text: 'end' })],
  ['a callback', (client) => new Promise((done, fail) => client.query('abort', (e, r) => (e ? fail(e) : done(r))))],
  ['a Query object', (client) => client.query(new Query('commit'))],
  ['a nested transaction', (client) => client.query('begin')],
  ['its error swallowed', (client) => client.query('start transaction').catch(() => undefined)],
  ['release', (client) => client.release()],
];
const managerAttempts: [string, (tx: Transaction) => unknown][] = [
  ['a text', (tx) => tx.query('COMMIT')],
  ['commitTransaction', (tx) => runnerOf(tx).commitTransaction()],
  ['rollbackTransaction', (tx) => runnerOf(tx).rollbackTransaction()],
  ['the connection', async (tx) => (await runnerOf(tx).connect()).query('commit')],
  ['release', (tx) => runnerOf(tx).release()],
  ["release of the manager's", (tx) => managerOf(tx).release()],
];

test('a handler that begins or ends the transaction itself is refused before its statement runs, and is not retried', async () => {
  for (const way of ['own', 'pool', 'dataSource', 'TypeORM 0.3'] as const) {
    const stage = await stageOf(way);
    const { paggio, push } = stage;
    const attempts: [string, (tx: Transaction) => unknown][] =
      way === 'own' || way === 'pool'
        ? clientAttempts.map(([how, attempt]) => [how, (tx) => attempt(asClient(tx))])
        : managerAttempts;
    stage.work = async (tx, event) => {
      await write(tx, event);
      await attempts[Number(event.payload.n)]?.[1](tx);
    };
    // Together, because they are delivered one after another anyway.
    const ids = await Promise.all(attempts.map((_, n) => push(`{"n":"${n}"}`)));
    for (const [n, [how]] of attempts.entries()) {
      const event = await settled(paggio, owner, ids[n] as string);
      const { status, statusReason, attemptCount } = event;
      const error = event.attempts[0]?.error;
      expect([way, how, { status, statusReason, attemptCount, error }]).toEqual([
        way,
        how,
        {
          status: 'failed',
          statusReason: 'refused',
          attemptCount: 1,
          error: expect.stringMatching(/^permanent_failure: The handler used .+ in its transaction/),
        },
      ]);
    }
    const written = (await stage.effects()).map(({ event_id }) => attempts[ids.indexOf(event_id)]?.[0]);
    expect([way, written]).toEqual([way, []]);
    // The connection still works.
    stage.work = async (tx, event) => {
      await tx.query('savepoint a');
      await tx.query('select nonsense').catch(() => undefined);
      await tx.query('rollback to a');
      await write(tx, event);
      await tx.query('release a');
    };
    const event = await settled(paggio, owner, await push());
    expect([way, event.status, await stage.effects()]).toEqual([way, 'delivered', [{ event_id: event.id }]]);
  }
});

test("nested transactions of TypeORM are savepoints of the handler's transaction", async () => {
  for (const way of ['dataSource', 'TypeORM 0.3'] as const) {
    const stage = await stageOf(way);
    stage.work = async (tx, event) => {
      const manager = managerOf(tx);
      await manager.transaction((inner) => write(inner, event) as Promise<unknown>);
      await manager
        .transaction(async (inner) => {
          await write(inner, event);
          throw new Error('undo the inner one');
        })
        .catch(() => undefined);
      expect(typeof manager.getRepository).toBe('function');
    };
    const event = await settled(stage.paggio, owner, await stage.push());
    expect([way, event.attempts.map(({ error }) => error), await stage.effects()]).toEqual([
      way,
      [null],
      [{ event_id: event.id }],
    ]);
  }
});

/** A transaction with another way to its connection than `query`. */
interface LeakyTransaction extends Transaction {
  hidden(): Promise<unknown>;
}

test('effects that a handler committed by a way around the guard are not written again', async () => {
  const database = await databaseWithEffects();
  const pool = hostPool({ connectionString: database.url });
  ends.push(() => pool.end());
  const dataSource = {
    async transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const tx: LeakyTransaction = {
          query: (sql: string, values?: unknown[]) => client.query(sql, values),
          hidden: () => client.query('commit'),
        };
        const result = await run(tx);
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
  };
  const started = await start(
    async (tx, event) => {
      await write(tx, event);
      await (tx as LeakyTransaction).hidden();
    },
    { transactions: { dataSource } },
    database,
  );
  ends.unshift(() => started.stop());
  ends.push(() => database.drop());
  const event = await settled(started.paggio, owner, await started.push());
  expect(event).toMatchObject({ status: 'failed', statusReason: 'refused', attemptCount: 1 });
  expect(event.attempts[0]?.error).toContain('The handler ended the transaction itself');
  expect(await effects(database)).toEqual([{ event_id: event.id }]);
});

test('a handler that does not end loses its transaction and can no longer write', async () => {
  let late: Promise<unknown> | undefined;
  let first = true;
  const timing = shortened('timeoutSecondMs', 'abandonAfterMs', 'pollMs');
  const database = await databaseWithEffects();
  const { paggio, stop } = await startGateway({}, { timing }, database, (paggio) => {
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
        late = new Promise((done) => setTimeout(done, 1.2 * timing.abandonAfterMs)).then(insert);
        await late;
      },
      { transactional: true, timeout: '1s', retry: { scheduleSeconds: [0] } },
    );
  });
  ends.push(stop, () => database.drop());
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const event = await settled(paggio, owner, await captureFromGitHub(paggio, endpoint.slug, 'push', '{}'));
  expect(event.attempts.map(({ status }) => status)).toEqual(['failed', 'delivered']);
  await expect(late).rejects.toThrow();
  expect(await effects(database)).toEqual([{ event_id: event.id }]);
});

test("a start is refused with transactions of another database, or without rights on Paggio's tables", async () => {
  const [database, empty, other] = [await migratedDatabase(), await createTestDatabase(), await migratedDatabase()];
  const begin = (options: Partial<PaggioOptions>): Promise<unknown> => start(write, options, database);
  const nobody = `paggio_nobody_${randomBytes(6).toString('hex')}`;
  const toEmpty = hostPool({ connectionString: empty.url });
  // The other database has Paggio's tables too.
  const pool = hostPool({ connectionString: other.url });
  ends.push(
    () => toEmpty.end(),
    () => pool.end(),
    () => database.drop(),
    () => empty.drop(),
    () => other.drop(),
  );
  await expect(begin({ transactions: { pool: toEmpty } })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(begin({ transactions: { pool } })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('leads to another database'),
  });
  await query(database.url, `create role ${nobody} login password 'x'`);
  const url = new URL(database.url);
  Object.assign(url, { username: nobody, password: 'x' });
  const powerless = hostPool({ connectionString: url.href });
  ends.unshift(
    () => powerless.end(),
    () => query(database.url, `drop role ${nobody}`),
  );
  await expect(begin({ transactions: { pool: powerless } })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('permission denied'),
  });
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
// Everything is rolled back before the commit, whatever the step, and nothing after it. The last step before it has the
// most to roll back. During the commit, it has either happened or not.
const stepsOf: Record<string, string[]> = full ? { pool: steps, dataSource: steps } : { dataSource: ['before commit'] };

/** The database and the gateway that captures for the tests of processes that are killed. */
interface CrashSite {
  database: TestDatabase;
  paggio: Paggio;
  stop: () => Promise<void>;
}

let crashSite: Promise<CrashSite> | undefined;

async function newCrashSite(): Promise<CrashSite> {
  const database = await databaseWithEffects();
  const { paggio, stop } = await startGateway({ roles: ['capture', 'api'] }, {}, database);
  // The handler is known from here on.
  await (await survivor(database)).stop();
  return { database, paggio, stop: () => stop().then(() => database.drop()) };
}

class HandlerProcess {
  readonly exited: Promise<unknown[]>;
  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
  }

  static async start({ database }: CrashSite, kind: string, step: string | null): Promise<HandlerProcess> {
    const options = { database: { url: database.url }, masterKey: testMasterKey.toString('hex') };
    const script = join(__dirname, '../testing/handler-process.js');
    const child = fork(script, [JSON.stringify({ options, kind, step })], { execArgv: [] });
    const process = new HandlerProcess(child);
    ends.push(() => process.kill());
    // A process that is going to die may do so with earlier deliveries, as soon as it is ready.
    if (step === null) {
      const gone = process.exited.then(() => Promise.reject(new Error('the process ended')));
      await Promise.race([once(child, 'message'), gone]);
    }
    return process;
  }

  /** Resolves with the code and the signal of a process that is going to die, or says after a minute that it lives. */
  async ended(): Promise<unknown[]> {
    let timer: NodeJS.Timeout | undefined;
    const lives = new Promise<unknown[]>((done) => {
      timer = setTimeout(done, 60_000, ['the process has not died within a minute']);
    });
    return Promise.race([this.exited, lives]).finally(() => clearTimeout(timer));
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** Finishes, in this process, the deliveries that the dead processes left. */
const survivor = (database: TestDatabase): Promise<TestGateway> =>
  startGateway({ roles: ['deliver'] }, { timing: shortened('pollMs') }, database, (paggio) => {
    paggio.on('github', 'push', (event, { tx }) => tx.query('insert into public.effects values ($1)', [event.id]), {
      name: 'effect',
      transactional: true,
    });
  });

/** Makes earlier processes count as gone, so that nobody waits for their leases to expire. */
async function heal({ database }: CrashSite): Promise<void> {
  await query(database.url, 'delete from paggio.workers');
  await passTime(database, 60);
}

test.each(['pool', 'dataSource'])(
  'each effect is there exactly once when a process is killed at any step (%s)',
  async (kind) => {
    if (kind === 'pool' && !full) return poolUnderLoad();
    const site = await (crashSite ??= newCrashSite());
    const { paggio } = site;
    const { endpoint } = await paggio.admin.endpoints.create(owner, { name: kind, verification: gitHub });
    const ids: string[] = [];
    const push = async (): Promise<void> =>
      void ids.push(await captureFromGitHub(paggio, endpoint.slug, 'push', `{"n": ${ids.length}}`));
    for (const step of stepsOf[kind] as string[]) {
      const process = await HandlerProcess.start(site, kind, step);
      await Promise.all([push(), push(), push()]);
      expect([step, ...(await process.ended())]).toEqual([step, null, 'SIGKILL']);
      await heal(site);
    }
    await everythingOnce(site, ids);
  },
  120_000,
);

test('each effect is there exactly once when processes are killed at any time under load', async () => {
  if (full) await underLoad('own', null, 5);
  else await poolUnderLoad();
}, 120_000);

let poolDied: Promise<void> | undefined;
/** The short form kills one process: it dies after a commit of its pool, and under load. */
const poolUnderLoad = (): Promise<void> => (poolDied ??= underLoad('pool', 'after commit', 1));

/** Kills processes while events arrive; with a step, each kills itself there. */
async function underLoad(kind: string, step: string | null, rounds: number): Promise<void> {
  const site = await (crashSite ??= newCrashSite());
  const { paggio } = site;
  const input = { name: 'load', verification: gitHub, concurrency: 4 };
  const { endpoint } = await paggio.admin.endpoints.create(owner, input);
  const ids: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const process = await HandlerProcess.start(site, kind, step);
    const load = Array.from({ length: full ? 40 : 25 }, async (_, n) => {
      ids.push(await captureFromGitHub(paggio, endpoint.slug, 'push', `{"n": ${round * 100 + n}}`));
    });
    await Promise.all(load.slice(0, 12 + 5 * round));
    if (step === null) await process.kill();
    else expect(await process.ended()).toEqual([null, 'SIGKILL']);
    await Promise.all(load);
    await heal(site);
  }
  await everythingOnce(site, ids);
}

/** Lets a process deliver what is left. Then each of these events has its effect, and there is no other. */
async function everythingOnce({ database, paggio }: CrashSite, ids: string[]): Promise<void> {
  const last = await survivor(database);
  await until(paggio, async () => {
    const [row] = await query<{ count: number }>(
      database.url,
      `select count(*)::int as count from paggio.deliveries where state = 'pending'`,
    );
    return row?.count === 0 ? true : undefined;
  });
  expect((await effects(database)).map((row) => row.event_id)).toEqual([...ids].sort());
  const states = await query(database.url, 'select distinct state from paggio.deliveries');
  expect(states).toEqual([{ state: 'delivered' }]);
  const counts = await query(
    database.url,
    `select distinct count(*)::int as count from paggio.all_attempts where status = 'delivered' group by event_id`,
  );
  expect(counts).toEqual([{ count: 1 }]);
  await last.stop();
  await query(database.url, 'truncate public.effects');
}
