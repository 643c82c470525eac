import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Numbers the combinations of endpoint, source and type. Capture writes the number and the size of each event into the
 * log of changes, so that the event index need not read the event. Rows of the version before have null there, and their
 * events are read. The number is no default, because that version would use one up for each row that exists already.
 *
 * Each statement is a transaction of its own and may be repeated, so no lock waits for another: a step of the index
 * reads the log and then writes the kinds.
 */
export class EventKinds1765500000019 implements MigrationInterface {
  name = 'EventKinds1765500000019';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.changes drop column if exists kinds, drop column if exists sizes');
    await runner.query('alter table paggio.event_sorts drop column if exists id');
  }
}

const statements = [
  'alter table paggio.event_sorts add column if not exists id int',
  'create sequence if not exists paggio.event_kinds as int owned by paggio.event_sorts.id',
  "update paggio.event_sorts set id = nextval('paggio.event_kinds') where id is null",
  'create unique index if not exists event_sorts_by_id on paggio.event_sorts (id)',
  'alter table paggio.changes add column if not exists kinds int[], add column if not exists sizes int[]',
];
