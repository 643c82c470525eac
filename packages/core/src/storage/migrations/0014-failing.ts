import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The version before ignores these columns: it neither counts failures nor reports outages. */
export class Failing1765000000014 implements MigrationInterface {
  name = 'Failing1765000000014';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index paggio.destinations_failing');
    await runner.query('alter table paggio.destinations drop column failures, drop column failing_told');
    await runner.query('alter table paggio.notifications drop column failing_minutes');
  }
}

const statements = [
  // The version before may clear failing_since without touching the count, so a count without failing_since means nothing.
  `alter table paggio.destinations
     add column failures int not null default 0,
     add column failing_told timestamptz`,
  // Metrics and notifications look for the few destinations in trouble among all of them.
  `create index destinations_failing on paggio.destinations (id) where failing_since is not null or failing_told is not null`,
  `alter table paggio.notifications add column failing_minutes int not null default 5`,
];
