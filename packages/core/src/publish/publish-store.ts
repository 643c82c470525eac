import type { IncomingEvent, NewDelivery } from '../capture/intake';
import { formatId, newId } from '../event-id';
import type { Owner } from '../principal';
import { statement, textualColumn, type Column } from '../storage/columns';
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
   * Writes the events of one publication with their deliveries, all or none.
   * @param transaction a transaction of the host, which commits them or not
   * @returns the events that the idempotency key created before; null when these were written
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
      if (isSome(events)) await statements.query(publication.text, publication.valuesOf(publicationOf(events)));
      const made = events.map(({ id, endpointId }) => ({ endpointId: formatId(endpointId), eventId: formatId(id) }));
      await keepAnswer(statements, owner, request, JSON.stringify(made));
      return null;
    };
    return transaction
      ? write(statementsOf(transaction))
      : this.database.source.transaction((manager) => write(statementsOf(manager)));
  }
}

/** Events of one payload, one for each endpoint. */
interface Publication {
  first: IncomingEvent;
  events: readonly IncomingEvent[];
  deliveries: readonly PublishedDelivery[];
}

interface PublishedDelivery {
  eventId: Buffer;
  delivery: NewDelivery;
}

function isSome<Item>(items: readonly Item[]): items is readonly [Item, ...Item[]] {
  return items.length > 0;
}

function publicationOf(events: readonly [IncomingEvent, ...IncomingEvent[]]): Publication {
  const deliveries = events.flatMap(({ id, deliveries: own }) => own.map((delivery) => ({ eventId: id, delivery })));
  return { first: events[0], events, deliveries };
}

const eventColumns: Column<IncomingEvent>[] = [
  textualColumn('id', 'uuid', ({ id }) => formatId(id)),
  textualColumn('endpoint_id', 'uuid', ({ endpointId }) => formatId(endpointId)),
  textualColumn('captured_reason', 'text', ({ capturedReason }) => capturedReason),
  textualColumn('at', 'bigint', ({ receivedAt }) => receivedAt),
];

const deliveryColumns: Column<PublishedDelivery>[] = [
  textualColumn('event_id', 'uuid', ({ eventId }) => formatId(eventId)),
  textualColumn('destination_id', 'uuid', ({ delivery }) => formatId(delivery.destinationId)),
  textualColumn('order_key', 'uuid', ({ delivery }) => delivery.orderKey && formatId(delivery.orderKey)),
];

const publication = statement<Publication>((parameters) => {
  const events = parameters.rows(eventColumns, (input) => input.events);
  const deliveries = parameters.rows(deliveryColumns, (input) => input.deliveries);
  const one = (read: (event: IncomingEvent) => unknown): string => parameters.value(({ first }) => read(first));
  return `
  with made as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      remote_addr, verified_by, body_authenticated, captured_reason, received_at, dedup_key)
    select e.id, e.endpoint_id, ${one(({ userId }) => userId)}, ${one(({ mode }) => mode)}, ${one(({ source }) => source)},
      ${one(({ eventType }) => eventType)}, 'POST', ${one(({ path }) => path)}, '', ${one(({ headers }) => headers)},
      ${one(({ body }) => body)}, ${one(({ remoteAddr }) => remoteAddr)}, ${one(({ verifiedBy }) => verifiedBy)}, false,
      e.captured_reason, to_timestamp(e.at / 1000.0), ''
    from ${events.unnest} as e(${events.names})
    returning id, endpoint_id
  ), logged as (
    insert into paggio.changes (created) select ${events.array('id')}
  )
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, order_key, order_seq)
  select d.event_id, d.destination_id, m.endpoint_id, 'pending', now(), d.order_key,
    case when d.order_key is not null then nextval('paggio.order_seq') end
  from ${deliveries.unnest} as d(${deliveries.names})
    join made m on m.id = d.event_id`;
});
