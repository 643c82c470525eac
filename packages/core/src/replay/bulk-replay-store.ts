import type { EntityManager } from 'typeorm';
import { formatId, newId } from '../event-id';
import type { EventFilter } from '../events/event';
import type { Page, Paging } from '../page';
import { toPage, TOTAL_LIMIT } from '../page';
import type { Actor, Owner } from '../principal';
import { BULK_LIMIT, type BulkReplay } from './bulk-replay';
import { keepAudit } from '../audit/audit-store';
import { cancelDeliveries } from '../queue/cancel-deliveries';
import type { Database } from '../storage/database';
import { copyEvents, deliverHistory } from '../events/event-copies';
import { EventQuery } from '../events/event-query';
import { takeIdempotencyKey } from '../storage/idempotency';
import { statementsOf } from '../storage/statements';

/** One transaction queues at most this many events. */
const STEP = 500;
/**
 * At most this many events of a replay wait for their first attempt. The rest is queued later, so that live events
 * pass.
 */
const WINDOW = 1_000;

export interface ReplayCandidate {
  id: string;
  endpointId: string;
  eventType: string | null;
  source: string;
  verifiedBy: string | null;
  /** Destinations that do not need the event again. Empty unless the replay is about failed events. */
  reached: readonly string[];
}

export interface NewBulkReplay {
  filter: EventFilter;
  destinationId: string | null;
  ratePerSecond: number | null;
  matched: number;
}

/** Chooses the destinations of each candidate of a step. Candidates without an entry are skipped. */
export type ChooseTargets = (candidates: readonly ReplayCandidate[]) => Promise<Map<string, readonly string[]>>;

interface Row {
  id: string;
  user_id: string;
  mode: 'live' | 'test';
  filter: EventFilter & { since?: string; until?: string };
  destination_id: string | null;
  rate_per_second: number | null;
  status: 'running' | 'completed' | 'cancelled';
  matched: number;
  created: number;
  skipped: number;
  delivered: number;
  failed: number;
  up_to: string;
  position: string | null;
  expanded: boolean;
  created_at: Date;
  finished_at: Date | null;
}

/**
 * Stores bulk replays as rows. Each step is one transaction under the lock of its row, so that any process may take the
 * next step.
 */
export class BulkReplayStore {
  constructor(private readonly database: Database) {}

  async count(owner: Owner, filter: EventFilter): Promise<number> {
    const query = candidates(owner, filter, formatId(newId()));
    const [row] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.events e where ${query.where} limit ${BULK_LIMIT + 1}) t`,
      query.values,
    );
    return row?.count ?? 0;
  }

  /** @returns the id of the new replay, or of the earlier one that was created with the same key */
  async insert(owner: Actor, replay: NewBulkReplay, idempotencyKey: string | null): Promise<string> {
    const id = newId();
    return this.database.source.transaction(async (manager) => {
      const { filter, destinationId, ratePerSecond } = replay;
      const request = JSON.stringify([filter, destinationId, ratePerSecond]);
      const key = { operation: 'replays.create', key: idempotencyKey, request };
      const earlier = await takeIdempotencyKey(statementsOf(manager), owner, key, formatId(id));
      if (earlier !== null) return earlier.result;
      await manager.query(
        `insert into paggio.replays (id, user_id, mode, filter, destination_id, rate_per_second, status, matched, up_to)
         values ($1, $2, $3, $4, $5, $6, 'running', $7, $8)`,
        [
          formatId(id),
          owner.userId,
          owner.mode,
          JSON.stringify(filter),
          destinationId,
          ratePerSecond,
          replay.matched,
          // Ids of a process only grow, even if its clock goes back, so this one is after every event that it captured.
          formatId(id),
        ],
      );
      const after = { filter, destination_id: destinationId, rate_per_second: ratePerSecond, matched: replay.matched };
      await keepAudit(manager, owner, [{ action: 'replay.created', objectId: formatId(id), before: null, after }]);
      return formatId(id);
    });
  }

  async find(owner: Owner, id: string): Promise<BulkReplay | null> {
    const [row] = await this.database.rows<Row>(
      'select * from paggio.replays where id = $1 and user_id = $2 and mode = $3',
      [id, owner.userId, owner.mode],
    );
    return row ? this.toReplay(row) : null;
  }

  async list(owner: Owner, paging: Paging): Promise<Page<BulkReplay>> {
    const rows = await this.database.rows<Row>(
      `select * from paggio.replays where user_id = $1 and mode = $2 and ($5::uuid is null or id < $5)
       order by id desc limit $3 offset $4`,
      [owner.userId, owner.mode, paging.limit + 1, paging.offset, paging.startingAfter],
    );
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.replays where user_id = $1 and mode = $2 limit $3) t`,
      [owner.userId, owner.mode, TOTAL_LIMIT + 1],
    );
    const replays = await Promise.all(rows.map((row) => this.toReplay(row)));
    return toPage(replays, paging, counted?.count ?? 0);
  }

  /** Stops a replay and cancels its pending deliveries. Returns false when it is not running. */
  async cancel(owner: Actor, id: string): Promise<boolean> {
    const cancelled = await this.database.source.transaction(async (manager) => {
      const [, changed] = await manager.query<[unknown, number]>(
        `update paggio.replays set status = 'cancelled', finished_at = now()
         where id = $1 and user_id = $2 and mode = $3 and status = 'running'`,
        [id, owner.userId, owner.mode],
      );
      if (changed === 0) return false;
      await keepAudit(manager, owner, [{ action: 'replay.cancelled', objectId: id, before: null, after: null }]);
      return true;
    });
    if (!cancelled) return false;
    // failpoint: replay.cancelled
    await this.endCancelled(id);
    return true;
  }

  /** Cancels the pending deliveries of a cancelled replay. */
  async endCancelled(id: string): Promise<void> {
    await cancelDeliveries(this.database, 'd.replay_id = $2', 'cancelled', [id]);
  }

  /** Cancelled replays that still have pending deliveries, because the process that cancelled them died. */
  async halfCancelled(): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      `select r.id from paggio.replays r
       where r.status = 'cancelled' and r.finished_at > now() - interval '1 day'
         and exists (select 1 from paggio.deliveries d where d.replay_id = r.id and d.state = 'pending') limit 100`,
    );
    return rows.map((row) => row.id);
  }

  async running(): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      `select id from paggio.replays where status = 'running' order by id limit 100`,
    );
    return rows.map((row) => row.id);
  }

  /**
   * Queues the next events of a replay, as many as its pace and its deliveries under way allow. Ends a replay that is
   * done.
   * @returns how many were queued, and whether there may be more to do soon
   */
  async step(id: string, choose: ChooseTargets): Promise<{ queued: number; busy: boolean }> {
    return this.database.source.transaction(async (manager) => {
      const [row] = await manager.query<(Row & { seconds: number })[]>(
        `select r.*, extract(epoch from now() - r.created_at)::float8 as seconds
         from paggio.replays r where r.id = $1 and r.status = 'running' for update skip locked`,
        [id],
      );
      if (!row) return { queued: 0, busy: false };
      // This comes after the lock. In the same statement the counts could be older than the row, and miss deliveries
      // that the row counts as queued.
      const { waiting, pending } = await underWay(manager, id);
      if (row.expanded) {
        if (pending === 0) await finish(manager, row);
        return { queued: 0, busy: waiting > 0 };
      }
      const paced =
        row.rate_per_second === null ? STEP : Math.floor(row.rate_per_second * row.seconds) + 1 - row.created;
      const limit = Math.min(STEP, WINDOW - waiting, paced);
      if (limit <= 0) return { queued: 0, busy: true };
      const found = await next(manager, row, limit);
      const queued = await queue(manager, row, found, await choose(found));
      // failpoint: replay.queued
      await manager.query(
        `update paggio.replays set position = coalesce($2, position), created = created + $3, skipped = skipped + $4, expanded = $5
         where id = $1`,
        [id, found.at(-1)?.id ?? null, queued, found.length - queued, found.length < limit],
      );
      return { queued, busy: true };
    });
  }

  private async toReplay(row: Row): Promise<BulkReplay> {
    const running = row.status === 'running';
    const { delivered, failed } = running ? await progress(this.database.source.manager, row.id) : row;
    return {
      id: row.id,
      status: row.status,
      filter: toFilter(row.filter),
      destinationId: row.destination_id,
      ratePerSecond: row.rate_per_second,
      matched: row.matched,
      created: row.created,
      skipped: row.skipped,
      done: delivered,
      failed,
      createdAt: row.created_at,
      finishedAt: row.finished_at,
    };
  }
}

function candidates(owner: Owner, filter: EventFilter, upTo: string): EventQuery {
  const query = new EventQuery(owner, filter);
  if (filter.q !== undefined) query.addText(filter.q);
  query.oncePerChain(filter);
  // This leaves out the replay's own copies, and events that arrive while it runs.
  query.add((n) => `e.id < $${n}`, upTo);
  return query;
}

function toFilter(stored: Row['filter']): EventFilter {
  return {
    ...stored,
    since: stored.since === undefined ? undefined : new Date(stored.since),
    until: stored.until === undefined ? undefined : new Date(stored.until),
  };
}

function next(manager: EntityManager, row: Row, limit: number): Promise<ReplayCandidate[]> {
  const query = candidates({ userId: row.user_id, mode: row.mode }, toFilter(row.filter), row.up_to);
  if (row.position !== null) query.add((n) => `e.id > $${n}`, row.position);
  const count = query.param(limit);
  return manager.query<ReplayCandidate[]>(
    `select e.id, e.endpoint_id as "endpointId", e.event_type as "eventType", e.source, e.verified_by as "verifiedBy",
       ${row.filter.status === 'failed' ? REACHED : `'{}'::uuid[]`} as reached
     from paggio.events e where ${query.where} order by e.id limit ${count}`,
    query.values,
  );
}

/**
 * The destinations that accepted an event: by a delivery of the event or of one that it is a replay of, or by a single
 * replay attempt.
 */
const REACHED = `array(
  with recursive chain(id, up) as (
    select e.id, e.replay_of union all select v.id, v.replay_of from paggio.events v join chain on v.id = chain.up
  )
  select d.destination_id from chain join paggio.deliveries d on d.event_id = chain.id where d.state = 'delivered'
  union select a.destination_id from chain join paggio.attempts a on a.event_id = chain.id
    where a.trigger = 'replay' and a.status = 'delivered' and a.destination_id is not null
)`;

async function queue(
  manager: EntityManager,
  row: Row,
  found: readonly ReplayCandidate[],
  targets: ReadonlyMap<string, readonly string[]>,
): Promise<number> {
  const wanted = found.filter(({ id }) => (targets.get(id)?.length ?? 0) > 0);
  if (wanted.length === 0) return 0;
  if (row.destination_id !== null) {
    const ids = wanted.map(({ id }) => id);
    return deliverHistory(manager, ids, row.destination_id, row.id);
  }
  const copies = wanted.map(({ id }) => ({ id: newId(), originalId: id, destinationIds: targets.get(id) ?? [] }));
  await copyEvents(manager, copies, row.id);
  return copies.length;
}

async function underWay(manager: EntityManager, id: string): Promise<{ waiting: number; pending: number }> {
  const [row] = await manager.query<{ waiting: number; pending: number }[]>(
    `select count(*)::int as pending, (count(*) filter (where attempt_count = 0))::int as waiting
     from paggio.deliveries where replay_id = $1 and state = 'pending'`,
    [id],
  );
  return row ?? { waiting: 0, pending: 0 };
}

async function progress(manager: EntityManager, id: string): Promise<{ delivered: number; failed: number }> {
  const [row] = await manager.query<{ delivered: number; failed: number }[]>(
    `select (count(*) filter (where not pending and not failed))::int as delivered, (count(*) filter (where not pending and failed))::int as failed
     from (select bool_or(state = 'pending') as pending, bool_or(state = 'failed') as failed
           from paggio.deliveries where replay_id = $1 group by event_id) e`,
    [id],
  );
  return row ?? { delivered: 0, failed: 0 };
}

async function finish(manager: EntityManager, row: Row): Promise<void> {
  const { delivered, failed } = await progress(manager, row.id);
  await manager.query(
    `update paggio.replays set status = 'completed', finished_at = now(), delivered = $2, failed = $3 where id = $1`,
    [row.id, delivered, failed],
  );
}
