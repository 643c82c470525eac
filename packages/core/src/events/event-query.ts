import { firstIdAt } from '../event-id';
import type { EventFilter } from './event';
import type { Owner } from '../principal';

/** The conditions of a list with their parameters, which are numbered as they are added. */
export class EventQuery {
  readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  /** @param ownsEndpoint whether the filter's endpoint is known to be the owner's, so that its own index is enough */
  constructor(owner: Owner, filter: EventFilter, ownsEndpoint = false) {
    if (!ownsEndpoint) {
      this.add((n) => `e.user_id = $${n}`, owner.userId);
      this.add((n) => `e.mode = $${n}`, owner.mode);
    }
    if (filter.endpointId !== undefined) this.add((n) => `e.endpoint_id = $${n}`, filter.endpointId);
    if (filter.source !== undefined) this.add((n) => `e.source = $${n}`, filter.source);
    if (filter.eventType !== undefined) {
      if (filter.eventType.endsWith('.*'))
        this.add((n) => `starts_with(e.event_type, $${n})`, filter.eventType.slice(0, -1));
      else this.add((n) => `e.event_type = $${n}`, filter.eventType);
    }
    // received_at is the time inside the id, so that a range of time is a range of the key.
    if (filter.since !== undefined) this.add((n) => `e.id >= $${n}`, firstIdAt(filter.since.getTime() + 1));
    if (filter.until !== undefined) this.add((n) => `e.id < $${n}`, firstIdAt(filter.until.getTime()));
    if (filter.status === 'captured') this.conditions.push('e.captured_reason is not null');
    else if (filter.status === 'pending') this.conditions.push(some('pending'));
    else if (filter.status === 'failed') this.conditions.push(some('failed'), `not ${some('pending')}`);
    else if (filter.status === 'delivered')
      this.conditions.push(some('delivered'), `not ${some('pending')}`, `not ${some('failed')}`);
  }

  /** Looks for a literal text in body, event type or id. This reads every row that the other conditions match. */
  addText(text: string): void {
    this.add((n) => matchesText(`$${n}`), text);
  }

  /**
   * Selects one event of each chain of replays. With the status `failed` it selects the newest copy, which is the one
   * to send again if it failed like its original. Otherwise it selects the original.
   */
  oncePerChain(filter: EventFilter): void {
    this.conditions.push(
      filter.status === 'failed'
        ? 'not exists (select 1 from paggio.events r where r.replay_of = e.id)'
        : 'e.replay_of is null',
    );
  }

  add(condition: (n: number) => string, value: unknown): void {
    this.values.push(value);
    this.conditions.push(condition(this.values.length));
  }

  param(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get where(): string {
    return this.conditions.join(' and ');
  }
}

/** A condition on `e`: the parameter is in body, event type or id. */
export function matchesText(parameter: string): string {
  return `(position(convert_to(${parameter}, 'UTF8') in e.body) > 0
    or position(lower(${parameter}) in lower(coalesce(e.event_type, ''))) > 0 or position(lower(${parameter}) in e.id::text) > 0)`;
}

function some(state: string): string {
  return `exists (select 1 from paggio.deliveries x where x.event_id = e.id and x.state = '${state}')`;
}

/** A failed event may have been replayed many times. Only this many of its newest copies show whether that worked. */
const JUDGED_COPIES = 10;

// People look for what went wrong. A destination that failed comes first, then one that is pending, then one that
// accepted the event. Within each group, one that was tried comes first. Ids are in the order in which destinations
// were added.
const TELLING = `case d.state when 'failed' then 0 when 'pending' then 1 else 2 end, d.attempt_count = 0, d.destination_id`;

/** The columns of a list item. Status and response come from the deliveries, because the event row never changes. */
export const SUMMARY = `
  e.id, e.endpoint_id as "endpointId", e.source, e.event_type as "eventType", e.method, e.received_at as "receivedAt",
  coalesce(s.status, 'captured') as status,
  case when s.status is null then e.captured_reason
    when s.status = 'pending' and (p.status = 'PAUSED' or s.held) then 'paused' else s.reason end as "statusReason",
  s.response_status as "responseStatus", s.latency_ms as "latencyMs", coalesce(s.attempts, 0)::int as "attemptCount",
  case when s.status = 'failed' then coalesce(
    (select a.response_status from paggio.attempts a
     where a.event_id = e.id and a.trigger = 'replay' and a.status = 'delivered' and a.destination_id is not null
     order by a.id desc limit 1),
    (select min(d.response_status)
     from (select c.id from paggio.events c where c.replay_of = e.id order by c.id desc limit ${JUDGED_COPIES}) c
       join paggio.deliveries d on d.event_id = c.id
     group by c.id having bool_and(d.state = 'delivered') order by c.id desc limit 1)) end as "replayedStatus",
  coalesce(s.leased, false) as leased, exists (select 1 from paggio.events r where r.replay_of = e.id) as replayed,
  case when p.status = 'PAUSED' or s.held then null else s.next_at end as "nextAttemptAt",
  case when s.status is distinct from 'pending' then null when p.status = 'PAUSED' then 'the endpoint is paused' when s.held then 'paused: ' || coalesce(s.pause_reason, 'manual')
    else s.next_reason end as "nextAttemptReason"`;

export const SUMMARY_JOINS = `
  join paggio.endpoints p on p.id = e.endpoint_id
  left join lateral (
    select case when bool_or(d.state = 'pending') then 'pending' when bool_or(d.state = 'failed') then 'failed' else 'delivered' end as status,
      case when bool_or(d.state = 'pending') then null else max(d.reason) end as reason,
      bool_and(d.state <> 'pending' or x.status = 'PAUSED') as held,
      (array_agg(d.response_status order by ${TELLING}))[1] as response_status,
      (array_agg(d.latency_ms order by ${TELLING}))[1] as latency_ms,
      (array_agg(d.destination_id order by ${TELLING}))[1] as telling_id,
      sum(d.attempt_count) as attempts,
      bool_or(d.state = 'pending' and d.lease_token is not null) as leased,
      min(greatest(d.due_at, x.open_until)) filter (where d.state = 'pending' and d.lease_token is null) as next_at,
      (array_agg(case when x.open_until > d.due_at then 'failed attempts in a row: ' || x.strain || '; the circuit breaker is open until '
          || to_char(x.open_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') else d.due_reason end order by greatest(d.due_at, x.open_until))
        filter (where d.state = 'pending' and d.lease_token is null))[1] as next_reason,
      (array_agg(x.pause_reason order by d.destination_id) filter (where d.state = 'pending' and x.status = 'PAUSED'))[1] as pause_reason
    from paggio.deliveries d join paggio.destinations x on x.id = d.destination_id
    where d.event_id = e.id having count(*) > 0
  ) s on true`;
