import { createPaggio } from '../index';
import { createTestDatabase, owner, query, startGateway, testMasterKey, type TestDatabase } from '../testing';
import { migrate, migrationSql } from './migration-sql';
import { migrations } from './migrations';

const databases: TestDatabase[] = [];

afterEach(async () => {
  for (const one of databases.splice(0)) await one.drop();
});

async function create(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

/** Everything that makes up Paggio's schema, however it was created. */
async function shapeOf({ url }: TestDatabase): Promise<unknown> {
  return [
    await query(
      url,
      `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
       where table_schema = 'paggio' and table_name <> 'migrations' order by 1, 2`,
    ),
    await query(
      url,
      `select indexdef from pg_indexes where schemaname = 'paggio' and tablename <> 'migrations' order by 1`,
    ),
    await query(url, `select name, "timestamp" from paggio.migrations order by id`),
  ];
}

test('the SQL text makes exactly the schema that a start makes, and a check finds it up to date', async () => {
  const [byStart, byText] = [await create(), await create()];
  const total = migrations.length;
  expect(await migrate(byStart.url)).toEqual({ total, applied: total });
  expect(await migrate(byStart.url)).toEqual({ total, applied: 0 });
  await query(byText.url, await migrationSql());
  expect(await shapeOf(byText)).toEqual(await shapeOf(byStart));
  expect(await migrationSql({ url: byText.url })).toBe('');
  await query(byText.url, `delete from paggio.migrations where id = ${total}`);
  const onlyTheNewest = await migrationSql({ url: byText.url });
  expect(onlyTheNewest).toMatch(new RegExp(`^alter table [^]*${new migrations[total - 1]!().name}'\\);\n$`));
  expect(await migrationSql({ url: byText.url })).not.toContain('create table paggio.endpoints');
});

test('an app without the right to change the schema works with the grants of the SQL text [EMB-11]', async () => {
  const database = await create();
  const role = `paggio_app_${Date.now()}`;
  await query(database.url, `create role ${role} login password 'x'`);
  await query(database.url, await migrationSql({ grantTo: role }));
  const url = new URL(database.url);
  Object.assign(url, { username: role, password: 'x' });
  for (const migrations of ['check', 'off'] as const) {
    const seen: string[] = [];
    const { paggio, stop } = await startGateway({ database: { url: url.href }, migrations }, {}, database, (one) => {
      one.on('api', '*', (event, { tx }) => tx.query('select 1').then(() => seen.push(event.id)), {
        transactional: true,
        name: migrations,
      });
    });
    await paggio.admin.endpoints.create(owner, { name: 'own' });
    const heard = new Promise<void>((done) => paggio.subscribe(({ type }) => type === 'attempt.finished' && done()));
    await paggio.publish({ userId: owner.userId, eventType: 'a', payload: {} });
    await heard;
    expect(seen.length).toBeGreaterThan(0);
    await stop();
  }
  await query(database.url, `drop owned by ${role}; drop role ${role}`);
});

test('with migrations off, a missing or outdated schema is reported in plain words [EMB-11]', async () => {
  const database = await create();
  const start = (): Promise<void> =>
    createPaggio({ database: { url: database.url }, masterKey: testMasterKey, migrations: 'off' }).start();
  const refusal = { code: 'CONFLICT', hint: expect.stringContaining('paggio migrate') };
  await expect(start()).rejects.toMatchObject(refusal);
  const text = await migrationSql();
  await query(database.url, text.slice(0, text.indexOf('begin;', text.indexOf('Management'))));
  await expect(start()).rejects.toMatchObject(refusal);
});
