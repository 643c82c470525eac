import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An event names its de-duplication key, and an event without a key has an empty one. So the keys need no index by event,
 * and a sweep reads them page by page instead of by an index. Both indexes cost the intake more than the keys themselves.
 * Events of the version before have null here: their keys are found by their endpoint until they expire.
 */
export class EventKeys1765400000018 implements MigrationInterface {
  name = 'EventKeys1765400000018';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('create index dedup_keys_by_event on paggio.dedup_keys (event_id)');
    await runner.query('create index dedup_keys_by_expiry on paggio.dedup_keys (expires_at)');
    await runner.query('alter table paggio.events drop column dedup_key');
  }
}

const statements = [
  'alter table paggio.events add column dedup_key bytea',
  'drop index paggio.dedup_keys_by_event',
  'drop index paggio.dedup_keys_by_expiry',
];
