import type { Database } from '../storage/database';
import { failureOf } from '../storage/sql-errors';
import { WAKE_FOLLOWERS } from './follower-sql';

const BATCH = 5_000;

/**
 * Cancels pending deliveries in bounded steps, each of which is complete in itself. Deliveries under way keep their
 * lease token, so that their attempt is still recorded and counts if it delivers.
 * @param condition SQL on the delivery `d`, with parameters from $2 on
 * @returns the number of cancelled deliveries
 */
export async function cancelDeliveries(
  database: Database,
  condition: string,
  reason: string,
  values: unknown[],
): Promise<number> {
  for (let total = 0; ;) {
    const cancelled = await withRetry(() =>
      database.rows<{ event_id: string; order_key: string | null }>(
        `with ended as (
         update paggio.deliveries d set state = 'failed', reason = $1, due_at = null, due_reason = null
         from (
           select event_id, destination_id from paggio.deliveries d where d.state = 'pending' and ${condition}
           order by event_id, destination_id limit ${BATCH} for update
         ) p
         where d.event_id = p.event_id and d.destination_id = p.destination_id
         returning d.event_id, d.order_key
       ), logged as (
         insert into paggio.changes (updated) select array_agg(distinct event_id) from ended having count(*) > 0
       ) select event_id, order_key from ended`,
        [reason, ...values],
      ),
    );
    const ids = cancelled.filter((row) => row.order_key !== null).map((row) => row.event_id);
    if (ids.length > 0) await database.source.query(WAKE_FOLLOWERS, [ids]);
    total += cancelled.length;
    if (cancelled.length < BATCH) return total;
  }
}

/**
 * Retries after a deadlock. A settle may lock the same rows in another order, and the database then aborts one of the
 * two.
 */
async function withRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (failureOf(error) !== 'conflict' || left === 0) throw error;
    }
  }
}
