import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds: the version before still checks its key against paggio.state. */
export class MasterKeys1764800000012 implements MigrationInterface {
  name = 'MasterKeys1764800000012';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.master_keys');
  }
}

const statements = [
  // The master keys that values may be encrypted under: their ids, a text that only the key itself decrypts, and when a
  // process last started with the key as its current one.
  `create table paggio.master_keys (
     id text primary key,
     sealed text not null,
     entered_at timestamptz not null default now()
   )`,
];
