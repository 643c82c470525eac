import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the fourth level still works on this one. */
export class Sessions1764100000005 implements MigrationInterface {
  name = 'Sessions1764100000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.sessions');
  }
}

const statements = [
  // Sessions of the dashboard, and links that sign in once. Only hashes of their tokens are stored, so that nobody who
  // reads the table can sign in with them.
  `create table paggio.sessions (
     hash bytea primary key,
     kind text not null check (kind in ('link', 'session')),
     user_id text not null,
     mode text not null,
     shown_mode text not null,
     scopes text[] not null,
     key_id uuid,
     created_at timestamptz not null default now(),
     used_at timestamptz not null default now(),
     expires_at timestamptz not null
   )`,
  `create index sessions_by_expiry on paggio.sessions (expires_at)`,
];
