import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the level before still works on this one. */
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
  // size: bytes of the body as it arrived, if the stored one was cut; null if the stored one is whole. findings: what
  // an explanation found before the cut, as JSON.
  `alter table paggio.rejections add column size int, add column findings text`,

  // The bytes of an event, as counted for its endpoint. Null if it was not counted, because it is older than this
  // column or was indexed by an older version. Then its removal subtracts nothing either.
  `alter table paggio.event_index add column bytes int`,
  // The bytes of the counted events of an endpoint. level: 1 when most of a quota is used, 2 when all of it is, so that
  // one process reports it, once.
  `create table paggio.endpoint_usage (
     endpoint_id uuid primary key,
     user_id text not null,
     bytes bigint not null default 0,
     unverified_bytes bigint not null default 0,
     level smallint not null default 0
   ) with (fillfactor = 50)`,
  `create table paggio.user_usage (user_id text primary key, level smallint not null)`,
];
