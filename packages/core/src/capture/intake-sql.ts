import type { IncomingEvent, NewDelivery } from './intake';
import type { Timing } from '../flow/timing';
import { binaryColumns, statement, type Column, type Statement } from '../storage/columns';

/** How long an idempotency key of a client is remembered. */
const IDEMPOTENCY_WINDOW_MS = 72 * 3_600_000;

/** A group as one statement writes it. */
export interface Insertion {
  events: readonly IncomingEvent[];
  deliveries: readonly NumberedDelivery[];
}

interface NumberedDelivery {
  /** The position of its event in the group, from 1. */
  n: number;
  delivery: NewDelivery;
}

const { uuid, text, bytea, bool, bigint } = binaryColumns<IncomingEvent>();

/** @param dedupWindowMs how long a provider's delivery id is remembered */
const eventColumns = (dedupWindowMs: number): Column<IncomingEvent>[] => [
  uuid('id', (event) => event.id),
  uuid('endpoint_id', (event) => event.endpointId),
  text('user_id', (event) => event.userId),
  text('mode', (event) => event.mode),
  text('source', (event) => event.source),
  text('event_type', (event) => event.eventType),
  text('method', (event) => event.method),
  text('path', (event) => event.path),
  text('query', (event) => event.stored?.query ?? event.query),
  bytea('headers', (event) => event.stored?.headers ?? event.headers),
  bytea('sha256', (event) => event.sha256),
  text('remote_addr', (event) => event.remoteAddr),
  text('verified_by', (event) => event.verifiedBy),
  bool('body_authenticated', (event) => event.bodyAuthenticated),
  text('captured_reason', (event) => event.capturedReason),
  bool('id_conflict', (event) => event.idConflict),
  bytea('dedup_key', (event) => event.dedupKey),
  bigint('received_at', (event) => event.receivedAt),
  text('correlation_id', (event) => event.correlationId),
  text('trace_parent', (event) => event.traceParent),
  // The body comes after the short columns, because the driver copies parameters into a block that it enlarges on the
  // way.
  bytea('body', (event) => event.stored?.body ?? event.body),
  bigint('remember_ms', (event) => (event.onKeyConflict === 'refuse' ? IDEMPOTENCY_WINDOW_MS : dedupWindowMs)),
  text('sealed', (event) => event.stored?.sealed ?? null),
];

const deliveryColumn = binaryColumns<NumberedDelivery>();
const deliveryColumns: Column<NumberedDelivery>[] = [
  deliveryColumn.int('n', ({ n }) => n),
  deliveryColumn.uuid('destination_id', ({ delivery }) => delivery.destinationId),
  deliveryColumn.uuid('lease_token', ({ delivery }) => delivery.leaseToken),
  deliveryColumn.uuid('order_key', ({ delivery }) => delivery.orderKey),
];

/**
 * Writes a group: events, deliveries and de-duplication keys. Keys are inserted in order, so that two groups with the
 * same keys never deadlock.
 */
export const insertion = (dedupWindowMs: number, { leaseMs }: Timing): Statement<Insertion> =>
  statement((parameters) => {
    const deliveries = parameters.rows(deliveryColumns, (input) => input.deliveries);
    const events = parameters.rows(eventColumns(dedupWindowMs), (input) => input.events);
    return `
  with input as (
    select * from ${events.unnest} with ordinality as t(${events.names}, n)
  ), keys as (
    insert into paggio.dedup_keys as k (endpoint_id, key, event_id, sha256, expires_at)
    select endpoint_id, dedup_key, id, sha256, now() + remember_ms * interval '1 millisecond'
    from input where dedup_key is not null order by endpoint_id, dedup_key
    on conflict (endpoint_id, key) do update
      set event_id = excluded.event_id, sha256 = excluded.sha256, duplicates = 0, expires_at = excluded.expires_at
      where k.expires_at <= now()
    returning event_id
  ), stored as (
    select * from input where dedup_key is null or id in (select event_id from keys)
  ), e as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      sealed, remote_addr, verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      received_at)
    select id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body, sealed, remote_addr,
      verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      to_timestamp(received_at / 1000.0)
    from stored
  ), d as (
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, lease_token, order_key, order_seq)
    select s.id, x.destination_id, s.endpoint_id, 'pending',
      now() + case when x.lease_token is null then interval '0' else interval '${leaseMs} milliseconds' end, x.lease_token,
      x.order_key, case when x.order_key is not null then nextval('paggio.order_seq') end
    from ${deliveries.unnest} as x(${deliveries.names}) join stored s on s.n = x.n
  ), logged as (
    insert into paggio.changes (created) select array_agg(id) from stored having count(*) > 0
  )
  select (select config_version from paggio.state) as version, (select array_agg(event_id) from keys) as fresh`;
  });

const keyColumns: Column<IncomingEvent>[] = [
  uuid('endpoint_id', (event) => event.endpointId),
  bytea('key', (event) => event.dedupKey),
  bytea('sha256', (event) => event.sha256),
];

/** Counts repetitions of stored events, and finds the events that they repeat. */
export const countDuplicates = statement<readonly IncomingEvent[]>((parameters) => {
  const keys = parameters.rows(keyColumns, (events) => events);
  return `
  update paggio.dedup_keys k set duplicates = k.duplicates + n.count
  from (
    select endpoint_id, key, sha256, count(*)::int as count
    from ${keys.unnest} as t(${keys.names}) group by 1, 2, 3 order by 1, 2
  ) n
  where k.endpoint_id = n.endpoint_id and k.key = n.key and k.sha256 = n.sha256
  returning k.endpoint_id, k.key, k.sha256, k.event_id`;
});
