import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only adds, so that code of the first level still works on this one. */
export class Delivery1763800000002 implements MigrationInterface {
  name = 'Delivery1763800000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table paggio.replays, paggio.idempotency_keys, paggio.workers');
    await runner.query('drop index paggio.deliveries_by_order, paggio.deliveries_by_replay');
    await runner.query(
      'alter table paggio.deliveries drop takeovers, drop order_key, drop order_seq, drop replay_id; drop sequence paggio.order_seq',
    );
    await runner.query(
      'alter table paggio.destinations drop paused_at, drop pause_reason, drop failing_since, drop strain, drop openings, drop open_until, drop probe_event_id, drop paced_until',
    );
  }
}

const statements = [
  // Besides the pause: what settling and claiming store about a destination, shared by all processes.
  `alter table paggio.destinations
     add column paused_at timestamptz,
     add column pause_reason text,
     add column failing_since timestamptz,
     add column strain int not null default 0,
     add column openings int not null default 0,
     add column open_until timestamptz,
     add column probe_event_id uuid,
     add column paced_until timestamptz`,
  `alter table paggio.destinations set (fillfactor = 50)`,

  // takeovers: leases that ran out because their worker died. order_seq orders a key, not the id: ids come from the
  // clocks of several processes, and the sequence comes from the database.
  `alter table paggio.deliveries
     add column takeovers int not null default 0,
     add column order_key uuid,
     add column order_seq bigint,
     add column replay_id uuid`,
  `create sequence paggio.order_seq`,
  // Both are empty unless the feature is used, because an index that has every row is a cost for every row.
  `create index deliveries_by_order on paggio.deliveries (destination_id, order_key, order_seq)
     where state = 'pending' and order_key is not null`,
  `create index deliveries_by_replay on paggio.deliveries (replay_id, state) where replay_id is not null`,

  `create table paggio.replays (
     id uuid primary key,
     user_id text not null,
     mode text not null,
     filter jsonb not null,
     destination_id uuid,
     rate_per_second int,
     status text not null check (status in ('running', 'completed', 'cancelled')),
     matched int not null,
     created int not null default 0,
     skipped int not null default 0,
     delivered int not null default 0,
     failed int not null default 0,
     up_to uuid not null,
     position uuid,
     expanded boolean not null default false,
     created_at timestamptz not null default now(),
     finished_at timestamptz
   )`,
  `create index replays_by_user on paggio.replays (user_id, mode, id)`,
  `create index replays_running on paggio.replays (id) where status = 'running'`,

  // What a request with an Idempotency-Key created, so that its repetition creates nothing. Keys are hashed: they may
  // be long.
  `create table paggio.idempotency_keys (
     user_id text not null,
     mode text not null,
     operation text not null,
     key bytea not null,
     request bytea not null,
     result uuid not null,
     expires_at timestamptz not null,
     primary key (user_id, mode, operation, key)
   )`,
  `create index idempotency_keys_by_expiry on paggio.idempotency_keys (expires_at)`,

  // Processes that deliver, so that they can share the concurrency of a destination.
  `create table paggio.workers (id uuid primary key, seen_at timestamptz not null)`,
];
