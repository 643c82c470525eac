import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the third level still works on this one. */
export class Handlers1764000000004 implements MigrationInterface {
  name = 'Handlers1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.handlers');
    await runner.query('drop index paggio.destinations_by_handler');
    await runner.query('alter table paggio.destinations drop handler, drop concurrency');
    await runner.query('alter table paggio.workers drop handlers');
  }
}

const statements = [
  // Handlers that the app's code has registered, because a process that only captures must know where an event goes
  // too. The settings come from the code, and every process writes them when it starts. A null mode or user_id means
  // any, and empty endpoints mean all.
  `create table paggio.handlers (
     name text primary key,
     source text not null,
     event_types text[] not null,
     mode text,
     user_id text,
     endpoints text[] not null default '{}',
     unverified boolean not null default false,
     timeout_seconds int,
     retry jsonb,
     concurrency int,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now()
   )`,

  // A destination of a handler has its name here and "handler:<name>" for a URL. It is made when the first event for it
  // comes to an endpoint; the index makes sure that two processes which see it at once make one.
  `alter table paggio.destinations add column handler text, add column concurrency int`,
  `create unique index destinations_by_handler on paggio.destinations (handler, endpoint_id)
     where handler is not null and deleted_at is null`,

  // Only processes that have a handler share its concurrency.
  `alter table paggio.workers add column handlers text[] not null default '{}'`,
];
