import { In, IsNull, type EntityManager } from 'typeorm';
import type { AuditEntry } from '../audit/audit-entry';
import type { DestinationPlan } from './destination-plan';
import { PAGE_BYTES, toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Actor, Owner } from '../principal';
import { keepAudit } from '../audit/audit-store';
import { cancelDeliveries } from '../queue/cancel-deliveries';
import { withConfigVersion } from '../storage/config-version';
import type { Database } from '../storage/database';
import { destinationSchema, type DestinationRow } from '../storage/entities/destination';
import { endpointSchema, type EndpointRow } from '../storage/entities/endpoint';
import { fittingRows, type Fitting } from '../storage/fitting-rows';

export interface StoredEndpoint {
  endpoint: EndpointRow;
  /** The destinations without deleted ones, in the order in which they were added. */
  destinations: DestinationRow[];
}

export interface EndpointUpdate {
  endpoint: Partial<EndpointRow>;
  plan?: DestinationPlan;
  audit: readonly AuditEntry[];
}

/** Health counts the deliveries of this many of an endpoint's newest events. */
const HEALTH_EVENTS = 100;

/** Estimates the bytes of a row when it is read. An event type has at most 130, and the other settings about 1 KiB. */
const sizeOf = (row: string): string =>
  `1024 + coalesce(octet_length(${row}.headers), 0) + 130 * cardinality(${row}.event_types)`;
const endpointSize = `
  ${sizeOf('e')} + coalesce(octet_length(e.description), 0) + coalesce(octet_length(e.verification), 0)
  + coalesce(octet_length(e.acknowledgement::text), 0)
  + coalesce((select sum(${sizeOf('d')} + octet_length(d.url) + coalesce(octet_length(d.tls), 0))
      from paggio.destinations d where d.endpoint_id = e.id and d.deleted_at is null), 0)`;

export class EndpointStore {
  constructor(private readonly database: Database) {}

  async find(owner: Owner, id: string): Promise<StoredEndpoint | null> {
    return this.findWith(this.database.source.manager, owner, id);
  }

  async list(owner: Owner, paging: Paging): Promise<Page<StoredEndpoint>> {
    const page = await this.database.rows<{ id: string } & Fitting>(
      fittingRows(
        `select e.id, ${endpointSize} as size from paggio.endpoints e
         where e.user_id = $1 and e.mode = $2 and e.deleted_at is null and ($3::uuid is null or e.id < $3)
         order by e.id desc limit $4 offset $5`,
        PAGE_BYTES,
      ),
      [owner.userId, owner.mode, paging.startingAfter, paging.limit + 1, paging.offset],
    );
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.endpoints where user_id = $1 and mode = $2 and deleted_at is null limit $3) t`,
      [owner.userId, owner.mode, TOTAL_LIMIT + 1],
    );
    const ids = page.map(({ id }) => id);
    const { manager } = this.database.source;
    const rows = await manager.getRepository(endpointSchema).find({
      where: { id: In(ids), userId: owner.userId, mode: owner.mode },
      order: { id: 'DESC' },
    });
    const stored = new Map(
      rows.map((endpoint): [string, StoredEndpoint] => [endpoint.id, { endpoint, destinations: [] }]),
    );
    for (const destination of await this.destinationsOf(manager, ids))
      stored.get(destination.endpointId)?.destinations.push(destination);
    return toPage([...stored.values()], paging, counted?.count ?? 0, page[0]?.found);
  }

  /** Inserts an endpoint. Returns the new configuration version. */
  async insert(
    actor: Actor,
    endpoint: EndpointRow,
    destinations: DestinationRow[],
    audit: readonly AuditEntry[],
  ): Promise<number> {
    const { version } = await withConfigVersion(this.database, async (manager) => {
      await manager.getRepository(endpointSchema).insert(endpoint);
      if (destinations.length > 0) await manager.getRepository(destinationSchema).insert(destinations);
      await keepAudit(manager, actor, audit);
    });
    return version;
  }

  /**
   * Changes an endpoint under a row lock, so that concurrent changes cannot undo each other. Returns null when there is
   * no such endpoint.
   */
  async update<T extends EndpointUpdate>(
    owner: Actor,
    id: string,
    work: (stored: StoredEndpoint, now: Date) => T,
  ): Promise<{ result: T; version: number } | null> {
    const { result, version } = await withConfigVersion(this.database, async (manager) => {
      const stored = await this.findWith(manager, owner, id, true);
      if (!stored) return null;
      const now = new Date();
      const update = work(stored, now);
      const destinations = manager.getRepository(destinationSchema);
      if (Object.keys(update.endpoint).length > 0)
        await manager.getRepository(endpointSchema).update({ id }, update.endpoint);
      const { added = [], changed = [], removed = [] } = update.plan ?? {};
      if (removed.length > 0) await destinations.update({ id: In(removed) }, { deletedAt: now, updatedAt: now });
      // Settling locks destinations in the same order, which avoids deadlocks.
      for (const { id: destinationId, ...rest } of [...changed].sort((a, b) => (a.id < b.id ? -1 : 1)))
        await destinations.update({ id: destinationId }, rest);
      if (added.length > 0) await destinations.insert(added);
      await keepAudit(manager, owner, update.audit);
      return update;
    });
    return result === null ? null : { result, version };
  }

  /**
   * Replaces the secret. The previous one stays valid until the overlap ends, and one before that ends now. Returns
   * null when there is no such endpoint.
   */
  async rotate(
    actor: Actor,
    id: string,
    secret: string,
    overlapSeconds: number,
  ): Promise<{ previousExpiresAt: Date; version: number } | null> {
    const { result, version } = await withConfigVersion(this.database, async (manager) => {
      const [rows] = await manager.query<[{ expires: Date }[], number]>(
        `update paggio.endpoints set previous_secret = secret, secret = $4,
           previous_secret_expires_at = now() + $5 * interval '1 second', updated_at = now()
         where id = $1 and user_id = $2 and mode = $3 and deleted_at is null
         returning previous_secret_expires_at as expires`,
        [id, actor.userId, actor.mode, secret, overlapSeconds],
      );
      const [row] = rows;
      if (!row) return null;
      const after = { previous_expires_at: row.expires.toISOString() };
      await keepAudit(manager, actor, [{ action: 'secret.rotated', objectId: id, before: null, after }]);
      return row.expires;
    });
    return result === null ? null : { previousExpiresAt: result, version };
  }

  /** Records in the audit log that somebody revealed a secret. */
  async auditReveal(actor: Actor, id: string): Promise<void> {
    await keepAudit(this.database.source, actor, [
      { action: 'secret.revealed', objectId: id, before: null, after: null },
    ]);
  }

  /** Cancels the pending deliveries of destinations in bounded steps, each of which is complete in itself. */
  async cancelPending(destinationIds: readonly string[], reason: string): Promise<void> {
    if (destinationIds.length > 0)
      await cancelDeliveries(this.database, 'd.destination_id = any($2::uuid[])', reason, [destinationIds]);
  }

  /** Makes deliveries due that wait for earlier ones of their order key, because the rule they wait by has changed. */
  async makeDueNow(endpointId: string): Promise<void> {
    await this.database.source.query(
      `update paggio.deliveries set due_at = now(), due_reason = null
       where state = 'pending' and order_key is not null and lease_token is null and attempt_count = 0 and due_at > now()
         and destination_id in (select id from paggio.destinations where endpoint_id = $1)`,
      [endpointId],
    );
  }

  /** The id of a destination's endpoint. Returns null when there is no such destination, or it is somebody else's. */
  async ofDestination(owner: Owner, destinationId: string): Promise<string | null> {
    const [row] = await this.database.rows<{ id: string }>(
      `select e.id from paggio.destinations d join paggio.endpoints e on e.id = d.endpoint_id
       where d.id = $1 and d.deleted_at is null and e.user_id = $2 and e.mode = $3 and e.deleted_at is null`,
      [destinationId, owner.userId, owner.mode],
    );
    return row?.id ?? null;
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
