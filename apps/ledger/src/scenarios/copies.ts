import type { World } from '../world';

/** The most events that a gateway stores in one transaction. Readers of the change log read whole transactions. */
const GROUP = 500;

/** Stores many events quickly: copies of the first event of a world, with their deliveries and attempts. */
export async function copyEvents(
  world: World,
  count: number,
  { ageMs, state }: { ageMs: number; state: 'pending' | 'delivered' },
): Promise<void> {
  for (let made = 0; made < count; made += GROUP)
    await world.installation.rows(COPIES, [made + 1, Math.min(count, made + GROUP), ageMs, state]);
  await world.installation.rows('analyze');
}

/** The ids are UUIDs of version 7, in order. */
const COPIES = `
  with clock as (
    select now() - $3::float8 * interval '1 millisecond' as at
  ), made as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      remote_addr, verified_by, body_authenticated, received_at)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
        || lpad(to_hex(n), 15, '0'))::uuid,
      e.endpoint_id, e.user_id, e.mode, e.source, e.event_type, e.method, e.path, e.query, e.headers, e.body,
      e.remote_addr, e.verified_by, e.body_authenticated, at
    from (select * from paggio.events limit 1) e cross join clock cross join generate_series($1::int, $2::int) n
    returning id, endpoint_id
  ), logged as (
    insert into paggio.changes (created) select array_agg(id) from made
  ), deliveries as (
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, attempt_count)
    select m.id, d.id, m.endpoint_id, $4::text, case when $4::text = 'pending' then now() end,
      case when $4::text = 'pending' then 0 else 1 end
    from made m join paggio.destinations d on d.endpoint_id = m.endpoint_id
    returning event_id, destination_id
  )
  insert into paggio.attempts (id, event_id, destination_id, number, trigger, url, status, latency_ms, reason, created_at)
  select event_id, event_id, destination_id, 1, 'scheduled', 'http://127.0.0.1/', 'delivered', 1, '', at
  from deliveries cross join clock where $4::text <> 'pending'`;
