import type { EntityManager } from 'typeorm';
import type { Position } from './position';
import { parsePosition, formatPosition } from './position';
import { EVENT_OVERHEAD_BYTES } from './event-size';
import { firstIdAt } from '../event-id';
import type { EventStatus } from './event';
import { GROWTH } from './latency-slots';
import type { ChangeLog } from './change-log';
import type { Database } from '../storage/database';
import { statementsOf } from '../storage/statements';
import type { Dictionary } from './dictionary';

/** The statuses in the order of their numbers in the index. */
export const indexedStatuses: readonly EventStatus[] = ['pending', 'delivered', 'failed', 'captured'];
/** Statistics are kept in buckets of this many seconds. */
export const BUCKET_SECONDS = 300;

/**
 * One step processes this many transactions, unless they have more events than that. A transaction of a quiet server has
 * one event, and a step of a few costs as much as one of many.
 */
const STEP = 400;
/** With the last transaction of a step, which has 500 events at most, this makes one `CHUNK`. */
const STEP_EVENTS = 1_500;
/** One statement writes at most this many events. */
const CHUNK = 2_000;
/** While nothing happens, a look for what other processes have stored follows after this time. Readers look themselves. */
const QUIET_MS = 15_000;
/** A step is taken at least this often. */
const TRUST_MS = 60_000;
/** The check for events that older versions of Paggio write stays this far behind the current time. */
const CHECK_LAG_MS = 60_000;

/** Events of an endpoint that reached a final state in one step. */
export interface Ended {
  endpointId: string;
  state: 'delivered' | 'failed';
  count: number;
  /** One of them. */
  eventId: string;
}

/** Called in the transaction of a step, with the events that reached a final state in it. */
export type OnEnded = (manager: EntityManager, ended: readonly Ended[]) => Promise<void>;

/**
 * A narrow table next to the events. It has the columns that lists filter by and statistics count, and an index for
 * each filter. It follows the log of changes, off the path of capture and delivery, so an event that is delivered at
 * once is written once. Readers let it catch up first, so that they see their own writes. Each step is complete in
 * itself, and a row lock lets only one process at a time take a step.
 */
export class EventIndex {
  /** A position in the log after which nothing had come when this process last looked. Null if something may be left. */
  private quietAt: Position | null = null;
  /** Until when (`performance.now`) that position counts. A crash of the database may forget steps of other processes. */
  private quietUntil = 0;
  /** When a process that stores nothing looks again (`performance.now`). */
  private lookAgainAt = 0;

  constructor(
    private readonly database: Database,
    private readonly log: ChangeLog,
    private readonly dictionary: Dictionary,
    private readonly onEnded: OnEnded,
  ) {}

  /**
   * Processes the changes that were committed before the call, for about `budgetMs` milliseconds at most.
   * @returns false when the time ran out, and then the newest changes are missing
   */
  async catchUp(budgetMs: number): Promise<boolean> {
    const deadline = performance.now() + budgetMs;
    const position = await this.position();
    const first = await this.log.read(position, 1);
    if (first.created.length === 0 && first.updated.length === 0 && !first.more) return true;
    for (;;) {
      const more = await this.step(false);
      if (!more) return true;
      if (performance.now() > deadline) return false;
    }
  }

  /** Takes the next step, unless another process is taking it. Returns whether there is more to do. */
  async advance(): Promise<boolean> {
    const { quietAt } = this;
    if (quietAt !== null && performance.now() < this.quietUntil && !(await this.hasNews(quietAt))) return false;
    return this.step(true);
  }

  /** Call it when this process has stored events. Without it, an idle process looks only every `QUIET_MS`. */
  noteChanges(): void {
    this.lookAgainAt = 0;
  }

  /** A look without a transaction, because most steps of an idle process would find nothing. */
  private async hasNews(after: Position): Promise<boolean> {
    const now = performance.now();
    if (now < this.lookAgainAt) return false;
    this.lookAgainAt = now + QUIET_MS;
    const { created, updated, more, position } = await this.log.read(after, 1);
    if (created.length > 0 || updated.length > 0 || more) return true;
    this.quietAt = position;
    return false;
  }

  /** The position in the log up to which the index has processed it. */
  async position(): Promise<Position> {
    const [row] = await this.database.rows<{ position: string }>('select position from paggio.event_index_state');
    return toPosition(row?.position ?? '');
  }

  /**
   * Starts again if the index cannot follow the log any more, as after a restore into another database cluster. It then
   * continues from the end of the log and checks all events.
   */
  async open(): Promise<void> {
    const position = await this.position();
    if (position.read === BEGINNING || (await this.log.reaches(position))) return;
    await this.database.source.query(BEGIN_ANEW, [formatPosition(await this.log.end())]);
  }

  private async step(skipLocked: boolean): Promise<boolean> {
    this.quietAt = null;
    let quietAt: Position | null = null;
    const isMore = await this.database.source.transaction(async (manager) => {
      await manager.query(INDEX_SETTINGS);
      const [state] = await manager.query<State[]>(
        `select position, checked_to, check_until, extract(epoch from now())::float8 * 1000 as now
         from paggio.event_index_state for update${skipLocked ? ' skip locked' : ''}`,
      );
      if (!state) return false;
      const prepared = statementsOf(manager);
      const page = await this.log.read(toPosition(state.position), STEP, STEP_EVENTS, {
        query: (sql, values = []) => prepared.prepared('paggio_changes', sql, values),
      });
      const ended = await this.take(manager, [...new Set([...page.created, ...page.updated])]);
      await this.onEnded(manager, ended);
      // failpoint: index.advanced
      const position = formatPosition(page.position);
      // The position also moves when other transactions end. Writing that would move it again, for ever.
      if (page.created.length > 0 || page.updated.length > 0 || page.more)
        await manager.query('update paggio.event_index_state set position = $1', [position]);
      else if (state.checked_to === null) quietAt = page.position;
      const checking = state.checked_to !== null && (await this.check(manager, state, state.checked_to));
      return page.more || checking;
    });
    this.quietAt = quietAt;
    this.quietUntil = performance.now() + TRUST_MS;
    return isMore;
  }

  /** Indexes events that the log does not have, by their ids: those from before it, and those of older versions. */
  private async check(manager: EntityManager, { now, check_until: until }: State, from: string): Promise<boolean> {
    const lagging = now - CHECK_LAG_MS;
    const end = firstIdAt(until === null ? lagging : Math.min(lagging, until.getTime()));
    const rows = await manager.query<{ id: string }[]>(
      'select id from paggio.events where id > $1 and id < $2 order by id limit $3',
      [from, end, CHUNK],
    );
    await this.take(
      manager,
      rows.map((row) => row.id),
    );
    const more = rows.length === CHUNK;
    const done = !more && until !== null && until.getTime() < lagging;
    await manager.query('update paggio.event_index_state set checked_to = $1', [
      done ? null : (rows.at(-1)?.id ?? from),
    ]);
    return more;
  }

  private async take(manager: EntityManager, ids: readonly string[]): Promise<Ended[]> {
    const ended: Ended[] = [];
    for (let at = 0; at < ids.length; at += CHUNK)
      ended.push(...(await this.write(manager, ids.slice(at, at + CHUNK))));
    return ended;
  }

  private async write(manager: EntityManager, ids: readonly string[]): Promise<Ended[]> {
    const statements = statementsOf(manager);
    const write = async (some: readonly string[]): Promise<WriteRow | undefined> =>
      (await statements.prepared<WriteRow>('paggio_index', INDEX_WRITE, [some]))[0];
    const row = await write(ids);
    const ended = row?.ended ?? [];
    if (!row?.nameless) return ended;
    // These events have new strings. The strings get their numbers first, and then the events are written.
    await this.dictionary.name(manager, row.nameless);
    const rest = await write(row.nameless);
    return [...ended, ...(rest?.ended ?? [])];
  }
}

interface State {
  position: string;
  checked_to: string | null;
  check_until: Date | null;
  /** Unix milliseconds by the clock of the database. */
  now: number;
}

interface WriteRow {
  ended: Ended[] | null;
  /** Events that have a word without a number. */
  nameless: string[] | null;
}

// A crash of the database may lose the newest steps. It loses the position in the log too, so they are repeated. A step
// looks up a few thousand ids. While the tables are small or their statistics are old, the planner would choose to read
// the whole tables instead. Planning the statement that writes takes longer than a step of a few events, so it is planned
// once for all numbers of ids.
export const INDEX_SETTINGS =
  'set local synchronous_commit = off; set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan';

/** A snapshot from before every transaction. */
const BEGINNING = '1:1:';

const BEGIN_ANEW = `
  update paggio.event_index_state set position = $1, checked_to = '00000000-0000-0000-0000-000000000000',
    check_until = now() + interval '1 hour'`;

function toPosition(text: string): Position {
  return parsePosition(text) ?? { read: BEGINNING, target: null, after: null };
}

// The statement subtracts the old row of each event from the sums and adds the new one, so that the sums always equal a
// count. It adds the bytes of an event when it inserts the row, and retention subtracts them when it removes the row.
// `GROWTH` explains the slot of a latency. The bucket is the time inside the id.
export const INDEX_WRITE = `
  with facts as materialized (
    select e.id as event_id, o.id as owner, e.endpoint_id, s.id as source,
      case when e.event_type is null then 0 else t.id end as type, coalesce(d.status, 3)::smallint as status, d.latency_ms,
      (('x' || left(replace(e.id::text, '-', ''), 12))::bit(48)::bigint / ${BUCKET_SECONDS * 1000})::int as bucket,
      (case when d.latency_ms <= 1 then 0 else ceil(ln(d.latency_ms) / ln(${GROWTH})) end)::smallint as slot,
      e.user_id, e.verified_by is not null as verified,
      octet_length(e.body) + octet_length(e.headers) + octet_length(e.path) + octet_length(e.query)
        + coalesce(octet_length(e.sealed), 0) + ${EVENT_OVERHEAD_BYTES} as bytes
    from unnest($1::uuid[]) as i(id) join paggio.events e on e.id = i.id
      left join paggio.words o on o.owner = 0 and o.kind = 'owner' and o.word = e.mode || ':' || e.user_id
      left join paggio.words s on s.owner = 0 and s.kind = 'source' and s.word = e.source
      left join paggio.words t on t.owner = o.id and t.kind = 'type' and t.word = e.event_type
      left join lateral (
        select case when bool_or(x.state = 'pending') then 0 when bool_or(x.state = 'failed') then 2 else 1 end as status,
          case when bool_and(x.state = 'delivered') then (array_agg(x.latency_ms order by x.destination_id))[1] end as latency_ms
        from paggio.deliveries x where x.event_id = e.id having count(*) > 0
      ) d on true
  ), input as (
    select * from facts where owner is not null and source is not null and type is not null
  ), present as (
    select x.event_id, x.status, x.latency_ms, x.slot, i.endpoint_id, i.bucket,
      (x.status, x.latency_ms) is distinct from (i.status, i.latency_ms) as changed
    from input i join paggio.event_index x on x.event_id = i.event_id
  ), old as (
    select * from present where changed
  ), written as (
    insert into paggio.event_index as x (event_id, owner, endpoint_id, source, type, status, latency_ms, slot, bytes)
    select event_id, owner, endpoint_id, source, type, status, latency_ms, slot, bytes from input
    on conflict (event_id) do update set status = excluded.status, latency_ms = excluded.latency_ms, slot = excluded.slot
      where (x.status, x.latency_ms) is distinct from (excluded.status, excluded.latency_ms)
    returning x.event_id
  ), sorted as (
    insert into paggio.event_sorts (owner, endpoint_id, source, type)
    select distinct owner, endpoint_id, source, type from input order by 1, 2, 3, 4 on conflict do nothing
  ), difference as (
    select i.event_id, i.endpoint_id, i.bucket, i.status, i.latency_ms, i.slot, 1 as sign
    from input i join written w on w.event_id = i.event_id
    union all
    select event_id, endpoint_id, bucket, status, latency_ms, slot, -1 from old
  ), usage as (
    insert into paggio.endpoint_usage as u (endpoint_id, user_id, bytes, unverified_bytes)
    select endpoint_id, user_id, sum(bytes), coalesce(sum(bytes) filter (where not verified), 0)
    from input i where not exists (select 1 from present p where p.event_id = i.event_id)
    group by 1, 2 order by 1
    on conflict (endpoint_id) do update set bytes = u.bytes + excluded.bytes,
      unverified_bytes = u.unverified_bytes + excluded.unverified_bytes
  ), counted as (
    insert into paggio.stat_buckets as b (endpoint_id, bucket, pending, delivered, failed, captured, latency_sum)
    select endpoint_id, bucket,
      coalesce(sum(sign) filter (where status = 0), 0), coalesce(sum(sign) filter (where status = 1), 0),
      coalesce(sum(sign) filter (where status = 2), 0), coalesce(sum(sign) filter (where status = 3), 0),
      coalesce(sum(sign * latency_ms) filter (where status = 1), 0)
    from difference group by 1, 2 order by 1, 2
    on conflict (endpoint_id, bucket) do update set pending = b.pending + excluded.pending,
      delivered = b.delivered + excluded.delivered, failed = b.failed + excluded.failed,
      captured = b.captured + excluded.captured, latency_sum = b.latency_sum + excluded.latency_sum
  ), measured as (
    insert into paggio.stat_latencies as l (endpoint_id, bucket, slot, count)
    select endpoint_id, bucket, slot, sum(sign) from difference where status = 1 and slot is not null
    group by 1, 2, 3 having sum(sign) <> 0 order by 1, 2, 3
    on conflict (endpoint_id, bucket, slot) do update set count = l.count + excluded.count
  ), ended as (
    select endpoint_id as "endpointId", case status when 1 then 'delivered' else 'failed' end as state, count(*)::int as count,
      (array_agg(event_id))[1] as "eventId"
    from difference where sign = 1 and status in (1, 2) group by 1, 2
  )
  select (select json_agg(e) from ended e) as ended,
    (select array_agg(event_id) from facts where owner is null or source is null or type is null) as nameless`;
