import type { IncomingEvent } from '../capture/intake';
import { formatId, newId } from '../event-id';
import type { Owner } from '../principal';
import type { Database } from '../storage/database';
import { keepAnswer, takeIdempotencyKey } from '../storage/idempotency';
import { statementsOf, type Statements, type Transaction } from '../storage/statements';

export class PublishStore {
  constructor(private readonly database: Database) {}

  async activeEndpoints(owner: Owner): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      `select id from paggio.endpoints where user_id = $1 and mode = $2 and deleted_at is null and status = 'ACTIVE' order by id`,
      [owner.userId, owner.mode],
    );
    return rows.map((row) => row.id);
  }

  /**
   * Writes events of one body with their deliveries, all or none.
   * @param transaction of the host: it commits them, or does not
   * @returns what the idempotency key made before, or null when these were written
   * @throws PaggioError `IDEMPOTENCY_KEY_CONFLICT`
   */
  async insert(
    owner: Owner,
    events: readonly IncomingEvent[],
    idempotency: { key: string | null; request: string },
    transaction?: Transaction,
  ): Promise<{ endpointId: string; eventId: string }[] | null> {
    const write = async (statements: Statements): Promise<{ endpointId: string; eventId: string }[] | null> => {
      const request = { operation: 'events.publish', ...idempotency };
      const earlier = await takeIdempotencyKey(statements, owner, request, formatId(newId()));
      if (earlier !== null) return JSON.parse(earlier.answer ?? '[]') as { endpointId: string; eventId: string }[];
      if (events.length > 0) await statements.query(PUBLISH, valuesOf(events));
      const made = events.map(({ id, endpointId }) => ({ endpointId: formatId(endpointId), eventId: formatId(id) }));
      await keepAnswer(statements, owner, request, JSON.stringify(made));
      return null;
    };
    return transaction
      ? write(statementsOf(transaction))
      : this.database.source.transaction((manager) => write(statementsOf(manager)));
  }
}

function valuesOf(events: readonly IncomingEvent[]): unknown[] {
  const [first] = events as [IncomingEvent];
  const deliveries = events.flatMap((event) => event.deliveries.map((delivery) => ({ event, delivery })));
  return [
    events.map(({ id }) => formatId(id)),
    events.map(({ endpointId }) => formatId(endpointId)),
    events.map(({ capturedReason }) => capturedReason),
    events.map(({ receivedAt }) => receivedAt),
    first.userId,
    first.mode,
    first.source,
    first.eventType,
    first.path,
    first.headers,
    first.body,
    first.remoteAddr,
    first.verifiedBy,
    deliveries.map(({ event }) => formatId(event.id)),
    deliveries.map(({ delivery }) => formatId(delivery.destinationId)),
    deliveries.map(({ delivery }) => delivery.orderKey && formatId(delivery.orderKey)),
  ];
}

const PUBLISH = `
  with made as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      remote_addr, verified_by, body_authenticated, captured_reason, received_at)
    select e.id, e.endpoint_id, $5, $6, $7, $8, 'POST', $9, '', $10, $11, $12, $13, false, e.captured_reason,
      to_timestamp(e.at / 1000.0)
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) as e(id, endpoint_id, captured_reason, at)
    returning id, endpoint_id
  ), told as (
    insert into paggio.changes (created) select $1::uuid[]
  )
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, order_key, order_seq)
  select d.event_id, d.destination_id, m.endpoint_id, 'pending', now(), d.order_key,
    case when d.order_key is not null then nextval('paggio.order_seq') end
  from unnest($14::uuid[], $15::uuid[], $16::uuid[]) as d(event_id, destination_id, order_key)
    join made m on m.id = d.event_id`;
