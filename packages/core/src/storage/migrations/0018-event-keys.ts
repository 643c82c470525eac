import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An event names its de-duplication key, and an event without a key has an empty one. So the keys need no index by event,
 * and a sweep reads them page by page instead of by an index. Both indexes cost the intake more than the keys themselves.
 * Events of the version before have null here: their keys are found by their endpoint until they expire.
 *
 * Each statement is a transaction of its own and may be repeated. An intake of the version before locks the keys and
 * then the events, and retention the other way round, so a migration that held both locks would end in a deadlock.
 */
export class EventKeys1765400000018 implements MigrationInterface {
  name = 'EventKeys1765400000018';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('create index if not exists dedup_keys_by_event on paggio.dedup_keys (event_id)');
    await runner.query('create index if not exists dedup_keys_by_expiry on paggio.dedup_keys (expires_at)');
    await runner.query('alter table paggio.events drop column if exists dedup_key');
  }
}

const statements = [
  'alter table paggio.events add column if not exists dedup_key bytea',
  'drop index if exists paggio.dedup_keys_by_event',
  'drop index if exists paggio.dedup_keys_by_expiry',
];
