import type { IncomingEvent, NewDelivery } from './intake';
import { storedSizeOf } from '../events/event-size';
import type { Timing } from '../flow/timing';
import { binaryColumns, statement, type Column, type RowsInText, type Statement } from '../storage/columns';

/** How long an idempotency key of a client is remembered. */
const IDEMPOTENCY_WINDOW_MS = 72 * 3_600_000;

/** A group as one statement writes it. */
export interface Insertion {
  events: readonly IncomingEvent[];
  /** The number of the kind of each event, in the same order. */
  kinds: readonly number[];
  deliveries: readonly InsertedDelivery[];
}

export interface InsertedDelivery {
  event: IncomingEvent;
  delivery: NewDelivery;
}

const { uuid, text, bytea, bool, bigint } = binaryColumns<IncomingEvent>();

const eventColumns: readonly Column<IncomingEvent>[] = [
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
  text('remote_addr', (event) => event.remoteAddr),
  text('verified_by', (event) => event.verifiedBy),
  bool('body_authenticated', (event) => event.bodyAuthenticated),
  text('captured_reason', (event) => event.capturedReason),
  bool('id_conflict', (event) => event.idConflict),
  bigint('received_at', (event) => event.receivedAt),
  text('correlation_id', (event) => event.correlationId),
  text('trace_parent', (event) => event.traceParent),
  text('sealed', (event) => event.stored?.sealed ?? null),
  // The bodies come after the short columns, because the driver copies parameters into a block that it enlarges on the
  // way.
  bytea('body', (event) => event.stored?.body ?? event.body),
];

// What the log says of each event besides its id, so that the event index need not read the event.
const kindColumn = binaryColumns<number>().int('kind', (kind) => kind);
const sizeColumn = binaryColumns<IncomingEvent>().int('size', (event) => {
  const { body, headers, query } = event.stored ?? event;
  const size = storedSizeOf(body, headers, event.path, query, event.stored?.sealed ?? null);
  return event.verifiedBy === null ? -size : size;
});

/** @param dedupWindowMs how long a provider's delivery id is remembered */
const dedupColumns = (dedupWindowMs: number): readonly Column<IncomingEvent>[] => [
  bytea('dedup_key', (event) => event.dedupKey),
  bytea('sha256', (event) => event.sha256),
  bigint('remember_ms', (event) => (event.onKeyConflict === 'refuse' ? IDEMPOTENCY_WINDOW_MS : dedupWindowMs)),
];

const deliveryColumn = binaryColumns<InsertedDelivery>();
const deliveryColumns: readonly Column<InsertedDelivery>[] = [
  deliveryColumn.uuid('event_id', ({ event }) => event.id),
  deliveryColumn.uuid('endpoint_id', ({ event }) => event.endpointId),
  deliveryColumn.uuid('destination_id', ({ delivery }) => delivery.destinationId),
  deliveryColumn.uuid('lease_token', ({ delivery }) => delivery.leaseToken),
  deliveryColumn.uuid('order_key', ({ delivery }) => delivery.orderKey),
];

// Rows go from the parameters straight into the tables. A common table expression with all columns would copy each body
// twice, which took a fifth of the CPU time of the statement.
const EVENTS = `
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      sealed, remote_addr, verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      received_at, dedup_key)
    select id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body, sealed, remote_addr,
      verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      to_timestamp(received_at / 1000.0)`;

const deliveriesFrom = ({ unnest, names }: RowsInText, leaseMs: number): string => `
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, lease_token, order_key, order_seq)
    select event_id, destination_id, endpoint_id, 'pending',
      now() + case when lease_token is null then interval '0' else interval '${leaseMs} milliseconds' end, lease_token,
      order_key, case when order_key is not null then nextval('paggio.order_seq') end
    from ${unnest} as x(${names})`;

const VERSION = '(select config_version from paggio.state) as version';

/** Writes a group without de-duplication keys: events and deliveries. */
export const insertion = ({ leaseMs }: Timing): Statement<Insertion> =>
  statement((parameters) => {
    const deliveries = parameters.rows(deliveryColumns, (input) => input.deliveries);
    const events = parameters.rows(eventColumns, (input) => input.events);
    const kinds = parameters.rows([kindColumn], (input) => input.kinds);
    const sizes = parameters.rows([sizeColumn], (input) => input.events);
    return `
  with e as (${EVENTS}, ''
    from ${events.unnest} as i(${events.names})
  ), d as (${deliveriesFrom(deliveries, leaseMs)}
  ), logged as (
    insert into paggio.changes (created, kinds, sizes)
    select ${events.array('id')}, ${kinds.array('kind')}, ${sizes.array('size')}
  )
  select ${VERSION}, null::uuid[] as fresh`;
  });

/**
 * Writes a group in which an event has a de-duplication key: events, deliveries and keys. An event whose key is taken is
 * not written. Keys are inserted in order, so that two groups with the same keys never deadlock.
 */
export const keyedInsertion = (dedupWindowMs: number, { leaseMs }: Timing): Statement<Insertion> =>
  statement((parameters) => {
    const deliveries = parameters.rows(deliveryColumns, (input) => input.deliveries);
    const events = parameters.rows([...dedupColumns(dedupWindowMs), ...eventColumns], (input) => input.events);
    const kinds = parameters.rows([kindColumn], (input) => input.kinds);
    const sizes = parameters.rows([sizeColumn], (input) => input.events);
    const keys = ['endpoint_id', 'dedup_key', 'id', 'sha256', 'remember_ms'];
    return `
  with keys as (
    insert into paggio.dedup_keys as k (endpoint_id, key, event_id, sha256, expires_at)
    select endpoint_id, dedup_key, id, sha256, now() + remember_ms * interval '1 millisecond'
    from unnest(${keys.map(events.array).join(', ')}) as i(${keys.join(', ')})
    where dedup_key is not null order by endpoint_id, dedup_key
    on conflict (endpoint_id, key) do update
      set event_id = excluded.event_id, sha256 = excluded.sha256, duplicates = 0, expires_at = excluded.expires_at
      where k.expires_at <= now()
    returning event_id
  ), e as (${EVENTS}, coalesce(dedup_key, '')
    from ${events.unnest} as i(${events.names})
    where dedup_key is null or id in (select event_id from keys)
    returning id
  ), d as (${deliveriesFrom(deliveries, leaseMs)}
    where event_id in (select id from e)
  ), logged as (
    insert into paggio.changes (created, kinds, sizes) select array_agg(id), array_agg(kind), array_agg(size)
    from unnest(${events.array('id')}, ${kinds.array('kind')}, ${sizes.array('size')}) as i(id, kind, size)
    where id in (select id from e) having count(*) > 0
  )
  select ${VERSION}, (select array_agg(event_id) from keys) as fresh`;
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
