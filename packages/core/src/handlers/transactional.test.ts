import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Query, type PoolClient } from 'pg';
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

test('what is not settled is undone: a lost lease, a swallowed error, a late constraint', async () => {
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

interface Runner {
  commitTransaction(): Promise<void>;
  rollbackTransaction(): Promise<void>;
  release(): Promise<void>;
  connect(): Promise<Transaction>;
}
const runnerOf = (tx: Transaction): Runner => (tx as unknown as { queryRunner: Runner }).queryRunner;
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
  ["release of the manager's", (tx) => (tx as unknown as Runner).release()],
];

test('a handler that begins or ends the transaction itself is refused before it runs, and is not tried again', async () => {
  for (const [name, options] of (await sources()).slice(0, 4)) {
    let work: Work = write;
    const push = await start((tx, event) => work(tx, event), options);
    const { paggio } = gateway as TestGateway;
    const attempts: [string, (tx: Transaction) => unknown][] =
      name === 'own' || name === 'pool'
        ? clientAttempts.map(([how, attempt]) => [how, (tx) => attempt(asClient(tx))])
        : managerAttempts;
    for (const [how, attempt] of attempts) {
      work = async (tx, event) => {
        await write(tx, event);
        await attempt(tx);
      };
      const event = await settled(paggio, owner, await push());
      const { status, statusReason, attemptCount } = event;
      const error = event.attempts[0]?.error;
      expect([name, how, { status, statusReason, attemptCount, error }]).toEqual([
        name,
        how,
        {
          status: 'failed',
          statusReason: 'refused',
          attemptCount: 1,
          error: expect.stringMatching(/^permanent_failure: The handler used .+ in its transaction/),
        },
      ]);
      expect([name, how, await effects()]).toEqual([name, how, []]);
    }
    // The connection is as good as before.
    work = async (tx, event) => {
      await tx.query('savepoint a');
      await tx.query('select nonsense').catch(() => undefined);
      await tx.query('rollback to a');
      await write(tx, event);
      await tx.query('release a');
    };
    const event = await settled(paggio, owner, await push());
    expect([name, event.status, await effects()]).toEqual([name, 'delivered', [{ event_id: event.id }]]);
    await query(database.url, 'truncate public.effects');
    await gateway?.stop();
  }
});

test("TypeORM's own nested transactions are savepoints of the handler's", async () => {
  for (const [name, options] of (await sources()).slice(2, 4)) {
    const push = await start(async (tx, event) => {
      const manager = tx as unknown as EntityManager;
      await manager.transaction((inner) => write(inner, event) as Promise<unknown>);
      await manager
        .transaction(async (inner) => {
          await write(inner, event);
          throw new Error('undo the inner one');
        })
        .catch(() => undefined);
      expect(typeof manager.getRepository).toBe('function');
    }, options);
    const event = await settled((gateway as TestGateway).paggio, owner, await push());
    expect([name, event.attempts.map(({ error }) => error), await effects()]).toEqual([
      name,
      [null],
      [{ event_id: event.id }],
    ]);
    await query(database.url, 'truncate public.effects');
    await gateway?.stop();
  }
});

test('what a handler has committed past the guard is not written again', async () => {
  // An adapter of the app's own, whose transaction has another way to the connection than its query.
  const pool = hostPool({ connectionString: database.url });
  ends.push(() => pool.end());
  const dataSource = {
    async transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const tx = {
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
  const push = await start(
    async (tx, event) => {
      await write(tx, event);
      await (tx as unknown as { hidden(): Promise<unknown> }).hidden();
    },
    { transactions: { dataSource } },
  );
  const event = await settled((gateway as TestGateway).paggio, owner, await push());
  expect(event).toMatchObject({ status: 'failed', statusReason: 'refused', attemptCount: 1 });
  expect(event.attempts[0]?.error).toContain('The handler ended the transaction itself');
  expect(await effects()).toEqual([{ event_id: event.id }]);
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
    message: expect.stringContaining('leads to another database'),
  });
  await query(
    database.url,
    `do $$ begin create role paggio_nobody login password 'x'; exception when duplicate_object then null; end $$`,
  );
  const url = new URL(database.url);
  Object.assign(url, { username: 'paggio_nobody', password: 'x' });
  const powerless = hostPool({ connectionString: url.href });
  ends.unshift(() => powerless.end());
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
