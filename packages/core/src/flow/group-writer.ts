import type { Load } from './fair-queue';
import { GroupSize } from './group-size';

/** How many statements run at once, each on a connection of its own. */
export const CONNECTIONS = 2;
/** `GroupWork.secondFrom` by default. */
const SECOND_FROM = 16;

/**
 * What a failed statement means:
 * - `bad_data`: the database refuses a value, and refuses it the next time too
 * - `conflict`: another transaction was in the way; nothing was written, and the next try is likely to pass
 * - `timeout`: the server or the driver ended it because it took too long
 * - `unavailable`: the database cannot be reached, or does not serve now; it is unknown whether it was committed
 * - `other`: a fault
 */
export type StatementFailure = 'bad_data' | 'conflict' | 'timeout' | 'unavailable' | 'other';

/** The items that wait to be written. */
export interface Backlog<Item> {
  readonly length: number;
  /** Takes the items whose turn it is: at most this many, and at most this many bytes unless the first alone is larger. */
  take(maxLength: number, maxBytes: number): Item[];
}

/** What a group writer writes, and what it calls afterwards. */
export interface GroupWork<Item, Result> {
  readonly backlog: Backlog<Item>;
  /** The most that one statement writes. */
  readonly largest: Load;
  /** How often a group is written again after a conflict before it counts as failed. */
  readonly retries: number;
  /**
   * A second statement starts only if this many items wait: with fewer, its round trip costs more than it saves. Default:
   * 16.
   */
  readonly secondFrom?: number;
  /**
   * Whether what waits should be written now, and not wait for more. Call `pump` when this changes. Default: always.
   */
  isDue?(): boolean;
  loadOf(group: readonly Item[]): Load;
  failureOf(error: unknown): StatementFailure;
  /** Writes a group whole or not at all. */
  write(group: Item[]): Promise<Result>;
  /** A group was written. The writer waits for a promise before it takes the next group. It must not fail. */
  written(group: Item[], result: Result): Promise<void> | undefined;
  /** The database refuses this one item. Returns what to write instead, or null for nothing. */
  refused(item: Item, error: unknown): Item | null;
  /** Writing a group failed. If the connection broke, the group may have been written all the same. */
  failed(group: Item[], error: unknown): void;
}

/**
 * Group commit. While a statement runs, items wait in the backlog; the next statement takes all of them, or as many as a
 * group may have. There is no timer here: an item that comes alone is written at once, unless `isDue` has it wait. When
 * many wait, a second connection takes a group at the same time.
 *
 * A group that meets a conflict is written again. If the database refuses a value, each half of the group is written
 * alone, down to the item with that value. After a timeout the next groups are smaller.
 */
export class GroupWriter<Item, Result> {
  private readonly groups = new Set<readonly Item[]>();
  private readonly size: GroupSize;
  private idle: (() => void)[] = [];
  private pause: NodeJS.Timeout | undefined;

  constructor(private readonly work: GroupWork<Item, Result>) {
    this.size = new GroupSize(work.largest);
  }

  /** The groups whose statement has not ended. */
  get underWay(): ReadonlySet<readonly Item[]> {
    return this.groups;
  }

  /** The weight of a load; 1 is the largest group. */
  weigh(load: Load): number {
    return this.size.weigh(load);
  }

  /** The weight that is likely to be written within `ms`: at most 1, the largest group, for each connection. */
  capacityWithin(ms: number): number {
    const { limit, rate } = this.size;
    return CONNECTIONS * Math.min(1, Math.max(limit, rate * ms));
  }

  /** Begins to write what waits. Call it after something was added to the backlog. */
  pump(): void {
    const { backlog, secondFrom = SECOND_FROM } = this.work;
    const { groups, size } = this;
    while (
      groups.size < CONNECTIONS &&
      backlog.length >= (groups.size === 0 ? 1 : secondFrom) &&
      this.pause === undefined &&
      (this.work.isDue?.() ?? true)
    ) {
      const group = backlog.take(size.maxLength, size.maxBytes);
      groups.add(group);
      void this.commit(group, backlog.length > 0, this.work.retries).finally(() => {
        groups.delete(group);
        if (groups.size === 0 && backlog.length === 0) for (const done of this.idle.splice(0)) done();
        this.pump();
      });
    }
  }

  /** Takes no group for this long. During a pause, a further call changes nothing. */
  pauseFor(ms: number): void {
    this.pause ??= setTimeout(() => {
      this.pause = undefined;
      this.pump();
    }, ms);
  }

  /** Clears the timer of a pause, so that the process may end. After that, a paused writer takes no further group. */
  stop(): void {
    clearTimeout(this.pause);
  }

  /** Resolves once nothing waits and no statement runs. */
  whenIdle(): Promise<void> {
    if (this.groups.size === 0 && this.work.backlog.length === 0) return Promise.resolve();
    return new Promise((done) => this.idle.push(done));
  }

  /** @param isFull whether it left others waiting, so it was as large as allowed */
  private async commit(group: Item[], isFull: boolean, retries: number): Promise<void> {
    const startedAt = performance.now();
    let result: Result;
    try {
      result = await this.work.write(group);
    } catch (error) {
      return this.recover(group, error, isFull, retries);
    }
    this.size.passed(this.work.loadOf(group), isFull, performance.now() - startedAt);
    const rest = this.work.written(group, result);
    if (rest !== undefined) await rest;
  }

  private async recover(group: Item[], error: unknown, isFull: boolean, retries: number): Promise<void> {
    const failure = this.work.failureOf(error);
    if (failure === 'conflict' && retries > 0) return this.commit(group, isFull, retries - 1);
    // A value that the database refuses must not fail the other items of its group.
    if (failure === 'bad_data') return this.divide(group, error, retries);
    if (failure === 'timeout') this.size.failed(this.work.loadOf(group));
    this.work.failed(group, error);
  }

  private async divide(group: Item[], error: unknown, retries: number): Promise<void> {
    if (group.length === 1) {
      const instead = this.work.refused(group[0] as Item, error);
      if (instead !== null) await this.commit([instead], false, retries);
      return;
    }
    const middle = group.length >> 1;
    await this.commit(group.slice(0, middle), false, retries);
    await this.commit(group.slice(middle), false, retries);
  }
}
