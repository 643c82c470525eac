import type { Database } from '../storage/database';
import { PENDING_DESTINATIONS } from './delivery-sql';
import { failing } from '../endpoints/failing-sql';

/** More pending deliveries than this are not counted. */
export const GAUGE_LIMIT = 100_000;

/** Reads the state of the queue, for people and monitors. */
export class QueueStore {
  constructor(private readonly database: Database) {}

  async state(): Promise<{ migration: number; lagSeconds: number }> {
    const [row] = await this.database.rows<{ migration: number; lag: number | null }>(STATE);
    return { migration: row?.migration ?? 0, lagSeconds: Math.max(0, Math.round((row?.lag ?? 0) * 10) / 10) };
  }

  async pending(): Promise<number> {
    const [row] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.deliveries where state = 'pending' limit ${GAUGE_LIMIT}) d`,
    );
    return row?.count ?? 0;
  }

  /** Destinations of all users that are failing now. */
  async failing(): Promise<number> {
    const [row] = await this.database.rows<{ count: number }>(FAILING);
    return row?.count ?? 0;
  }
}

const FAILING = `
  select count(*)::int as count from paggio.destinations x join paggio.endpoints e on e.id = x.endpoint_id
  where ${failing('x')} and x.deleted_at is null and e.deleted_at is null`;

// Deliveries of paused destinations and of open circuits are not late.
const STATE = `
  with recursive ${PENDING_DESTINATIONS}
  select (select count(*)::int from paggio.migrations) as migration,
    (select extract(epoch from now() - min(oldest.due_at))::float8
     from pending join paggio.destinations x on x.id = pending.id join paggio.endpoints e on e.id = x.endpoint_id
       cross join lateral (
         select d.due_at from paggio.deliveries d where d.destination_id = x.id and d.state = 'pending' order by d.due_at limit 1
       ) oldest
     where x.status = 'ACTIVE' and e.status = 'ACTIVE' and (x.open_until is null or x.open_until <= now())) as lag`;
