import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds only: code of the second level goes on working on this one. */
export class Management1763900000003 implements MigrationInterface {
  name = 'Management1763900000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.audit, paggio.changes');
    await runner.query('drop index paggio.rejections_by_user');
    await runner.query('alter table paggio.idempotency_keys drop answer');
    await runner.query('alter table paggio.events drop trace_parent');
  }
}

const statements = [
  // Append-only. before and after are text, because nothing asks for what is inside.
  `create table paggio.audit (
     id uuid primary key,
     user_id text not null,
     mode text not null,
     key_id uuid,
     remote_addr text,
     action text not null,
     object_id uuid,
     before text,
     after text,
     created_at timestamptz not null
   )`,
  `create index audit_by_user on paggio.audit (user_id, mode, id)`,

  // Which events a transaction made or changed: one row for a whole group commit. With the transaction's id a reader asks
  // for what has become visible since its last snapshot, so that nothing is missed whatever order commits come in.
  `create table paggio.changes (
     xid xid8 not null default pg_current_xact_id(),
     at timestamptz not null default now(),
     created uuid[],
     updated uuid[]
   ) with (toast_tuple_target = 8160)`,
  `create index changes_by_xid on paggio.changes (xid)`,

  `create index rejections_by_user on paggio.rejections (user_id, mode, id)`,
  `alter table paggio.idempotency_keys add column answer text`,
  `alter table paggio.events add column trace_parent text`,
];
