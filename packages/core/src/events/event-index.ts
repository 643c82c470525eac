import type { EntityManager } from 'typeorm';
import type { Position } from './position';
import { parsePosition, formatPosition } from './position';
import { firstIdAt } from '../event-id';
import type { EventStatus } from './event';
import type { ChangeLog, ChangePage } from './change-log';
import type { Database } from '../storage/database';
import { statementsOf } from '../storage/statements';
import type { Dictionary } from './dictionary';
import { INDEX_WRITE } from './index-sql';

/** The statuses in the order of their numbers in the index. */
export const indexedStatuses: readonly EventStatus[] = ['pending', 'delivered', 'failed', 'captured'];

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

/**
 * What the log says of an event counts this long by its id. Later the event may have been removed, so it is looked for.
 * Retention keeps events for longer.
 */
const KNOWN_MS = 300_000;

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
      const ended = await this.take(manager, changesOf(page, firstIdAt(state.now - KNOWN_MS)));
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
      rows.map(({ id }) => ({ id, kind: 0, size: 0 })),
    );
    const more = rows.length === CHUNK;
    const done = !more && until !== null && until.getTime() < lagging;
    await manager.query('update paggio.event_index_state set checked_to = $1', [
      done ? null : (rows.at(-1)?.id ?? from),
    ]);
    return more;
  }

  private async take(manager: EntityManager, changes: readonly Change[]): Promise<Ended[]> {
    const ended: Ended[] = [];
    for (let at = 0; at < changes.length; at += CHUNK)
      ended.push(...(await this.write(manager, changes.slice(at, at + CHUNK))));
    return ended;
  }

  private async write(manager: EntityManager, changes: readonly Change[]): Promise<Ended[]> {
    const statements = statementsOf(manager);
    const write = async (some: readonly Change[]): Promise<WriteRow | undefined> => {
      const values = [some.map(({ id }) => id), some.map(({ kind }) => kind), some.map(({ size }) => size)];
      return (await statements.prepared<WriteRow>('paggio_index', INDEX_WRITE, values))[0];
    };
    const row = await write(changes);
    const ended = row?.ended ?? [];
    if (!row?.nameless) return ended;
    // These events have new strings. The strings get their numbers first, and then the events are written.
    await this.dictionary.name(manager, row.nameless);
    const rest = await write(row.nameless.map((id) => ({ id, kind: 0, size: 0 })));
    return [...ended, ...(rest?.ended ?? [])];
  }
}

/** An event that was created or changed. Kind and size are 0 if they are not known. */
interface Change {
  id: string;
  kind: number;
  size: number;
}

/** Each event of a page once. @param since the first id of which the log may be believed */
function changesOf({ created, kinds, sizes, updated }: ChangePage, since: string): Change[] {
  const changes = new Map<string, Change>();
  for (const id of updated) changes.set(id, { id, kind: 0, size: 0 });
  for (const [n, id] of created.entries())
    changes.set(id, id >= since ? { id, kind: kinds[n] ?? 0, size: sizes[n] ?? 0 } : { id, kind: 0, size: 0 });
  return [...changes.values()];
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
