import { firstIdAt } from '../event-id';
import type { Owner } from '../principal';
import type { Database } from '../storage/database';
import { BUCKET_SECONDS } from '../events/index-sql';

/** Counts the events of a period by their current state. */
export interface StatRow {
  /** Start of the period, in Unix seconds. */
  at: number;
  pending: number;
  delivered: number;
  failed: number;
  captured: number;
  latencySum: number;
  /** Numbers of deliveries by latency, as pairs of slot and count. */
  latencies: [number, number][];
}

export class StatStore {
  constructor(private readonly database: Database) {}

  /**
   * Sums up an owner's events, or those of one endpoint, in steps of `stepSeconds`. It reads whole buckets as sums, and
   * counts the events themselves at both edges.
   * @param stepSeconds a multiple of `BUCKET_SECONDS`
   */
  async read(owner: Owner, endpointId: string | null, from: Date, to: Date, stepSeconds: number): Promise<StatRow[]> {
    const bucketMs = BUCKET_SECONDS * 1000;
    const first = Math.ceil(from.getTime() / bucketMs);
    const last = Math.max(first, Math.floor(to.getTime() / bucketMs));
    const edges = [
      [from.getTime(), Math.min(first * bucketMs, to.getTime())],
      [Math.max(last * bucketMs, from.getTime()), to.getTime()],
    ].filter(([start, end]) => (start as number) < (end as number)) as [number, number][];
    return this.database.rows<StatRow>(SUMS, [
      owner.userId,
      owner.mode,
      endpointId,
      first,
      last,
      stepSeconds,
      edges.map(([start]) => firstIdAt(start)),
      edges.map(([, end]) => firstIdAt(end)),
      edges.map(([start]) => Math.floor(start / bucketMs)),
    ]);
  }
}

const SUMS = `
  with own as (
    select id from paggio.endpoints where user_id = $1 and mode = $2 and ($3::uuid is null or id = $3)
  ), edges as materialized (
    select x.bucket, i.status, i.latency_ms, i.slot
    from unnest($7::uuid[], $8::uuid[], $9::int[]) as x(low, high, bucket)
      cross join own cross join generate_series(0, 3) as s(status)
      join paggio.event_index i on i.endpoint_id = own.id and i.status = s.status and i.event_id >= x.low and i.event_id < x.high
  ), sums as (
    select bucket, pending, delivered, failed, captured, latency_sum
    from paggio.stat_buckets b join own on own.id = b.endpoint_id where bucket >= $4 and bucket < $5
    union all
    select bucket, (count(*) filter (where status = 0))::int, (count(*) filter (where status = 1))::int,
      (count(*) filter (where status = 2))::int, (count(*) filter (where status = 3))::int,
      coalesce(sum(latency_ms) filter (where status = 1), 0)::bigint
    from edges group by bucket
  ), slots as (
    select bucket, slot, count from paggio.stat_latencies l join own on own.id = l.endpoint_id where bucket >= $4 and bucket < $5
    union all
    select bucket, slot, count(*)::int from edges where status = 1 and slot is not null group by 1, 2
  ), latencies as (
    select at, json_agg(json_build_array(slot, count)) as latencies from (
      select bucket * ${BUCKET_SECONDS}::bigint / $6 * $6 as at, slot, sum(count)::int as count from slots group by 1, 2
    ) s group by at
  )
  select t.*, coalesce(l.latencies, '[]') as latencies from (
    select (bucket * ${BUCKET_SECONDS}::bigint / $6 * $6)::float8 as at, sum(pending)::int as pending, sum(delivered)::int as delivered,
      sum(failed)::int as failed, sum(captured)::int as captured, sum(latency_sum)::float8 as "latencySum"
    from sums group by 1
  ) t left join latencies l on l.at = t.at
  order by t.at`;
