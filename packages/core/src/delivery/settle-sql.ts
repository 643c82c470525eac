import { STRAIN_LIMIT } from '../endpoints/health';
import { idBytes } from '../event-id';
import type { Timing } from '../flow/timing';
import { followersOf } from '../queue/follower-sql';
import { binaryColumns, statement, type Column, type Statement } from '../storage/columns';
import type { AttemptResult } from './work';

/** A destination that fails for the configured time is paused only after this many failed attempts in a row. */
const PAUSING_FAILURES = 25;

/** Results that are written together. */
export interface Settling {
  results: readonly AttemptResult[];
  /** A destination that has failed continuously for this long is paused; null never pauses. */
  pauseFailingAfterMs: number | null;
  /** The lease of the transaction in which the statement has to run; null if it may run in any. */
  leaseToken: string | null;
}

const { uuid, text, bytea, bool, int } = binaryColumns<AttemptResult>();

const keyColumns: Column<AttemptResult>[] = [
  uuid('id', (result) => result.attemptId),
  uuid('event_id', (result) => idBytes(result.work.eventId)),
  uuid('destination_id', (result) => idBytes(result.work.destinationId)),
  uuid('lease_token', (result) => idBytes(result.work.leaseToken)),
];

const responseColumns: Column<AttemptResult>[] = [
  text('url', (result) => result.url),
  int('response_status', (result) => result.responseStatus),
  text('response_headers', (result) => JSON.stringify(result.responseHeaders)),
  bytea('response_body', (result) => result.responseBody),
  bool('response_truncated', (result) => result.responseTruncated),
  int('latency_ms', (result) => result.latencyMs),
];

const resultColumns: Column<AttemptResult>[] = [
  ...keyColumns,
  text('state', (result) => result.state),
  text('status_reason', (result) => result.statusReason),
  int('retry_in_ms', (result) => result.retryInMs),
  text('next_reason', (result) => result.nextReason),
  ...responseColumns,
  text('error', (result) => result.error),
  text('reason', (result) => result.reason),
  bool('strained', (result) => result.strain !== 'none'),
  int('hold_ms', (result) => result.holdMs),
  text('pause_reason', (result) => result.pauseReason),
];

/** A first attempt about which there is nothing else to say. It is stored in the row of its delivery. */
const IS_PLAIN = `d.attempt_count = 0 and i.state = 'delivered' and i.reason = '2xx' and i.error is null`;

// A delivery that was cancelled during its attempt keeps its lease token. The attempt is still recorded, and if it
// succeeded, the delivery becomes `delivered`; nothing else revives a cancelled delivery. Destinations that work cost
// one look at their row. With a lease token the statement writes only inside the transaction of that lease: if a
// handler has ended the transaction itself, its delivery must not be settled apart from its effects.
export const settle = ({ circuitMs, maxCircuitMs }: Timing): Statement<Settling> =>
  statement((parameters) => {
    const results = parameters.rows(resultColumns, (input) => input.results);
    const pauseFailingAfterMs = parameters.value((input) => input.pauseFailingAfterMs);
    const leaseToken = parameters.value((input) => input.leaseToken);
    return `
  with input as (
    select * from ${results.unnest} as t(${results.names})
  ), settled as (
    update paggio.deliveries d set
      state = case when d.state = 'pending' or i.state = 'delivered' then i.state else d.state end,
      reason = case when d.state = 'pending' or i.state = 'delivered' then i.status_reason else d.reason end,
      due_at = case when d.state = 'pending' then now() + i.retry_in_ms * interval '1 millisecond' end,
      due_reason = case when d.state = 'pending' then i.next_reason end,
      attempt_count = d.attempt_count + 1, takeovers = 0, lease_token = null,
      response_status = i.response_status, latency_ms = i.latency_ms,
      attempt_id = case when ${IS_PLAIN} then i.id end, attempted_at = case when ${IS_PLAIN} then now() end,
      attempt_url = case when ${IS_PLAIN} then i.url end,
      response_headers = case when ${IS_PLAIN} then i.response_headers end,
      response_body = case when ${IS_PLAIN} then i.response_body end,
      response_truncated = case when ${IS_PLAIN} then i.response_truncated end
    from input i
    where d.event_id = i.event_id and d.destination_id = i.destination_id and d.lease_token = i.lease_token
      and (${leaseToken}::text is null or current_setting('paggio.lease', true) = ${leaseToken})
    returning i.id, d.destination_id, d.attempt_count, d.attempt_id, d.state, d.order_key, d.order_seq
  ), kept as (
    insert into paggio.attempts (id, event_id, destination_id, number, trigger, url, status, response_status,
      response_headers, response_body, response_truncated, latency_ms, error, reason, created_at)
    select i.id, i.event_id, i.destination_id, s.attempt_count, 'scheduled', i.url,
      case when i.state = 'delivered' then 'delivered' else 'failed' end, i.response_status, i.response_headers,
      i.response_body, i.response_truncated, i.latency_ms, i.error, i.reason, now()
    from input i join settled s on s.id = i.id where s.attempt_id is null
  ), followers as (
    ${followersOf(`select destination_id, order_key, order_seq from settled where state <> 'pending'`)}
    returning f.destination_id
  ), judged as (
    select s.destination_id as id, i.url, bool_or(i.state = 'delivered') as works, bool_and(i.strained) as strained,
      count(*)::int as count, max(i.hold_ms) as hold_ms, max(i.pause_reason) as pause_reason, array_agg(i.event_id) as events
    from settled s join input i on i.id = s.id group by 1, i.url
  ), touched as materialized (
    -- In order, so that two processes that settle for the same destinations never wait for each other in a circle.
    select x.id, x.url, x.open_until, x.strain, x.openings, x.status, coalesce(x.failing_since, now()) as failing_since,
      case when x.failing_since is null then 0 else x.failures end as failures,
      x.open_until is not null and not coalesce(x.probe_event_id = any (j.events), false) as elsewhere
    -- An attempt at an address that has been changed meanwhile says nothing about the new one.
    from judged j join paggio.destinations x on x.id = j.id and x.url = j.url
    where not j.works or x.failing_since is not null or x.strain > 0 or x.open_until is not null
    order by x.id for no key update of x
  ), verdicts as (
    select t.id, t.status, t.open_until as was_open, t.failing_since, j.works, j.hold_ms,
      least(t.failures + j.count, 1000000) as failures,
      case when j.strained then least(t.strain + j.count, 1000000) else 0 end as strain,
      case when not j.strained then 'close'
        when t.elsewhere then 'wait'
        when t.strain + j.count >= ${STRAIN_LIMIT} or t.open_until is not null then 'open' else 'close' end as circuit,
      case when t.status <> 'ACTIVE' then null
        when j.pause_reason is not null then j.pause_reason
        when not j.works and t.failing_since <= now() - ${pauseFailingAfterMs}::bigint * interval '1 millisecond'
          and t.failures + j.count >= ${PAUSING_FAILURES}
          then 'Nothing but failures since ' || to_char(t.failing_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            || ': ' || t.failures + j.count || ' attempts failed in a row.'
      end as pause_reason,
      case when j.strained then t.openings else 0 end as openings
    from touched t join judged j on j.id = t.id and j.url = t.url
  ), marked as (
    update paggio.destinations x set
      failing_since = case when v.works then null else v.failing_since end,
      failures = case when v.works then 0 else v.failures end,
      strain = v.strain,
      openings = case when v.circuit = 'open' then least(v.openings + 1, 16) else v.openings end,
      open_until = case
        when v.circuit = 'open' then now() + greatest(least(${circuitMs} * 2 ^ v.openings, ${maxCircuitMs}) * interval '1 millisecond',
          v.hold_ms * interval '1 millisecond')
        when v.hold_ms > 0 then greatest(x.open_until, now() + v.hold_ms * interval '1 millisecond')
        when v.circuit = 'close' then null
        else x.open_until end,
      probe_event_id = case when v.circuit = 'wait' and v.hold_ms = 0 then x.probe_event_id end,
      status = case when v.pause_reason is null then x.status else 'PAUSED' end,
      paused_at = case when v.pause_reason is null then x.paused_at else now() end,
      pause_reason = coalesce(v.pause_reason, x.pause_reason)
    from verdicts v where x.id = v.id
    returning x.id, x.endpoint_id, x.open_until, v.was_open, v.pause_reason as paused_because
  ), logged as (
    insert into paggio.changes (updated) select array_agg(distinct i.event_id) from input i join settled s on s.id = i.id
    having count(*) > 0
  ), bumped as (
    update paggio.state set config_version = config_version + 1
    where exists (select 1 from marked where paused_because is not null) returning config_version
  )
  select coalesce((select config_version from bumped), (select config_version from paggio.state)) as version,
    (select count(*)::int from settled) as settled, (select json_agg(distinct destination_id) from followers) as followers,
    (select json_agg(json_build_object('destinationId', id, 'endpointId', endpoint_id,
        'openMs', round(extract(epoch from open_until - now()) * 1000)::int, 'wasOpen', was_open is not null,
        'pausedBecause', paused_because)) from marked) as destinations`;
  });

/**
 * Whether `settlePlain` may write a result: a first attempt that succeeded, with nothing else to say about it, and on
 * which nothing depends as far as this process knows.
 */
export function isPlain(result: AttemptResult): boolean {
  return (
    !result.isUrgent &&
    result.work.attemptCount === 0 &&
    result.state === 'delivered' &&
    result.statusReason === null &&
    result.reason === '2xx' &&
    result.error === null &&
    result.strain === 'none' &&
    result.holdMs === 0 &&
    result.pauseReason === null
  );
}

// What `settle` does with plain results, in a third of the columns and without judging anybody. It leaves out
// deliveries of ordered lanes, whose followers may have to become due, and destinations that were failing, whose health
// changes. It says how many it has written: if some are missing, `settle` gets all of them, and skips the written ones,
// because they have no lease any more.
export const settlePlain: Statement<readonly AttemptResult[]> = statement((parameters) => {
  const results = parameters.rows([...keyColumns, ...responseColumns], (input) => input);
  const destinations = parameters.rows(
    [uuid('destination_id', ({ work }) => idBytes(work.destinationId))],
    onePerDestination,
  );
  return `
  with healthy as materialized (
    select x.id from paggio.destinations x where x.id = any(${destinations.array('destination_id')})
      and x.failing_since is null and x.strain = 0 and x.open_until is null
  ), settled as (
    update paggio.deliveries d set
      state = 'delivered', reason = null, due_at = null, due_reason = null, attempt_count = 1, takeovers = 0,
      lease_token = null, response_status = i.response_status, latency_ms = i.latency_ms, attempt_id = i.id,
      attempted_at = now(), attempt_url = i.url, response_headers = i.response_headers, response_body = i.response_body,
      response_truncated = i.response_truncated
    from ${results.unnest} as i(${results.names})
    where d.event_id = i.event_id and d.destination_id = i.destination_id and d.lease_token = i.lease_token
      and d.attempt_count = 0 and d.order_key is null and i.destination_id = any(array(select id from healthy))
    returning d.event_id
  ), logged as (
    insert into paggio.changes (updated) select array_agg(event_id) from settled having count(*) > 0
  )
  select config_version as version, (select count(*)::int from settled) as settled from paggio.state`;
});

function onePerDestination(results: readonly AttemptResult[]): AttemptResult[] {
  return [...new Map(results.map((result) => [result.work.destinationId, result])).values()];
}
