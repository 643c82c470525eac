import { setTimeout as sleep } from 'node:timers/promises';
import { firstIdAt } from '../event-id';
import type { Database } from '../storage/database';
import { BUCKET_SECONDS } from './index-sql';

/** One statement removes at most this many events. That takes a few milliseconds, so others hardly wait for it. */
const BATCH = 500;
/** The pause between two statements leaves most of the disk and of the connection pool to others. */
const PAUSE_MS = 50;

/**
 * Removes events that are older than `keepMs`, with their deliveries, attempts and statistics. Events with pending
 * deliveries stay until those have ended. Each batch is complete in itself, so several processes may do this at once.
 */
export class Retention {
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly keepMs: number,
  ) {}

  stop(): void {
    this.stopped = true;
  }

  /** Removes everything that is old enough now. Returns the number of removed events. */
  async run(): Promise<number> {
    const [clock] = await this.database.rows<{ now: number }>('select extract(epoch from now())::float8 * 1000 as now');
    const end = (clock?.now ?? 0) - this.keepMs;
    let total = 0;
    let after = '00000000-0000-0000-0000-000000000000';
    while (!this.stopped) {
      const { removed, last } = await this.batch(REMOVE_EVENTS, [after, firstIdAt(end)]);
      total += removed;
      if (last === null) break;
      after = last;
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
    const bucket = Math.floor(end / (BUCKET_SECONDS * 1000));
    for (const statement of [REMOVE_BUCKETS, REMOVE_LATENCIES, REMOVE_REPLAYS]) {
      const value = statement === REMOVE_REPLAYS ? new Date(end) : bucket;
      while (!this.stopped && (await this.batch(statement, [value])).removed === BATCH)
        await sleep(PAUSE_MS, undefined, { ref: false });
    }
    return total;
  }

  private batch(statement: string, values: unknown[]): Promise<{ removed: number; last: string | null }> {
    return this.database.source.transaction(async (manager) => {
      // If a crash of the database brings rows back, the next run removes them.
      await manager.query('set local synchronous_commit = off');
      const [row] = await manager.query<{ removed: number; last: string | null }[]>(statement, values);
      // failpoint: retention.removed
      return row ?? { removed: 0, last: null };
    });
  }
}

const REMOVE_EVENTS = `
  with seen as materialized (
    select e.id, exists (select 1 from paggio.deliveries d where d.event_id = e.id and d.state = 'pending') as waits
    from (select id from paggio.events where id > $1 and id < $2 order by id limit ${BATCH}) e
  ), gone as materialized (
    select e.id, e.verified_by is not null as verified, e.endpoint_id, e.dedup_key from paggio.events e join seen s on s.id = e.id where not s.waits for update of e skip locked
  ), deliveries as (
    delete from paggio.deliveries d using gone where d.event_id = gone.id
  ), attempts as (
    delete from paggio.attempts a using gone where a.event_id = gone.id
  ), keys as (
    delete from paggio.dedup_keys k using gone
    where k.endpoint_id = gone.endpoint_id and k.key = gone.dedup_key and k.event_id = gone.id
  ), indexed as (
    delete from paggio.event_index i using gone where i.event_id = gone.id
    returning i.endpoint_id, gone.verified, i.bytes
  ), freed as (
    select endpoint_id, sum(bytes) as bytes, coalesce(sum(bytes) filter (where not verified), 0) as unverified_bytes
    from indexed where bytes is not null group by 1
  ), usage as materialized (
    -- Locked in the order in which the index locks them, to avoid deadlocks.
    select u.endpoint_id, f.bytes, f.unverified_bytes
    from paggio.endpoint_usage u join freed f on f.endpoint_id = u.endpoint_id order by 1 for no key update of u
  ), counted as (
    update paggio.endpoint_usage u set bytes = greatest(0, u.bytes - f.bytes),
      unverified_bytes = greatest(0, u.unverified_bytes - f.unverified_bytes)
    from usage f where u.endpoint_id = f.endpoint_id
  ), events as (
    delete from paggio.events e using gone where e.id = gone.id returning 1
  )
  select (select count(*)::int from events) as removed, (select id from seen order by id desc limit 1) as last`;

const REMOVE_BUCKETS = `
  with gone as (
    delete from paggio.stat_buckets where (endpoint_id, bucket) in (
      select endpoint_id, bucket from paggio.stat_buckets where bucket < $1 limit ${BATCH}) returning 1
  ) select count(*)::int as removed, null as last from gone`;

const REMOVE_LATENCIES = `
  with gone as (
    delete from paggio.stat_latencies where (endpoint_id, bucket, slot) in (
      select endpoint_id, bucket, slot from paggio.stat_latencies where bucket < $1 limit ${BATCH}) returning 1
  ) select count(*)::int as removed, null as last from gone`;

const REMOVE_REPLAYS = `
  with gone as (
    delete from paggio.replays where id in (
      select id from paggio.replays where status <> 'running' and created_at < $1 limit ${BATCH}) returning 1
  ) select count(*)::int as removed, null as last from gone`;
