import { CLAIM_AHEAD } from './lane';
import type { Timing } from '../flow/timing';
import type { Statement } from '../storage/columns';
import { settle, type Settling } from './settle-sql';

/** Larger bodies are read when their attempt begins, so that a claim of many cannot fill memory. */
const CLAIMED_BODY_LIMIT = 128 * 1024;
/** A claim looks at this many due deliveries of an ordered lane, because all of them may wait for an earlier one. */
const ORDERED_LOOK = 500;
/** A probe is chosen among this many of the oldest and of the newest deliveries that are due. */
const PROBE_CHOICE = 16;

/** The worker group in looks and claims: of all processes, and of those that have a handler. */
const GROUP = { count: '$1::int', index: '$2::int', handlers: 'unnest($3::text[], $4::int[], $5::int[])' };

/** The share, computed like `shareOf`. A handler is shared by the processes that have it. */
const CONCURRENCY = 'coalesce(x.concurrency, e.concurrency)';
const COUNT = `coalesce(h.count, ${GROUP.count})`;
const SHARE = `${CONCURRENCY} / ${COUNT}
      + case when (('x' || right(x.id::text, 7))::bit(28)::int + coalesce(h.index, ${GROUP.index})) % ${COUNT} < ${CONCURRENCY} % ${COUNT}
          then 1 else 0 end`;

/**
 * Slots of a rate-limited lane: the generic cell rate algorithm (ITU-T I.371) with paced_until as the theoretical
 * arrival time, and room for a twentieth of a second or half a delivery, so that a late look loses nothing.
 */
const pacedSlots = (rateLimit: string, pacedUntil: string): string => `floor(1 + greatest(0.5, ${rateLimit} * 0.05)
      - greatest(0, extract(epoch from coalesce(${pacedUntil}, now()) - now())) * ${rateLimit})::int`;

/** The settings of a lane, for each id of `p`. */
const LANES = `join paggio.destinations x on x.id = p.id
      join paggio.endpoints e on e.id = x.endpoint_id
      left join ${GROUP.handlers} as h(name, count, index) on h.name = x.handler`;

/** Whether a claim may take something from a lane. */
const CLAIMABLE = `(x.open_until is null or x.open_until <= now())
      -- Deliveries of something deleted are claimed to be cancelled: the deleting process may have died on the way.
      and (x.deleted_at is not null or e.deleted_at is not null
        -- A handler that this process does not have waits for one that does.
        or x.status = 'ACTIVE' and e.status = 'ACTIVE' and (x.handler is null or h.name is not null))`;

/**
 * `pending(id)` for a recursive query: a loose index scan, one index probe per destination with pending work, however
 * many rows each has.
 */
export const PENDING_DESTINATIONS = `pending(id) as (
    (select destination_id from paggio.deliveries where state = 'pending' order by destination_id limit 1)
    union all
    select (select d.destination_id from paggio.deliveries d
            where d.state = 'pending' and d.destination_id > pending.id order by d.destination_id limit 1)
    from pending where pending.id is not null
  )`;

/**
 * The lanes that have due deliveries which a claim may take. An index probe finds the next destination, with the
 * earliest of its times.
 */
export const LOOK_FOR_DUE = `
  with recursive earliest(id, due_at) as (
    (select destination_id, due_at from paggio.deliveries where state = 'pending' order by destination_id, due_at limit 1)
    union all
    select n.* from earliest cross join lateral (
      select d.destination_id, d.due_at from paggio.deliveries d
      where d.state = 'pending' and d.destination_id > earliest.id order by d.destination_id, d.due_at limit 1
    ) n
  )
  select s.config_version as version, (
    select json_agg(x.id) from unnest(array(select id from earliest where due_at <= now())) as p(id)
      ${LANES}
    where ${CLAIMABLE} and ${SHARE} > 0
      and (e.rate_limit is null or ${pacedSlots('e.rate_limit', 'x.paced_until')} > 0)
  ) as due
  from paggio.state s`;

// The plan is made once, perhaps while the tables are empty, and stays. A join could then read whole tables, so rows are
// looked up by their key in two ways. Lateral subqueries that lock rows cannot become joins. Keys from
// `unnest(array(...))` count as ten rows to the planner, where it would expect many from a subquery.
// Each lane fills one half of its slots with the oldest due deliveries and the other with the newest, so that a backlog
// of retries does not hold up new events. If the worker of a probe dies, another probe follows when the lease has run out.
const CLAIM = ({ leaseMs, postponeMs }: Timing): string => `
  with lanes as (
    select x.id, p.place, e.rate_limit, e.order_by is not null as ordered, x.open_until,
      coalesce(p.slots, (${SHARE}) * case when e.rate_limit is null then ${CLAIM_AHEAD} else 1 end) as slots
    from unnest($7::uuid[], $8::int[]) with ordinality as p(id, slots, place)
      ${LANES}
    where ${CLAIMABLE}
  ), gated as materialized (
    -- Their slots are counted in their row: the claim that locks it takes them, and others skip it.
    select x.* from lanes l cross join lateral (
      select id, open_until, paced_until from paggio.destinations
      where id = l.id and (open_until is null or open_until <= now()) for no key update skip locked
    ) x
    where l.slots > 0 and (l.open_until is not null or l.rate_limit is not null)
  ), free as materialized (
    select l.id, l.ordered, g.open_until is not null as probing, least(l.slots, case when g.open_until is not null then 1 end,
        case when l.rate_limit is not null then ${pacedSlots('l.rate_limit', 'g.paced_until')} end) as slots
    from lanes l left join gated g on g.id = l.id
    where l.slots > 0 and (g.id is not null or (l.open_until is null and l.rate_limit is null))
    order by l.place
  ), picked as (
    select p.event_id, p.destination_id
    from free cross join lateral (
      select * from (
        select d.event_id, d.destination_id from paggio.deliveries d
        where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now()
        order by d.due_at limit (free.slots + 1) / 2 for update skip locked
      ) oldest
      union all
      select * from (
        select d.event_id, d.destination_id from paggio.deliveries d
        where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now()
        order by d.due_at desc limit free.slots / 2 for update skip locked
      ) newest
    ) p
    where free.slots > 0 and not free.ordered and not free.probing
    union all
    -- A delivery that was refused before may be one that is always refused: it would say nothing about the others.
    select p.event_id, p.destination_id
    from free cross join lateral (
      select d.* from (
        select * from (
          (select d.event_id, d.attempt_count from paggio.deliveries d
           where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now() order by d.due_at limit ${PROBE_CHOICE})
          union
          (select d.event_id, d.attempt_count from paggio.deliveries d
           where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now() order by d.due_at desc limit ${PROBE_CHOICE})
        ) c order by c.attempt_count, random()
      ) c cross join lateral (
        -- Only a pending delivery is due.
        select d.event_id, d.destination_id from paggio.deliveries d
        where d.event_id = c.event_id and d.destination_id = free.id and d.due_at <= now() for update skip locked
      ) d
      limit 1
    ) p
    where free.slots > 0 and not free.ordered and free.probing
    limit $6::int
  ), considered as materialized (
    select c.event_id, c.destination_id, c.due_at, free.slots, head.event_id as head_id,
      case when head.lease_token is null and head.due_at > now() then head.due_at
        else now() + interval '${postponeMs} milliseconds' end as later
    from free cross join lateral (
      select d.event_id, d.destination_id, d.due_at, d.order_key from paggio.deliveries d
      where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now()
      order by d.due_at limit ${ORDERED_LOOK} for update skip locked
    ) c left join lateral (
      select h.event_id, h.due_at, h.lease_token from paggio.deliveries h
      where h.state = 'pending' and h.destination_id = c.destination_id and h.order_key = c.order_key and h.order_key is not null
      order by h.order_seq limit 1
    ) head on c.order_key is not null
    where free.slots > 0 and free.ordered
  ), heads as (
    select event_id, destination_id from (
      select *, row_number() over (partition by destination_id order by due_at) as n
      from considered where head_id is null or head_id = event_id
    ) h where h.n <= h.slots
    limit $6::int
  ), late as materialized (
    select event_id, destination_id, later from considered where head_id <> event_id
  ), postponed as (
    update paggio.deliveries d set due_at = l.later, due_reason = 'waits for an earlier event of its order key'
    from unnest(array(select event_id from late), array(select destination_id from late), array(select later from late))
      as l(event_id, destination_id, later)
    where d.event_id = l.event_id and d.destination_id = l.destination_id and d.due_at <= now()
    returning d.destination_id
  ), leased as (
    update paggio.deliveries d set lease_token = ($9::text || substr(gen_random_uuid()::text, 20))::uuid,
      due_at = now() + interval '${leaseMs} milliseconds',
      takeovers = d.takeovers + (d.lease_token is not null)::int
    from (select * from picked union select * from heads) p
    where d.event_id = p.event_id and d.destination_id = p.destination_id
    returning d.event_id, d.destination_id, d.endpoint_id, d.lease_token, d.attempt_count, d.takeovers
  ), counted as (
    update paggio.destinations x set
      paced_until = case when l.rate_limit is null then null
        else greatest(coalesce(x.paced_until, now()), now()) + taken.count * interval '1 second' / l.rate_limit end,
      open_until = case when x.open_until is null then null else now() + interval '${leaseMs} milliseconds' end,
      probe_event_id = case when x.open_until is null then null else taken.one end
    from gated g join lanes l on l.id = g.id
      join (select destination_id, count(*) as count, (array_agg(event_id))[1] as one from leased group by 1) taken
        on taken.destination_id = g.id
    where x.id = g.id
  )
  select s.config_version as version, (select json_agg(distinct destination_id) from postponed) as postponed, l.*, v.method, v.query, v.headers,
    v.sealed, v.user_id, v.correlation_id, v.trace_parent, v.source, v.event_type, v.verified_by, v.received_at,
    case when octet_length(v.body) <= ${CLAIMED_BODY_LIMIT} then v.body end as body, coalesce(v.origin_id, v.id) as origin_id
  from paggio.state s left join (leased l join paggio.events v on v.id = l.event_id) on true`;

export const LOAD = `
  select method, query, headers, body, sealed, user_id, correlation_id, trace_parent, source, event_type, verified_by, received_at,
    coalesce(origin_id, id) as origin_id
  from paggio.events where id = $1`;

const MINE = `
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as i(event_id, destination_id, lease_token)
  where d.event_id = i.event_id and d.destination_id = i.destination_id and d.lease_token = i.lease_token`;

const RENEW = ({ leaseMs }: Timing): string => `
  with probing as (
    update paggio.destinations x set open_until = now() + interval '${leaseMs} milliseconds'
    from unnest($1::uuid[], $2::uuid[]) as i(event_id, destination_id)
    where x.id = i.destination_id and x.probe_event_id = i.event_id
  )
  update paggio.deliveries d set due_at = case when d.state = 'pending' then now() + interval '${leaseMs} milliseconds' end
  ${MINE} returning d.lease_token`;

// A probe that was not sent says nothing, so another may go at once.
const FREE_PROBES = `
  with freed as (
    update paggio.destinations x set open_until = now(), probe_event_id = null
    from unnest($1::uuid[], $2::uuid[]) as i(event_id, destination_id)
    where x.id = i.destination_id and x.probe_event_id = i.event_id
  )`;

export const RELEASE = `${FREE_PROBES}
  update paggio.deliveries d set lease_token = null, due_at = case when d.state = 'pending' then now() + $4::int * interval '1 millisecond' end ${MINE}`;

export const CANCEL = `${FREE_PROBES}, ended as (
    update paggio.deliveries d set state = 'failed', reason = $4, lease_token = null, due_at = null, due_reason = null ${MINE}
    returning d.event_id
  )
  insert into paggio.changes (updated) select array_agg(distinct event_id) from ended having count(*) > 0`;

// A worker that no longer counts may still hold leases, so its row stays for as long as they last.
const CHECK_IN = ({ leaseMs, workerGroupMs }: Timing): string => `
  with gone as (
    delete from paggio.workers where seen_at < now() - interval '${leaseMs + workerGroupMs} milliseconds' and id <> $1
  ), here as (
    insert into paggio.workers (id, seen_at, handlers, seals) values ($1, now(), $2, true)
    on conflict (id) do update set seen_at = now(), handlers = excluded.handlers
  ), others as (
    select id, handlers, seals from paggio.workers where id <> $1 and seen_at >= now() - interval '${workerGroupMs} milliseconds'
  )
  select 1 + count(*)::int as count, (count(*) filter (where id < $1))::int as index,
    coalesce(bool_and(seals), true) as sealing, exists (select from paggio.workers where id <> $1) as "hasOthers",
    (select json_agg(json_build_object('name', h.name,
        'count', 1 + (select count(*) from others o where h.name = any (o.handlers)),
        'index', (select count(*) from others o where h.name = any (o.handlers) and o.id < $1)))
      from unnest($2::text[]) as h(name)) as handlers
  from others`;

export const CHECK_OUT = `delete from paggio.workers where id = $1`;

/** The statements that contain times. They are made once for each gateway, so that their plans stay prepared. */
export interface TimedStatements {
  claim: string;
  settle: Statement<Settling>;
  renew: string;
  checkIn: string;
}

export function timedStatements(timing: Timing): TimedStatements {
  return { claim: CLAIM(timing), settle: settle(timing), renew: RENEW(timing), checkIn: CHECK_IN(timing) };
}
