/** A statement should not take longer than this: who comes next waits for it. */
const LONG_MS = 750;
/** A smaller group that gets less done than this part of what the larger one did was no help. */
const WORTH = 0.7;
/** How long it is left at that then. */
const HOLD_MS = 30_000;

/**
 * How many rows one statement writes. Where a statement takes long because it is large, as over a narrow network, half as
 * many are tried next, so that nobody waits behind a long one, and none runs into its time limit for ever. Where it takes
 * long whatever its size is, as with a slow disk, small groups would only get less done, and it stays large.
 */
export class GroupSize {
  limit: number;
  /** Rows per millisecond of the last group that was as large as it may be; 0: unknown. */
  rate = 0;
  /** Rows per millisecond, before the group was made smaller; null: it was not. */
  private rateBefore: number | null = null;
  private heldUntil = 0;

  constructor(private readonly max: number) {
    this.limit = max;
  }

  /**
   * @param size of a group that passed
   * @param tookMs how long its statement took
   * @param now on the monotonic clock, in milliseconds
   */
  passed(size: number, tookMs: number, now = performance.now()): void {
    const rate = size / tookMs;
    if (size >= this.limit) this.rate = rate;
    if (tookMs <= LONG_MS) {
      this.limit = Math.min(this.max, this.limit * 2);
      this.rateBefore = null;
      return;
    }
    // It was as large as what waited: its size is not what makes it long.
    if (size < this.limit || now < this.heldUntil) return;
    if (this.rateBefore !== null && rate < this.rateBefore * WORTH) {
      this.limit = Math.min(this.max, this.limit * 2);
      this.rateBefore = null;
      this.heldUntil = now + HOLD_MS;
      return;
    }
    this.rateBefore = rate;
    this.limit = Math.max(1, size >> 1);
  }

  /** @param size of the group that did not pass in time */
  failed(size: number): void {
    this.limit = Math.max(1, Math.min(this.limit, size >> 1));
    this.rate = 0;
    this.rateBefore = null;
    this.heldUntil = 0;
  }
}

/** Whether the server (57014: query_canceled) or the driver ended a statement that took too long. */
export function isTimeout(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '57014' || message === 'Query read timeout';
}
