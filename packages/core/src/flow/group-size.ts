import type { Load } from './fair-queue';

/** A statement should not take longer than this: who comes next waits for it. */
const LONG_MS = 750;
/** A smaller group that gets less done than this part of what the larger one did was no help. */
const WORTH = 0.7;
/** What was tried and was no good is not tried again for so long. */
const HOLD_MS = 30_000;

/**
 * How much one statement writes. Where a statement takes long because it is large, as over a narrow network, half as much
 * is tried next, so that nobody waits behind a long one, and none runs into its time limit for ever. Where it takes long
 * whatever its size is, as with a slow disk, small groups would only get less done, and it stays large.
 *
 * Its unit is the largest group: 500 small events are as much as 8 MiB in a few large ones.
 */
export class GroupSize {
  /** What a group may be: 1 is the largest. */
  limit = 1;
  /** What was stored in a millisecond by the last group that left others waiting; 0: unknown. */
  rate = 0;
  /** The rate before the group was made smaller; null: it was not. */
  private rateBefore: number | null = null;
  /** From when on smaller groups may be tried, and larger ones although they are likely to take long. */
  private smallerFrom = 0;
  private largerFrom = 0;

  constructor(private readonly largest: Load) {}

  get maxLength(): number {
    return Math.max(1, Math.floor(this.limit * this.largest.length));
  }

  get maxBytes(): number {
    return this.limit * this.largest.bytes;
  }

  /** How much this is: 1 is as much as the largest group. */
  weigh({ length, bytes }: Load): number {
    return Math.max(length / this.largest.length, bytes / this.largest.bytes);
  }

  /**
   * @param group that passed
   * @param isFull whether it left others waiting, so that it was as large as it might be
   * @param tookMs how long its statement took
   * @param now on the monotonic clock, in milliseconds
   */
  passed(group: Load, isFull: boolean, tookMs: number, now = performance.now()): void {
    const weight = this.weigh(group);
    const rate = weight / tookMs;
    if (isFull) this.rate = rate;
    if (tookMs <= LONG_MS) {
      this.rateBefore = null;
      // Twice as much is likely to take twice as long, but it may have become faster.
      if (tookMs * 2 <= LONG_MS || now >= this.largerFrom) this.enlarge(weight);
      return;
    }
    // Its size is not what makes it long, or nothing smaller can be tried.
    if (!isFull || group.length === 1 || now < this.smallerFrom) return;
    if (this.rateBefore !== null && rate < this.rateBefore * WORTH) {
      this.rateBefore = null;
      this.smallerFrom = now + HOLD_MS;
      this.enlarge(weight);
      return;
    }
    this.rateBefore = rate;
    this.largerFrom = now + HOLD_MS;
    this.reduce(weight);
  }

  /** @param group that did not pass in time */
  failed(group: Load): void {
    this.reduce(this.weigh(group));
    this.rate = 0;
    this.rateBefore = null;
    this.smallerFrom = 0;
  }

  // From what a statement has shown, and not from the limit: of two that run at once, the second tells nothing new.

  private enlarge(weight: number): void {
    this.limit = Math.min(1, Math.max(this.limit, weight * 2));
  }

  private reduce(weight: number): void {
    this.limit = Math.max(1 / this.largest.length, Math.min(this.limit, weight / 2));
  }
}
