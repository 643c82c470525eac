import type { Position } from './position';
import type { Database } from '../storage/database';
import type { Statements } from '../storage/statements';

/** Ids of events that were made or changed, in the order of their transactions. */
export interface ChangePage {
  created: string[];
  updated: string[];
  /** Where the next page begins. */
  position: Position;
  /** Whether there is more already. */
  more: boolean;
}

interface ReadRow {
  target: string;
  xid: string | null;
  created: string[] | null;
  updated: string[] | null;
}

/** For how long a client may be away and still resume without a gap. */
const KEPT_HOURS = 24;
const SWEPT = 5_000;

/**
 * The log of changes. Transactions commit in another order than their ids, so no id is a place to resume from; a snapshot
 * is: what is visible now and was not visible then has been committed in between, whatever its id and however long it
 * took. Nothing waits for transactions that are still open.
 */
export class ChangeLog {
  constructor(private readonly database: Database) {}

  /** The end of the log. */
  async end(): Promise<Position> {
    const [row] = await this.database.rows<{ read: string }>('select pg_current_snapshot()::text as read');
    return { read: row?.read ?? '1:1:', target: null, after: null };
  }

  /** Whether what follows a position is still there: neither swept, nor of another database. */
  async reaches(position: Position): Promise<boolean> {
    const [row] = await this.database.rows<{ reaches: boolean }>(
      `select pg_snapshot_xmin($1::pg_snapshot) >= changes_floor
         and pg_snapshot_xmax(coalesce($2, $1)::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) as reaches
       from paggio.state`,
      [position.read, position.target],
    );
    return row?.reaches === true;
  }

  /** What follows a position, at most about `limit` transactions of it. */
  async read(position: Position, limit: number, statements: Statements = this.database.source): Promise<ChangePage> {
    const rows = await statements.query<ReadRow>(READ, [position.read, position.target, position.after, limit]);
    const target = rows[0]?.target ?? position.read;
    const found = rows.filter((row) => row.xid !== null);
    const more = found.length >= limit;
    return {
      created: found.flatMap((row) => row.created ?? []),
      updated: found.flatMap((row) => row.updated ?? []),
      position: more
        ? { read: position.read, target, after: found.at(-1)?.xid ?? position.after }
        : { read: target, target: null, after: null },
      // Behind the end of a stretch there is what came while it was read.
      more: more || position.target !== null,
    };
  }

  /**
   * Removes what nobody resumes from any more, in bounded steps.
   * @param from what follows it is still needed, however old it is
   */
  async sweep(from: Position): Promise<void> {
    await this.database.source.query(SWEEP, [from.read]);
  }
}

// One row at least, because the snapshot is wanted also when there is nothing in it.
const READ = `
  with stretch as materialized (
    select coalesce($2, pg_current_snapshot()::text)::pg_snapshot as target
  )
  select s.target::text, c.xid::text, c.created, c.updated
  from stretch s left join lateral (
    select xid, created, updated from paggio.changes
    where xid >= pg_snapshot_xmin($1::pg_snapshot) and xid < pg_snapshot_xmax(s.target)
      and ($3::xid8 is null or xid > $3::xid8)
      and not pg_visible_in_snapshot(xid, $1::pg_snapshot) and pg_visible_in_snapshot(xid, s.target)
    order by xid fetch first $4 rows with ties
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
