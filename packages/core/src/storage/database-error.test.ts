import { inspect } from 'node:util';
import { DataSource } from 'typeorm';
import { hostPool, migratedDatabase, query, owner, startGateway, withoutDelivery } from '../testing';
import { resolveConnection } from './connection';
import { Database } from './database';

const VALUE = 'CANARY-of-a-row';

/** Everything that a logger could print of an error, including properties that are not enumerable. */
const all = (error: unknown): string => inspect(error, { depth: Infinity, showHidden: true, maxArrayLength: null });

async function failureOf(work: Promise<unknown>): Promise<Error & { code?: string; constraint?: string }> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}

test('no connection of Paggio reveals values of a statement in its error, whatever the class of the error', async () => {
  const test = await migratedDatabase();
  await query(
    test.url,
    `create table public.t (n int primary key, word text unique, at timestamptz, check (word <> 'bad'));
     insert into public.t (n, word) values (1, '${VALUE}');
     create function public.complain() returns trigger language plpgsql as $$ begin raise exception 'no %', new.word; end $$;
     create table public.loud (word text);
     create trigger complain before insert on public.loud for each row execute function public.complain()`,
  );
  const database = new Database({
    connection: resolveConnection({ connectionString: test.url }),
    migrations: 'check',
    transactions: null,
    transactionConnections: 1,
  });
  await database.open();
  const client = database.client('boot');
  await client.connect();
  const ways: [string, (sql: string, values: unknown[]) => Promise<unknown>][] = [
    ['capture', (sql, values) => database.capture.query(sql, values)],
    ['settle', (sql, values) => database.settle.query(sql, values)],
    ['lease', (sql, values) => database.lease.query(sql, values)],
    ['client', (sql, values) => client.query(sql, values)],
    ['rows', (sql, values) => database.rows(sql, values)],
    ['source', (sql, values) => database.source.query(sql, values)],
    ['transaction', (sql, values) => database.source.transaction((manager) => manager.query(sql, values))],
    [
      'query builder',
      (sql, values) =>
        database.source
          .createQueryBuilder()
          .select('1')
          .from('public.t', 't')
          .where(`(${sql}) is null`, { a: values[0] })
          .getRawMany(),
    ],
  ];
  const failing: [string, string, unknown[]][] = [
    ['23505', 'insert into public.t (n, word) values (2, $1)', [VALUE]],
    ['23502', 'insert into public.t (word) values ($1)', [`${VALUE}2`]],
    ['23514', `insert into public.t (n, word, at) values (3, 'bad', now() + $1::interval)`, ['7 days']],
    ['22P02', 'select $1::text::uuid', [VALUE]],
    ['22P02', 'select ($1::text)::int', [VALUE]],
    ['22P02', 'select ($1::text)::json', [`{"a": ${VALUE}`]],
    ['22007', 'select ($1::text)::timestamptz', [VALUE]],
    ['42P01', 'select * from public.gone where x = $1::text', [VALUE]],
    ['P0001', 'insert into public.loud values ($1)', [VALUE]],
  ];
  for (const [way, run] of ways) {
    for (const [code, sql, values] of failing) {
      const isSelect = way === 'query builder';
      if (isSelect && !/::text\)::|::text::/.test(sql)) continue;
      const error = await failureOf(run(isSelect ? sql.replace('$1', ':a') : sql, values));
      expect([way, sql, error.code, all(error).includes('CANARY')]).toEqual([way, sql, code, false]);
      expect(error.stack).not.toContain('CANARY');
    }
  }
  const duplicate = await failureOf(database.rows(failing[0]?.[1] as string, [VALUE]));
  expect(duplicate).toMatchObject({
    name: 'QueryFailedError',
    code: '23505',
    constraint: 't_word_key',
    table: 't',
    message: 'duplicate key value violates unique constraint "t_word_key"',
  });
  const wrong = await failureOf(database.capture.query('select $1::text::uuid', [VALUE]));
  expect([wrong.message, wrong.stack]).toEqual([
    'PostgreSQL refused a value (SQLSTATE 22P02, string_to_uuid)',
    expect.stringContaining('database-error.test'),
  ]);
  await client.end();
  await database.close();
  await test.drop();
});

test("in a transaction of the app, errors of Paggio's statements hide values, and the app's own errors stay complete", async () => {
  const gateway = await startGateway(withoutDelivery);
  await query(
    gateway.database.url,
    'alter table paggio.events rename column body to gone; create table public.own (word text unique)',
  );
  const dataSource = await new DataSource({ type: 'postgres', url: gateway.database.url }).initialize();
  const pool = hostPool({ connectionString: gateway.database.url });
  await gateway.paggio.admin.endpoints.create(owner, { name: 'x' });
  const event = { userId: owner.userId, eventType: 'a', payload: { card: VALUE } };
  const publish = (tx: object): Promise<unknown> => gateway.paggio.publish(event, { tx: tx as never });
  const byTypeOrm = await failureOf(dataSource.transaction((manager) => publish(manager)));
  const client = await pool.connect();
  const byPool = await failureOf(publish(client));
  expect([byTypeOrm, byPool]).toMatchObject([{ code: '42703' }, { code: '42703' }]);
  expect([all(byTypeOrm), all(byPool)].map((text) => text.includes('CANARY'))).toEqual([false, false]);
  await client.query('insert into public.own values ($1)', [VALUE]);
  const own = await failureOf(client.query('insert into public.own values ($1)', [VALUE]));
  expect(own).toMatchObject({ detail: `Key (word)=(${VALUE}) already exists.` });
  client.release(true);
  await pool.end();
  await dataSource.destroy();
  await gateway.stop();
});
