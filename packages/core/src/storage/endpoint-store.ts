import { IsNull, type EntityManager } from 'typeorm';
import { toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Owner } from '../principal';
import { change } from './change';
import type { Database } from './database';
import { destinationSchema, type DestinationRow } from './entities/destination';
import { endpointSchema, type EndpointRow } from './entities/endpoint';

export interface StoredEndpoint {
  endpoint: EndpointRow;
  /** Without deleted ones, in the order in which they were added. */
  destinations: DestinationRow[];
}

/** Health counts the deliveries of this many of an endpoint's newest events. */
const HEALTH_EVENTS = 100;
const CANCEL_BATCH = 5_000;

export class EndpointStore {
  constructor(private readonly database: Database) {}

  async find(owner: Owner, id: string): Promise<StoredEndpoint | null> {
    return this.findWith(this.database.source.manager, owner, id);
  }

  async list(owner: Owner, paging: Paging): Promise<Page<StoredEndpoint>> {
    const query = this.database.source
      .getRepository(endpointSchema)
      .createQueryBuilder('e')
      .where('e.user_id = :userId and e.mode = :mode and e.deleted_at is null', { ...owner })
      .orderBy('e.id', 'DESC')
      .limit(paging.limit + 1)
      .offset(paging.offset);
    if (paging.startingAfter !== null) query.andWhere('e.id < :after', { after: paging.startingAfter });
    const rows = await query.getMany();
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.endpoints where user_id = $1 and mode = $2 and deleted_at is null limit $3) t`,
      [owner.userId, owner.mode, TOTAL_LIMIT + 1],
    );
    const destinations = await this.destinationsOf(
      this.database.source.manager,
      rows.map((row) => row.id),
    );
    const stored = rows.map((endpoint) => ({
      endpoint,
      destinations: destinations.filter((one) => one.endpointId === endpoint.id),
    }));
    return toPage(stored, paging, counted?.count ?? 0);
  }

  /** Returns the configuration version after it. */
  async insert(endpoint: EndpointRow, destinations: DestinationRow[]): Promise<number> {
    const { version } = await change(this.database, async (manager) => {
      await manager.getRepository(endpointSchema).insert(endpoint);
      if (destinations.length > 0) await manager.getRepository(destinationSchema).insert(destinations);
    });
    return version;
  }

  /** Changes an endpoint under a row lock, so that two changes at once cannot undo each other. Null when it is not there. */
  async update(
    owner: Owner,
    id: string,
    work: (stored: StoredEndpoint) => Promise<{
      endpoint: Partial<EndpointRow>;
      addDestination?: DestinationRow;
      changeDestination?: Partial<DestinationRow> & { id: string };
    }>,
  ): Promise<number | null> {
    const { result, version } = await change(this.database, async (manager) => {
      const stored = await this.findWith(manager, owner, id, true);
      if (!stored) return false;
      const changes = await work(stored);
      if (Object.keys(changes.endpoint).length > 0)
        await manager.getRepository(endpointSchema).update({ id }, changes.endpoint);
      if (changes.addDestination) await manager.getRepository(destinationSchema).insert(changes.addDestination);
      if (changes.changeDestination) {
        const { id: destinationId, ...rest } = changes.changeDestination;
        await manager.getRepository(destinationSchema).update({ id: destinationId }, rest);
      }
      return true;
    });
    return result ? version : null;
  }

  /** Cancels what is pending for an endpoint, in bounded steps: each is complete in itself. */
  async cancelPending(endpointId: string, reason: string): Promise<void> {
    for (;;) {
      const [, count] = await this.database.source.query<[unknown, number]>(
        `update paggio.deliveries d set state = 'failed', reason = $2, lease_token = null, due_at = null, due_reason = null
         from (
           select event_id, destination_id from paggio.deliveries
           where state = 'pending' and destination_id in (select id from paggio.destinations where endpoint_id = $1)
           limit ${CANCEL_BATCH} for update skip locked
         ) p
         where d.event_id = p.event_id and d.destination_id = p.destination_id`,
        [endpointId, reason],
      );
      if (count < CANCEL_BATCH) return;
    }
  }

  async healthCounts(endpointIds: readonly string[]): Promise<Map<string, { delivered: number; failed: number }>> {
    const rows = await this.database.rows<{ id: string; delivered: number; failed: number }>(
      `select i.id, count(*) filter (where d.state = 'delivered')::int as delivered, count(*) filter (where d.state = 'failed')::int as failed
       from unnest($1::uuid[]) as i(id)
         cross join lateral (select e.id from paggio.events e where e.endpoint_id = i.id order by e.id desc limit ${HEALTH_EVENTS}) e
         join paggio.deliveries d on d.event_id = e.id
       where d.reason is null or d.reason not in ('cancelled', 'endpoint_deleted')
       group by i.id`,
      [endpointIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async findWith(
    manager: EntityManager,
    owner: Owner,
    id: string,
    lock = false,
  ): Promise<StoredEndpoint | null> {
    const endpoint = await manager.getRepository(endpointSchema).findOne({
      where: { id, userId: owner.userId, mode: owner.mode, deletedAt: IsNull() },
      ...(lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
    });
    return endpoint ? { endpoint, destinations: await this.destinationsOf(manager, [id]) } : null;
  }

  private destinationsOf(manager: EntityManager, endpointIds: string[]): Promise<DestinationRow[]> {
    if (endpointIds.length === 0) return Promise.resolve([]);
    return manager
      .getRepository(destinationSchema)
      .createQueryBuilder('d')
      .where('d.endpoint_id in (:...endpointIds) and d.deleted_at is null', { endpointIds })
      .orderBy('d.id', 'ASC')
      .getMany();
  }
}
