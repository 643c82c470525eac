import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Numbers the combinations of endpoint, source and type. Capture writes the number and the size of each event into the
 * log of changes, so that the event index need not read the event. Rows of the version before have null there, and their
 * events are read. The number is no default, because that version would use one up for each row that exists already.
 */
export class EventKinds1765500000019 implements MigrationInterface {
  name = 'EventKinds1765500000019';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.changes drop column kinds, drop column sizes');
    await runner.query('alter table paggio.event_sorts drop column id');
  }
}

const statements = [
  'alter table paggio.event_sorts add column id int',
  'create sequence paggio.event_kinds as int owned by paggio.event_sorts.id',
  "update paggio.event_sorts set id = nextval('paggio.event_kinds')",
  'create unique index event_sorts_by_id on paggio.event_sorts (id)',
  'alter table paggio.changes add column kinds int[], add column sizes int[]',
];
