import { inspect } from 'node:util';
import { createPaggio, type TelemetryEvent, type Scheduler } from '@paggio/core';
import { migratedDatabase, query, Recorder, testMasterKey } from '@paggio/core/testing';
import { Client } from 'pg';
import { Canaries, startGatewayServer, WholeProduct } from './testing';

/** The ways in which a statement fails before it succeeds. The full check uses all of them for each statement, otherwise one. */
const WAYS = ['gone', 'P0001', '22023', '23514'] as const;
const TIMES = process.env['PAGGIO_FULL'] === '1' ? WAYS.length : 1;

/** Marks the test's own statements. */
const OWN = '/* test */';

const FAIL = `
  create schema canary;
  create function canary.fail(way text, shown text) returns void language plpgsql as $$
  begin
    raise exception 'refused: %', shown using errcode = way, detail = shown, hint = shown, column = 'c', table = 't', constraint = 'k';
  end $$`;

type Query = (config: string | { text: string; values?: unknown[] }, values?: unknown, done?: unknown) => unknown;

/**
 * Makes every statement of Paggio fail on the connection itself, so that PostgreSQL refuses it with an error that contains the
 * values of all its parameters.
 */
class BrokenStatements {
  readonly failures = new Map<string, number>();
  private readonly original = Reflect.get(Client.prototype, 'query') as Query;

  arm(): void {
    const { original, failures } = this;
    const broken = function (this: Client, ...[config, values, done]: Parameters<Query>): unknown {
      const text = typeof config === 'string' ? config : config.text;
      const given = (typeof config === 'string' ? values : config.values) as unknown[] | undefined;
      const count = failures.get(text) ?? 0;
      if ((typeof config === 'object' && 'submit' in config) || text.startsWith(OWN))
        return original.call(this, config, values, done);
      if (!/"?paggio"?\./.test(text) || count >= TIMES) return original.call(this, config, values, done);
      const way = WAYS[(failures.size + count) % WAYS.length] as string;
      failures.set(text, count + 1);
      return original.call(this, brokenText(text, given ?? [], way), given, done);
    };
    Object.assign(Client.prototype, { query: broken });
  }

  disarm(): void {
    Object.assign(Client.prototype, { query: this.original });
  }
}

function brokenText(text: string, values: unknown[], way: string): string {
  if (way === 'gone') return text.replaceAll(/"?paggio"?\./g, 'paggio_gone.');
  const shown = values.map((value, index) =>
    Buffer.isBuffer(value) ? `encode($${index + 1}::bytea, 'escape')` : `$${index + 1}::text`,
  );
  return `select canary.fail('${way}', concat_ws(', ', ${["'values'", ...shown].join(', ')}))`;
}

/** Runs periodic work when the test asks for it. */
class Rounds implements Scheduler {
  private readonly tasks = new Set<() => Promise<void>>();

  every(_name: string, _intervalMs: number, task: () => Promise<void>): () => void {
    this.tasks.add(task);
    return () => this.tasks.delete(task);
  }

  async run(): Promise<void> {
    for (const task of this.tasks) await task();
  }
}

test('no fault that a host receives contains a value, whatever statement fails in whatever way', async () => {
  const database = await migratedDatabase();
  await query(database.url, FAIL);
  const canaries = new Canaries();
  const reported: unknown[] = [];
  const hear = (event: TelemetryEvent): void => {
    if (event.type === 'fault' || event.type === 'handler.failed') reported.push(event.error);
  };
  const rounds = new Rounds();
  const recorder = await Recorder.start((_request, response, count) => {
    response.setHeader('set-cookie', `session=${canaries.plant('destination cookie')}`);
    response.writeHead(count % 3 === 1 ? 500 : 200).end(canaries.plant('response body'));
  });
  const server = await startGatewayServer(
    { scheduler: rounds, retention: 3_600_000 },
    { dashboard: true, onFault: (error) => reported.push(error) },
    database,
    {},
    (paggio) => {
      paggio.subscribe(hear);
      paggio.on('github', '*', async () => undefined, { name: 'plain' });
      paggio.on('github', '*', async () => undefined, { name: 'transactional', transactional: true });
    },
  );
  canaries.watch('first key', server.key.slice('pk_live_'.length));
  const statements = new BrokenStatements();
  const url = `http://127.0.0.1:${server.port}`;
  const product = new WholeProduct({ url, key: server.key, destinationUrl: recorder.url(), canaries });
  statements.arm();
  try {
    const background = new AbortController();
    const working = (async () => {
      while (!background.signal.aborted) {
        await rounds.run();
        await new Promise((done) => setTimeout(done, 20));
      }
    })();
    await product.run();
    // Repeat until no new statement fails.
    for (let quiet = 0, seen = -1; quiet < 3; quiet = seen === reported.length ? quiet + 1 : 0) {
      seen = reported.length;
      await query(database.url, `${OWN} update paggio.deliveries set due_at = now() where state = 'pending'`);
      for (let n = 0; n < 5; n++) await rounds.run();
    }
    background.abort();
    await working;

    // A second process starts on the same database.
    for (let started = false; !started;) {
      const second = createPaggio({
        database: { url: database.url },
        masterKey: testMasterKey,
        scheduler: new Rounds(),
      });
      second.subscribe(hear);
      started = await second.start().then(
        () => true,
        (error: unknown) => {
          reported.push(error);
          return false;
        },
      );
      await second.stop();
    }
  } finally {
    statements.disarm();
  }
  expect(WholeProduct.operations.filter((id) => !product.done.has(id))).toEqual([]);
  // The number of different statements that failed, and of faults that they caused.
  expect(statements.failures.size).toBeGreaterThan(100);
  expect(reported.length).toBeGreaterThan(TIMES * 75);
  for (const error of reported) {
    const printed = inspect(error, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null });
    expect([canaries.foundIn(printed), printed]).toEqual([[], printed]);
  }
  expect(canaries.foundIn(product.refusals.join('\n'))).toEqual([]);
  const audit = await query(database.url, 'select * from paggio.audit');
  expect(audit.length).toBeGreaterThan(10);
  // These may contain names given by users and URLs of destinations, which every key with the scope read sees anyway.
  const named = ['description', 'name of a key', 'destination query', 'replay query'];
  expect(canaries.foundIn(JSON.stringify(audit)).filter((place) => !named.includes(place))).toEqual([]);
  await server.stop();
  await recorder.stop();
  await database.drop();
}, 120_000);
