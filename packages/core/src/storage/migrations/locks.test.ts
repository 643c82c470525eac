import { Client } from 'pg';
import { createTestDatabase, query } from '../../testing';
import { migrate, migrationSql } from '../migration-sql';

/** What other processes of the version before do: their locks, in the order in which they take them. */
const cases = [
  {
    what: 'an intake',
    from: 'alter table paggio.events add column if not exists dedup_key',
    blocked: 'events',
    locks: ['dedup_keys in row exclusive mode', 'events in row exclusive mode'],
  },
  {
    what: 'a step of the event index',
    from: 'alter table paggio.event_sorts add column if not exists id',
    blocked: 'event_sorts',
    locks: ['changes in access share mode', 'event_sorts in row exclusive mode'],
  },
];

test.each(cases)('a migration and $what of the version before wait for each other, and both end', async (one) => {
  const database = await createTestDatabase();
  const text = await migrationSql();
  await query(database.url, text.slice(0, text.indexOf(one.from)));
  const clients = [0, 1].map(() => new Client({ connectionString: database.url }));
  const [reader, other] = clients as [Client, Client];
  for (const client of clients) {
    await client.connect();
    await client.query('begin');
  }
  const waiting = async (count: number): Promise<void> => {
    const asked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await query(database.url, asked)).length < count) await new Promise((done) => setTimeout(done, 10));
  };
  // A long query keeps the migration waiting.
  await reader.query(`lock table paggio.${one.blocked} in access share mode`);
  const migrated = migrate(database.url);
  await waiting(1);
  await other.query(`lock table paggio.${one.locks[0]}`);
  const locked = other.query(`lock table paggio.${one.locks[1]}`);
  await waiting(2);
  await reader.query('commit');
  await locked;
  await other.query('commit');
  await migrated;
  for (const client of clients) await client.end();
  await database.drop();
});
