import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, query, type TestDatabase } from '../../testing';
import { migrate, migrationSql } from '../migration-sql';

const databases: TestDatabase[] = [];

afterEach(async () => {
  for (const one of databases.splice(0)) await one.drop();
});

let original: Promise<TestDatabase> | undefined;
afterAll(async () => (await original)?.drop());

/** The database that the tests copy. Copying takes less time than running the statements. */
async function newOriginal(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const text = await migrationSql();
  // Nobody may be connected to a database that is copied, so this connection ends at once.
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(text.slice(0, text.lastIndexOf('begin;', text.indexOf('api_keys_in_use'))));
  await client.end();
  return database;
}

/** A database as the previous version left it. */
async function before(): Promise<TestDatabase> {
  const { url } = await (original ??= newOriginal());
  const database = await createTestDatabase(new URL(url).pathname.slice(1));
  databases.push(database);
  return database;
}

interface Key {
  user?: string;
  mode?: 'live' | 'test';
  name?: string;
  scopes?: string;
  revoked?: boolean;
  /** Minutes ago. */
  age?: number;
  /** The key was made by a request: with another key, or by a signed-in user at an address. */
  by?: 'key' | 'address';
}

/** All four scopes of that time, in the order in which `createFirst` wrote them. */
const EVERY = '{read,write,ingest,admin}';

async function add({ url }: TestDatabase, key: Key): Promise<string> {
  const { user = 'operator', mode = 'live', name = 'a key', scopes = EVERY, age = 0, by } = key;
  const id = randomUUID();
  const hash = randomBytes(32).toString('hex');
  const revoked = key.revoked === true ? 'now()' : 'null';
  await query(
    url,
    `insert into paggio.api_keys (id, user_id, mode, name, prefix, hash, scopes, revoked_at, created_at)
     values ('${id}', '${user}', '${mode}', '${name}', 'pk_', '\\x${hash}', '${scopes}', ${revoked}, now() - interval '${age} minutes');
     insert into paggio.audit (id, user_id, mode, key_id, remote_addr, action, object_id, created_at)
     values ('${randomUUID()}', '${user}', '${mode}', ${by === 'key' ? `'${randomUUID()}'` : 'null'},
       ${by === 'address' ? `'10.0.0.1'` : 'null'}, 'key.created', '${id}', now())`,
  );
  return id;
}

async function operators({ url }: TestDatabase): Promise<string[]> {
  const rows = await query<{ id: string }>(url, `select id from paggio.api_keys where 'operator' = any (scopes)`);
  return rows.map(({ id }) => id).sort();
}

const firstRun: Key = { name: 'first run', age: 60 };

test('the operator of a reference server keeps what its live admin keys could do, and nobody else gets it', async () => {
  const database = await before();
  const first = await add(database, firstRun);
  const ci = await add(database, { name: 'ci', by: 'key', scopes: '{read,admin}' });
  await add(database, { name: 'reader', by: 'key', scopes: '{read,write}' });
  await add(database, { name: 'test', by: 'key', mode: 'test' });
  await add(database, { name: 'gone', by: 'key', revoked: true });
  await add(database, { user: 'bob', by: 'key' });
  await add(database, { user: 'bob', name: 'first run', by: 'key' });
  await migrate(database.url);
  expect(await operators(database)).toEqual([first, ci].sort());
  const [row] = await query<{ scopes: string[] }>(
    database.url,
    `select scopes from paggio.api_keys where id = '${first}'`,
  );
  expect(row?.scopes).toEqual(['read', 'write', 'ingest', 'admin', 'operator']);
});

test('the first key may have been revoked, and may be older than the audit log', async () => {
  const database = await before();
  await add(database, { ...firstRun, revoked: true });
  await query(database.url, 'delete from paggio.audit');
  const later = await add(database, { name: 'the next one', by: 'key' });
  await migrate(database.url);
  expect(await operators(database)).toEqual([later]);
});

test.each<[string, Key[]]>([
  ['has an ordinary key', [{ by: 'address' }]],
  ['gave a key that name, signed in to the app', [{ name: 'first run', by: 'address' }]],
  ['gave a key that name, with another key', [{ name: 'first run', by: 'key' }]],
  ['had other keys before one of that name', [{ age: 90 }, firstRun]],
  ['has one of that name in test mode', [{ ...firstRun, mode: 'test' }, {}]],
  ['has one of that name with fewer scopes', [{ ...firstRun, scopes: '{read,admin}' }, {}]],
])('in the database of an app, a user called "operator" who %s stays an ordinary user', async (_, keys) => {
  const database = await before();
  await add(database, { user: 'alice', name: 'first run', age: 120 });
  for (const key of keys) await add(database, key);
  await migrate(database.url);
  expect(await operators(database)).toEqual([]);
});
