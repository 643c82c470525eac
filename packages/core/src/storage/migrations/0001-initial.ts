import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1763700000001 implements MigrationInterface {
  name = 'Initial1763700000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table paggio.attempts, paggio.deliveries, paggio.dedup_keys, paggio.rejections, paggio.events, paggio.destinations, paggio.endpoints, paggio.api_keys, paggio.state',
    );
  }
}

const statements = [
  // One row. Its version rises with every change of an endpoint or key, so that a cache learns from a statement that
  // runs anyway whether it is still current.
  `create table paggio.state (
     id boolean primary key default true check (id),
     config_version bigint not null default 1,
     master_key_check text
   )`,
  `insert into paggio.state default values`,

  `create table paggio.endpoints (
     id uuid primary key,
     user_id text not null,
     mode text not null check (mode in ('live', 'test')),
     name text not null,
     slug text not null unique,
     description text,
     secret text not null,
     previous_secret text,
     previous_secret_expires_at timestamptz,
     event_types text[] not null default '{}',
     headers text,
     timeout_seconds int not null,
     retry jsonb not null,
     concurrency int not null,
     rate_limit int,
     order_by text,
     acknowledgement jsonb,
     verification text,
     status text not null check (status in ('ACTIVE', 'PAUSED')),
     paused_at timestamptz,
     pause_reason text,
     created_at timestamptz not null,
     updated_at timestamptz not null,
     deleted_at timestamptz
   )`,
  `create index endpoints_by_user on paggio.endpoints (user_id, mode, id) where deleted_at is null`,

  `create table paggio.destinations (
     id uuid primary key,
     endpoint_id uuid not null references paggio.endpoints (id),
     name text not null,
     url text not null,
     event_types text[] not null default '{}',
     headers text,
     timeout_seconds int,
     retry jsonb,
     status text not null check (status in ('ACTIVE', 'PAUSED')),
     created_at timestamptz not null,
     updated_at timestamptz not null,
     deleted_at timestamptz
   )`,
  `create index destinations_by_endpoint on paggio.destinations (endpoint_id, id)`,

  // The requests as they arrived, immutable. headers holds the received bytes as "Name: value" lines in wire order.
  `create table paggio.events (
     id uuid primary key,
     endpoint_id uuid not null,
     user_id text not null,
     mode text not null,
     source text not null,
     event_type text,
     method text not null,
     path text not null,
     query text not null,
     headers bytea not null,
     body bytea not null,
     remote_addr text,
     verified_by text,
     body_authenticated boolean not null default false,
     captured_reason text,
     id_conflict boolean not null default false,
     correlation_id text,
     replay_of uuid,
     origin_id uuid,
     received_at timestamptz not null
   )`,
  // Bodies of up to 8 kB stay in the row, uncompressed: moving them out of the row costs a quarter of the insert rate.
  `alter table paggio.events set (toast_tuple_target = 8160)`,
  `create index events_by_endpoint on paggio.events (endpoint_id, id)`,
  `create index events_by_user on paggio.events (user_id, mode, id)`,
  `create index events_by_original on paggio.events (replay_of) where replay_of is not null`,

  // The queue. A claimed row stays pending with due_at at the end of its lease, so that it is due again by itself if
  // the worker dies. The only index besides the key is per destination: given a second one on due_at alone, the planner
  // would use that for the claim and read the whole backlog.
  `create table paggio.deliveries (
     event_id uuid not null,
     destination_id uuid not null,
     endpoint_id uuid not null,
     state text not null,
     reason text,
     attempt_count int not null default 0,
     due_at timestamptz,
     due_reason text,
     lease_token uuid,
     response_status int,
     latency_ms int,
     primary key (event_id, destination_id)
   ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1)`,
  `create index deliveries_due on paggio.deliveries (destination_id, due_at) where state = 'pending'`,

  `create table paggio.attempts (
     id uuid not null,
     event_id uuid not null,
     destination_id uuid,
     number int not null,
     trigger text not null,
     url text not null,
     status text not null,
     response_status int,
     response_headers text,
     response_body bytea,
     response_truncated boolean not null default false,
     latency_ms int not null,
     error text,
     reason text not null,
     created_at timestamptz not null,
     primary key (event_id, id)
   )`,

  // Provider delivery ids, hashed: the originals may be longer than an index entry.
  `create table paggio.dedup_keys (
     endpoint_id uuid not null,
     key bytea not null,
     event_id uuid not null,
     sha256 bytea not null,
     duplicates int not null default 0,
     expires_at timestamptz not null,
     primary key (endpoint_id, key)
   )`,
  `create index dedup_keys_by_event on paggio.dedup_keys (event_id)`,
  `create index dedup_keys_by_expiry on paggio.dedup_keys (expires_at)`,

  `create table paggio.rejections (
     id uuid primary key,
     endpoint_id uuid not null,
     user_id text not null,
     mode text not null,
     provider text not null,
     reason text not null,
     method text not null,
     path text not null,
     query text not null,
     headers bytea not null,
     body bytea not null,
     remote_addr text,
     received_at timestamptz not null
   )`,
  `create index rejections_by_endpoint on paggio.rejections (endpoint_id, id)`,

  `create table paggio.api_keys (
     id uuid primary key,
     user_id text not null,
     mode text not null check (mode in ('live', 'test')),
     name text not null,
     prefix text not null,
     hash bytea not null unique,
     scopes text[] not null,
     last_used_at timestamptz,
     expires_at timestamptz,
     revoked_at timestamptz,
     created_at timestamptz not null
   )`,
  `create index api_keys_by_user on paggio.api_keys (user_id, mode, id)`,
];
