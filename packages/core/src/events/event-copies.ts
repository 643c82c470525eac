import type { EntityManager } from 'typeorm';
import { formatId, idTime } from '../event-id';

export interface Copy {
  /** Id of the copy, from `newId`. */
  id: Buffer;
  originalId: string;
  destinationIds: readonly string[];
}

/** Inserts copies of events, and a due delivery for each destination of a copy, in one statement. */
export async function copyEvents(
  manager: EntityManager,
  copies: readonly Copy[],
  replayId: string | null,
): Promise<void> {
  const targets = copies.flatMap(({ id, destinationIds }) => destinationIds.map((one) => [formatId(id), one]));
  await manager.query(COPY, [
    copies.map(({ id }) => formatId(id)),
    copies.map(({ originalId }) => originalId),
    copies.map(({ id }) => idTime(id)),
    targets.map(([eventId]) => eventId),
    targets.map(([, destinationId]) => destinationId),
    replayId,
  ]);
}

/**
 * Inserts deliveries of existing events to a destination, where it has no delivery of them yet.
 * @returns the number of new deliveries
 */
export async function deliverHistory(
  manager: EntityManager,
  eventIds: readonly string[],
  destinationId: string,
  replayId: string,
): Promise<number> {
  const [row] = await manager.query<{ count: number }[]>(HISTORY, [eventIds, destinationId, replayId]);
  return row?.count ?? 0;
}

// A copy is delivered after all existing deliveries of its order key.
const ORDER = `k.order_key, case when k.order_key is not null then nextval('paggio.order_seq') end`;

const COPY = `
  with pairs as (
    select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as p(id, original_id, at)
  ), copied as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      sealed, remote_addr, verified_by, body_authenticated, correlation_id, trace_parent, replay_of, origin_id, received_at,
      dedup_key)
    select p.id, e.endpoint_id, e.user_id, e.mode, e.source, e.event_type, e.method, e.path, e.query, e.headers, e.body,
      e.sealed, e.remote_addr, e.verified_by, e.body_authenticated, e.correlation_id, e.trace_parent, e.id, coalesce(e.origin_id, e.id),
      to_timestamp(p.at / 1000.0), ''
    from pairs p join paggio.events e on e.id = p.original_id
    returning id, endpoint_id, replay_of
  ), logged as (
    -- The original changes too: it shows what it was replayed as.
    insert into paggio.changes (created, updated) select $1::uuid[], $2::uuid[]
  )
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, replay_id, order_key, order_seq)
  select c.id, t.destination_id, c.endpoint_id, 'pending', now(), $6::uuid, ${ORDER}
  from copied c join unnest($4::uuid[], $5::uuid[]) as t(event_id, destination_id) on t.event_id = c.id
    left join lateral (
      select order_key from paggio.deliveries o where o.event_id = c.replay_of and o.order_key is not null limit 1
    ) k on true
  order by c.id`;

const HISTORY = `
  with made as (
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, replay_id, order_key, order_seq)
    select e.id, $2, e.endpoint_id, 'pending', now(), $3, ${ORDER}
    from paggio.events e left join lateral (
      select order_key from paggio.deliveries o where o.event_id = e.id and o.order_key is not null limit 1
    ) k on true
    where e.id = any($1::uuid[])
    order by e.id
    -- Retention must not remove it in between.
    for key share of e
    on conflict do nothing
    returning event_id
  ), logged as (
    insert into paggio.changes (updated) select array_agg(event_id) from made having count(*) > 0
  ) select count(*)::int as count from made`;
