import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds only: code of the level before goes on working on this one. */
export class StoredBytes1764600000010 implements MigrationInterface {
  name = 'StoredBytes1764600000010';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.endpoint_usage, paggio.user_usage');
    await runner.query('alter table paggio.event_index drop bytes');
    await runner.query('alter table paggio.rejections drop size, drop findings');
  }
}

const statements = [
  // size: bytes of the body as it came; larger than the stored one where that was cut. Null: it is whole. findings: what an
  // explanation found before the cut, as JSON.
  `alter table paggio.rejections add column size int, add column findings text`,

  // What an event takes, as it was counted for its endpoint. Null: it was not counted, because it is from before this column
  // or was indexed by an older version; then it is not subtracted either when it is removed.
  `alter table paggio.event_index add column bytes int`,
  // What the counted events of an endpoint take. level: 1 when most of a quota is used, 2 when all of it is, so that one
  // process tells of it, once.
  `create table paggio.endpoint_usage (
     endpoint_id uuid primary key,
     user_id text not null,
     bytes bigint not null default 0,
     unverified_bytes bigint not null default 0,
     level smallint not null default 0
   ) with (fillfactor = 50)`,
  `create table paggio.user_usage (user_id text primary key, level smallint not null)`,
];
