import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds columns that the version before ignores: while it runs it sends nothing to Teams and leaves them as they are. */
export class Teams1765200000016 implements MigrationInterface {
  name = 'Teams1765200000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table paggio.notifications add column teams text, add column teams_triggers text[] not null default '{}'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.notifications drop column teams, drop column teams_triggers');
  }
}
