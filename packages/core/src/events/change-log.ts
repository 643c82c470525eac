import type { Position } from './position';
import type { Database } from '../storage/database';
import type { Statements } from '../storage/statements';

/** Ids of events that were created or changed, in the order of their transactions. */
export interface ChangePage {
  created: string[];
  /** The kinds of the created ones, in the same order, and 0 where the log does not have it. */
  kinds: number[];
  /** Their sizes in bytes, negative for those whose sender nobody vouches for. Only known with the kind. */
  sizes: number[];
  updated: string[];
  /** The position where the next page begins. */
  position: Position;
  /** Whether there may be more already. */
  more: boolean;
}

interface ReadRow {
  target: string;
  xid: string | null;
  created: string[] | null;
  kinds: number[] | null;
  sizes: number[] | null;
  updated: string[] | null;
  /** Whether the page ends before the stretch does. */
  more: boolean | null;
}

/** A client that was away for this long can still resume without a gap. */
const KEPT_HOURS = 24;
const SWEPT = 5_000;

/**
 * The log of changes. Transactions do not commit in the order of their ids, so a reader cannot resume from an id. It
 * resumes from a snapshot: a change that is visible now and was not visible in the snapshot was committed in between,
 * whatever its id and however long its transaction took. A reader never waits for open transactions.
 */
export class ChangeLog {
  constructor(private readonly database: Database) {}

  /** The position at the end of the log. */
  async end(): Promise<Position> {
    const [row] = await this.database.rows<{ read: string }>('select pg_current_snapshot()::text as read');
    return { read: row?.read ?? '1:1:', target: null, after: null };
  }

  /** Whether the log still has every change after a position. False when some were swept, or for another database. */
  async reaches(position: Position): Promise<boolean> {
    const [row] = await this.database.rows<{ reaches: boolean }>(
      `select pg_snapshot_xmin($1::pg_snapshot) >= changes_floor
         and pg_snapshot_xmax(coalesce($2, $1)::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) as reaches
       from paggio.state`,
      [position.read, position.target],
    );
    return row?.reaches === true;
  }

  /**
   * What follows a position: at most about `limit` transactions of it, and no further one after `events` events. A
   * transaction is never divided.
   */
  async read(
    position: Position,
    limit: number,
    events = Number.MAX_SAFE_INTEGER,
    statements: Statements = this.database.source,
  ): Promise<ChangePage> {
    const rows = await statements.query<ReadRow>(READ, [position.read, position.target, position.after, limit, events]);
    const target = rows[0]?.target ?? position.read;
    const found = rows.filter((row) => row.xid !== null);
    const more = rows[0]?.more === true;
    return {
      created: found.flatMap((row) => row.created ?? []),
      kinds: found.flatMap((row) => row.kinds ?? row.created?.map(() => 0) ?? []),
      sizes: found.flatMap((row) => row.sizes ?? row.created?.map(() => 0) ?? []),
      updated: found.flatMap((row) => row.updated ?? []),
      position: more
        ? { read: position.read, target, after: found.at(-1)?.xid ?? position.after }
        : { read: target, target: null, after: null },
      // After the end of a stretch, there may be changes that came while it was read.
      more: more || position.target !== null,
    };
  }

  /**
   * Removes a bounded number of changes that nobody can resume from any more.
   * @param from changes after this position are still needed, however old they are
   */
  async sweep(from: Position): Promise<void> {
    await this.database.source.query(SWEEP, [from.read]);
  }
}

// This returns at least one row, because the caller needs the snapshot even when there is no change.
const READ = `
  with stretch as materialized (
    select coalesce($2, pg_current_snapshot()::text)::pg_snapshot as target
  )
  select s.target::text, c.xid::text, c.created, c.kinds, c.sizes, c.updated, c.found >= $4 or c.found > count(*) over () as more
  from stretch s left join lateral (
    select xid, created, kinds, sizes, updated, found from (
      select xid, created, kinds, sizes, updated, count(*) over () as found,
        coalesce(sum(coalesce(cardinality(created), 0) + coalesce(cardinality(updated), 0))
          over (order by xid range unbounded preceding exclude group), 0) as before
      from (
        select xid, created, kinds, sizes, updated from paggio.changes
        where xid >= pg_snapshot_xmin($1::pg_snapshot) and xid < pg_snapshot_xmax(s.target)
          and ($3::xid8 is null or xid > $3::xid8)
          and not pg_visible_in_snapshot(xid, $1::pg_snapshot) and pg_visible_in_snapshot(xid, s.target)
        order by xid fetch first $4 rows with ties
      ) page
    ) counted
    where before < $5
  ) c on true
  order by c.xid`;

const SWEEP = `
  with old as (
    select ctid, xid from (select ctid, xid, at from paggio.changes order by xid limit ${SWEPT}) c
    where at < now() - interval '${KEPT_HOURS} hours' and xid < pg_snapshot_xmin($1::pg_snapshot)
  ), swept as (
    delete from paggio.changes where ctid = any(array(select ctid from old)) returning xid
  )
  update paggio.state set changes_floor = (select max(xid::text::bigint) + 1 from swept)::text::xid8
  where exists (select 1 from swept)`;
