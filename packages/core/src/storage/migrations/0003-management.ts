import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the second level still works on this one. */
export class Management1763900000003 implements MigrationInterface {
  name = 'Management1763900000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table paggio.audit, paggio.changes, paggio.words, paggio.event_index, paggio.event_sorts, paggio.event_index_state, paggio.stat_buckets, paggio.stat_latencies, paggio.notifications, paggio.alerts, paggio.health_checks, paggio.endpoint_health',
    );
    await runner.query('alter table paggio.state drop changes_floor');
    await runner.query('drop index paggio.rejections_by_user');
    await runner.query('alter table paggio.idempotency_keys drop answer');
    await runner.query('alter table paggio.events drop trace_parent');
  }
}

const statements = [
  // Append-only. before and after are text, because no query looks inside.
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

  // Which events a transaction made or changed: one row for a whole group commit. With the transaction's id, a reader
  // asks for what has become visible since its last snapshot, so that it misses nothing whatever the order of commits.
  `create table paggio.changes (
     xid xid8 not null default pg_current_xact_id(),
     at timestamptz not null default now(),
     created uuid[],
     updated uuid[]
   ) with (toast_tuple_target = 8160)`,
  `create index changes_by_xid on paggio.changes (xid)`,
  // Positions before this one can no longer be resumed from.
  `alter table paggio.state add column changes_floor xid8 not null default '0'`,

  // Numbers for the text in the index below. In C order, so that a prefix is a range.
  `create table paggio.words (
     id int generated always as identity primary key,
     owner int not null,
     kind text not null,
     word text collate "C" not null,
     unique (owner, kind, word)
   )`,
  // What lists filter by. An event of 600 bytes has a row of 80 here, and every index holds what the others filter by.
  `create table paggio.event_index (
     event_id uuid primary key,
     owner int not null,
     endpoint_id uuid not null,
     source int not null,
     type int not null,
     status smallint not null,
     latency_ms int,
     slot smallint
   ) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`,
  `create index event_index_by_status on paggio.event_index (owner, status, event_id) include (endpoint_id, source, type)`,
  `create index event_index_by_source on paggio.event_index (owner, source, status, event_id) include (endpoint_id, type)`,
  `create index event_index_by_type on paggio.event_index (owner, type, status, event_id) include (endpoint_id, source)`,
  `create index event_index_by_endpoint on paggio.event_index (endpoint_id, status, event_id) include (owner, source, type)`,
  `create index event_index_by_endpoint_type on paggio.event_index (endpoint_id, type, status, event_id) include (owner, source)`,
  // Combinations that have occurred. Others need not be looked for.
  `create table paggio.event_sorts (
     owner int not null,
     endpoint_id uuid not null,
     source int not null,
     type int not null,
     primary key (owner, endpoint_id, source, type)
   )`,
  // position: up to where the log of changes is indexed. checked_to: up to which id events were looked through, to find
  // those from before this table and, for an hour, those of processes that do not write the log yet.
  `create table paggio.event_index_state (
     id boolean primary key default true check (id),
     position text not null,
     checked_to uuid,
     check_until timestamptz
   )`,
  `insert into paggio.event_index_state (position, checked_to, check_until)
   select '', case when exists (select 1 from paggio.events) then '00000000-0000-0000-0000-000000000000'::uuid end,
     now() + interval '1 hour'`,

  `create table paggio.stat_buckets (
     endpoint_id uuid not null,
     bucket int not null,
     pending int not null,
     delivered int not null,
     failed int not null,
     captured int not null,
     latency_sum bigint not null,
     primary key (endpoint_id, bucket)
   ) with (fillfactor = 80)`,
  `create table paggio.stat_latencies (
     endpoint_id uuid not null,
     bucket int not null,
     slot smallint not null,
     count int not null,
     primary key (endpoint_id, bucket, slot)
   ) with (fillfactor = 80)`,

  // The URLs are sealed, because anyone who knows one can post.
  `create table paggio.notifications (
     user_id text not null,
     mode text not null,
     slack text,
     slack_triggers text[] not null default '{}',
     discord text,
     discord_triggers text[] not null default '{}',
     updated_at timestamptz not null,
     primary key (user_id, mode)
   )`,
  // What happened at an endpoint and was not reported yet. due_at is null if there is nothing to report.
  `create table paggio.alerts (
     endpoint_id uuid not null,
     trigger text not null,
     count int not null,
     first_at timestamptz not null,
     last_at timestamptz not null,
     event_id uuid,
     detail text,
     due_at timestamptz,
     told_at timestamptz,
     tries int not null default 0,
     primary key (endpoint_id, trigger)
   )`,
  `create index alerts_due on paggio.alerts (due_at) where due_at is not null`,
  `create table paggio.health_checks (endpoint_id uuid primary key)`,
  `create table paggio.endpoint_health (endpoint_id uuid primary key, unhealthy boolean not null)`,

  `create index rejections_by_user on paggio.rejections (user_id, mode, id)`,
  `alter table paggio.idempotency_keys add column answer text`,
  `alter table paggio.events add column trace_parent text`,
  // Insert-only tables are vacuumed late by default; counting by their indexes alone needs it done.
  `alter table paggio.events set (autovacuum_vacuum_insert_scale_factor = 0.02)`,
];
