import type { WordKind } from './dictionary';
import { EVENT_OVERHEAD_BYTES } from './event-size';
import { GROWTH } from './latency-slots';

/** Statistics are kept in buckets of this many seconds. */
export const BUCKET_SECONDS = 300;

/** The number of a word. As a subquery it is always looked up by its key, whatever the planner believes of the table. */
const numberOf = (kind: WordKind, word: string, owner = '0'): string =>
  `(select w.id from paggio.words w where w.owner = ${owner} and w.kind = '${kind}' and w.word = ${word})`;

// An event that the index has, or whose kind and size are in the log, is not read. Reading it and looking up its words
// takes about a fifth of the time of a step. `offset 0` keeps the planner from joining whole tables instead.
const READ_EVENT = `
        select r.*, case when r.event_type is null then 0 else ${numberOf('type', 'r.event_type', 'r.owner')} end as type
        from (
          select e.id, e.endpoint_id, e.event_type, e.verified_by is not null as verified,
            ${numberOf('owner', "e.mode || ':' || e.user_id")} as owner, ${numberOf('source', 'e.source')} as source,
            octet_length(e.body) + octet_length(e.headers) + octet_length(e.path) + octet_length(e.query)
              + coalesce(octet_length(e.sealed), 0) + ${EVENT_OVERHEAD_BYTES} as bytes
          from paggio.events e where e.id = i.id and x.event_id is null and k.id is null offset 0
        ) r offset 0`;

/**
 * Brings the index up to date with some events.
 *
 * - `$1`: their ids, each once.
 * - `$2`: their kinds from the log, or 0. An event is expected to exist if its kind is given.
 * - `$3`: their sizes from the log, negative if nobody vouches for the sender. Only read with a kind.
 *
 * It subtracts the old row of each event from the sums and adds the new one, so that the sums always equal a count. It
 * adds the bytes of an event when it inserts the row, and retention subtracts them when it removes the row. `GROWTH`
 * explains the slot of a latency. The bucket is the time inside the id.
 */
export const INDEX_WRITE = `
  with facts as materialized (
    select i.id as event_id, coalesce(x.owner, k.owner, e.owner) as owner,
      coalesce(x.endpoint_id, k.endpoint_id, e.endpoint_id) as endpoint_id,
      coalesce(x.source, k.source, e.source) as source, coalesce(x.type, k.type, e.type) as type,
      coalesce(d.status, 3)::smallint as status, d.latency_ms,
      (case when d.latency_ms <= 1 then 0 else ceil(ln(d.latency_ms) / ln(${GROWTH})) end)::smallint as slot,
      (('x' || left(replace(i.id::text, '-', ''), 12))::bit(48)::bigint / ${BUCKET_SECONDS * 1000})::int as bucket,
      x.event_id is null as is_new, k.id as kind, x.status as old_status, x.latency_ms as old_latency_ms, x.slot as old_slot,
      coalesce(e.verified, i.size > 0) as verified, coalesce(e.bytes, abs(i.size)) as bytes
    from unnest($1::uuid[], $2::int[], $3::int[]) as i(id, kind, size)
      left join paggio.event_index x on x.event_id = i.id
      left join lateral (select s.* from paggio.event_sorts s where s.id = i.kind and x.event_id is null offset 0) k on true
      left join lateral (${READ_EVENT}
      ) e on true
      left join lateral (
        select case when bool_or(x.state = 'pending') then 0 when bool_or(x.state = 'failed') then 2 else 1 end as status,
          case when bool_and(x.state = 'delivered') then (array_agg(x.latency_ms order by x.destination_id))[1] end as latency_ms
        from paggio.deliveries x where x.event_id = i.id having count(*) > 0
      ) d on true
    where coalesce(x.event_id, e.id) is not null or k.id is not null
  ), input as (
    select *, not is_new and (old_status, old_latency_ms) is distinct from (status, latency_ms) as changed
    from facts where owner is not null and source is not null and type is not null
  ), added as (
    insert into paggio.event_index (event_id, owner, endpoint_id, source, type, status, latency_ms, slot, bytes)
    select event_id, owner, endpoint_id, source, type, status, latency_ms, slot, bytes from input where is_new
  ), updated as (
    update paggio.event_index x set status = i.status, latency_ms = i.latency_ms, slot = i.slot
    from input i where i.changed and x.event_id = i.event_id
  ), numbered as (
    -- A conflict would use up a number. The version before inserts kinds without one.
    insert into paggio.event_sorts as k (owner, endpoint_id, source, type, id)
    select i.*, nextval('paggio.event_kinds')
    from (
      select distinct owner, endpoint_id, source, type from input where is_new and kind is null order by 1, 2, 3, 4
    ) i
    where (select k.id from paggio.event_sorts k
      where k.owner = i.owner and k.endpoint_id = i.endpoint_id and k.source = i.source and k.type = i.type) is null
    on conflict (owner, endpoint_id, source, type) do update set id = excluded.id where k.id is null
  ), difference as (
    select event_id, endpoint_id, bucket, status, latency_ms, slot, 1 as sign from input where is_new or changed
    union all
    select event_id, endpoint_id, bucket, old_status, old_latency_ms, old_slot, -1 from input where changed
  ), usage as (
    insert into paggio.endpoint_usage as u (endpoint_id, user_id, bytes, unverified_bytes)
    select n.endpoint_id, substr(o.word, position(':' in o.word) + 1), n.bytes, n.unverified_bytes
    from (
      select endpoint_id, owner, sum(bytes) as bytes, coalesce(sum(bytes) filter (where not verified), 0) as unverified_bytes
      from input where is_new group by 1, 2
    ) n join paggio.words o on o.id = n.owner order by 1
    on conflict (endpoint_id) do update set bytes = u.bytes + excluded.bytes,
      unverified_bytes = u.unverified_bytes + excluded.unverified_bytes
  ), counted as (
    insert into paggio.stat_buckets as b (endpoint_id, bucket, pending, delivered, failed, captured, latency_sum)
    select endpoint_id, bucket,
      coalesce(sum(sign) filter (where status = 0), 0), coalesce(sum(sign) filter (where status = 1), 0),
      coalesce(sum(sign) filter (where status = 2), 0), coalesce(sum(sign) filter (where status = 3), 0),
      coalesce(sum(sign * latency_ms) filter (where status = 1), 0)
    from difference group by 1, 2 order by 1, 2
    on conflict (endpoint_id, bucket) do update set pending = b.pending + excluded.pending,
      delivered = b.delivered + excluded.delivered, failed = b.failed + excluded.failed,
      captured = b.captured + excluded.captured, latency_sum = b.latency_sum + excluded.latency_sum
  ), measured as (
    insert into paggio.stat_latencies as l (endpoint_id, bucket, slot, count)
    select endpoint_id, bucket, slot, sum(sign) from difference where status = 1 and slot is not null
    group by 1, 2, 3 having sum(sign) <> 0 order by 1, 2, 3
    on conflict (endpoint_id, bucket, slot) do update set count = l.count + excluded.count
  ), ended as (
    select endpoint_id as "endpointId", case status when 1 then 'delivered' else 'failed' end as state, count(*)::int as count,
      (array_agg(event_id))[1] as "eventId"
    from difference where sign = 1 and status in (1, 2) group by 1, 2
  )
  select (select json_agg(e) from ended e) as ended,
    (select array_agg(event_id) from facts where owner is null or source is null or type is null) as nameless`;

/**
 * Finds the numbers of kinds: users with their modes (`$1`, as the word of the owner), endpoints, sources and types, of
 * which null is no type.
 */
export const KINDS = `
  select n.place, k.id
  from (
    select u.*, u.ordinal::int - 1 as place, ${numberOf('owner', 'u.word')} as owner, ${numberOf('source', 'u.source_word')} as source
    from unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) with ordinality as u(word, endpoint_id, source_word, type_word, ordinal)
    offset 0
  ) n cross join lateral (
    select x.id from paggio.event_sorts x
    where x.owner = n.owner and x.endpoint_id = n.endpoint_id and x.source = n.source
      and x.type = case when n.type_word is null then 0 else ${numberOf('type', 'n.type_word', 'n.owner')} end
    offset 0
  ) k`;
