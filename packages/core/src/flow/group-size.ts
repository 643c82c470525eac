import type { Load } from './fair-queue';

/** A statement should not take longer than this, because the next group waits for it. */
const LONG_MS = 750;
/** A smaller group did not help if the rate fell below this fraction of the previous rate. */
const WORTH = 0.7;
/** A size that did not help is not tried again for this long. */
const HOLD_MS = 30_000;

/**
 * Decides how much one statement writes. If a statement takes long because it is large, as over a narrow network, the
 * next one is half as large, so that nobody waits for a long statement and none runs into its time limit for ever. If
 * its time does not depend on its size, as with a slow disk, smaller groups would only get less done, and groups stay
 * large.
 *
 * The unit is the largest group: 500 small events count as much as 8 MiB in a few large ones.
 */
export class GroupSize {
  /** How large a group may be; 1 is the largest. */
  limit = 1;
  /** Weight written per millisecond, measured at the last group that left others waiting; 0 if unknown. */
  rate = 0;
  /** The rate before the reduction that is on trial; null if none is. */
  private rateBefore: number | null = null;
  /** From these times on, smaller groups may be tried, and larger ones even if they are likely to take long. */
  private smallerFrom = 0;
  private largerFrom = 0;

  constructor(private readonly largest: Load) {}

  get maxLength(): number {
    return Math.max(1, Math.floor(this.limit * this.largest.length));
  }

  get maxBytes(): number {
    return this.limit * this.largest.bytes;
  }

  /** The weight of a load; 1 is the largest group. */
  weigh({ length, bytes }: Load): number {
    return Math.max(length / this.largest.length, bytes / this.largest.bytes);
  }

  /**
   * @param group what was written
   * @param isFull whether it left others waiting, so it was as large as allowed
   * @param tookMs how long its statement took
   * @param now on the monotonic clock, in milliseconds
   */
  passed(group: Load, isFull: boolean, tookMs: number, now = performance.now()): void {
    const weight = this.weigh(group);
    const rate = weight / tookMs;
    if (isFull) this.rate = rate;
    if (tookMs <= LONG_MS) {
      this.rateBefore = null;
      // Twice as much is likely to take twice as long. It is tried once in a while, as writing may have become faster.
      if (tookMs * 2 <= LONG_MS || now >= this.largerFrom) this.enlarge(weight);
      return;
    }
    // Its size is not the reason, or no smaller group can be tried.
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

  /** @param group what could not be written in time */
  failed(group: Load): void {
    this.reduce(this.weigh(group));
    this.rate = 0;
    this.rateBefore = null;
    this.smallerFrom = 0;
  }

  // Both start from the weight of the group, not from the limit: when two groups run at once, the second must not
  // change the limit again.

  private enlarge(weight: number): void {
    this.limit = Math.min(1, Math.max(this.limit, weight * 2));
  }

  private reduce(weight: number): void {
    this.limit = Math.max(1 / this.largest.length, Math.min(this.limit, weight / 2));
  }
}
