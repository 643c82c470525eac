import { PENDING_DESTINATIONS } from './delivery-sql';

/** Whether the id of a worker is of a version whose processes hold the lock. */
const holdsLock = (id: string): string => `substr(${id}::text, 15, 1) = '8'`;

/** The key of a worker's lock. */
const lockKey = (id: string): string => `('x' || translate(left(${id}::text, 18), '-', ''))::bit(64)::bigint`;

// The lock is only tried: a transaction that gets it holds it until its end, a moment later.
export const LOOK = `
  select now() - pg_postmaster_start_time() < $2::int * interval '1 millisecond' as is_young,
    (select json_agg(json_build_object('id', w.id, 'seen_at', w.seen_at::text,
        'is_gone', pg_try_advisory_xact_lock(${lockKey('w.id')}),
        'is_overdue', w.seen_at < now() - $2::int * interval '1 millisecond'))
      from paggio.workers w where w.id <> $1 and ${holdsLock('w.id')}) as others`;

// A delivery that has lost several workers in a row waits longer each time: it may be what ends them, and processes that
// crash for another reason must not use up its takeovers within seconds.
// Deleting the row decides which of several processes takes over. The leases are found by the time at which they run
// out. A delivery keeps its token until a process claims it, which counts a takeover; a probe that nobody waits for any
// more is free for another one.
export const TAKE_OVER = `
  with recursive gone as materialized (
    delete from paggio.workers where id = $1 and seen_at = $2::timestamptz and pg_try_advisory_xact_lock(${lockKey('$1::uuid')})
    returning id
  ), ${PENDING_DESTINATIONS}, held as materialized (
    select d.event_id, d.destination_id
    from unnest(array(select id from pending where id is not null and exists (select from gone))) as p(id)
      cross join lateral (
        select d.event_id, d.destination_id from paggio.deliveries d
        where d.destination_id = p.id and d.state = 'pending' and d.due_at > now()
          and d.due_at <= now() + $3::int * interval '1 millisecond' and left(d.lease_token::text, 19) = left($1::uuid::text, 19)
        for update skip locked
      ) d
  ), due as (
    update paggio.deliveries d set due_at = now() + least(30000, 500 * (2 ^ d.takeovers - 1)) * interval '1 millisecond'
    from unnest(array(select event_id from held), array(select destination_id from held)) as h(event_id, destination_id)
    where d.event_id = h.event_id and d.destination_id = h.destination_id
    returning d.event_id, d.destination_id
  ), probes as (
    update paggio.destinations x set open_until = now(), probe_event_id = null
    from unnest(array(select event_id from due), array(select destination_id from due)) as p(event_id, destination_id)
    where x.id = p.destination_id and x.probe_event_id = p.event_id
  )
  select exists (select from gone) as is_taken`;
