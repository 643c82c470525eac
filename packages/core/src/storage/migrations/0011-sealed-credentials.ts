import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the level before still works on this one. */
export class SealedCredentials1764700000011 implements MigrationInterface {
  name = 'SealedCredentials1764700000011';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  /** Rows that have sealed credentials by then lose them: their deliveries can no longer be made. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table paggio.events drop sealed');
    await runner.query('alter table paggio.rejections drop sealed');
    await runner.query('alter table paggio.workers drop seals');
  }
}

const statements = [
  // The credentials of the sender, encrypted. headers, query and body then have placeholders in their places. Null if
  // the request carries none, or is older than this column.
  `alter table paggio.events add column sealed text`,
  `alter table paggio.rejections add column sealed text`,

  // Whether a process that delivers can open them. Processes of the level before do not set it.
  `alter table paggio.workers add column seals boolean not null default false`,
];
