import type { Work } from './work';

/** A claim takes up to this many times a lane's concurrency, so that slots do not wait for the next claim. */
export const CLAIM_AHEAD = 3;

/** A delivery in the hands of this process. */
export interface Held {
  work: Work;
  /** When its lease was last known to stand (`performance.now`: a clock that is set must not end a renewal). */
  since: number;
  /** Taken over by another process, or given back: its result no longer counts. */
  lost: boolean;
}

/**
 * One destination within this process: how much of it may be under way at once, and what waits for a slot. The limit
 * adapts to the destination as TCP does to a network (additive increase, multiplicative decrease).
 */
export class Lane {
  active = 0;
  /** Slots promised to events whose commit is under way. */
  reserved = 0;
  readonly queue: Held[] = [];
  /** More is due in the database than this lane had room for. */
  more = false;
  /** Deliveries per second that the endpoint allows, or null. */
  rate: number | null = null;
  /** With a rate: nothing more is to be had before this time (`performance.now`). */
  pacedUntil = 0;
  /** No attempt before this time (`performance.now`): the circuit is open. */
  openUntil = 0;
  idleSince = 0;
  private share = 1;
  private limit = Number.POSITIVE_INFINITY;
  private lastCut = 0;

  configure(share: number, rate: number | null): void {
    this.share = share;
    this.rate = rate;
  }

  get load(): number {
    return this.active + this.reserved + this.queue.length;
  }

  /** Attempts that may be under way at once. */
  get slots(): number {
    return Math.min(this.share, Math.floor(this.limit));
  }

  get isIdle(): boolean {
    return this.load === 0;
  }

  /** Its limit was cut, and it has not recovered yet. */
  get isUnwell(): boolean {
    return this.limit < this.share;
  }

  isOpen(now: number): boolean {
    return this.openUntil > now;
  }

  /** How many more deliveries a claim may bring. What is paced is not claimed ahead: its time to be sent is now. */
  room(now: number): number {
    if (this.isOpen(now)) return 0;
    return Math.max(0, this.slots * (this.rate === null ? CLAIM_AHEAD : 1) - this.load);
  }

  /** The destination has too much to do: half as much at once. One wave of failures counts once. */
  cut(startedAt: number, now: number): void {
    if (startedAt < this.lastCut) return;
    this.limit = Math.max(1, Math.min(this.limit, this.share) / 2);
    this.lastCut = now;
  }

  /** A delivery: one more at once after as many of them as are allowed now. */
  grow(): void {
    if (this.limit >= this.share) this.limit = Number.POSITIVE_INFINITY;
    else this.limit += 1 / Math.max(1, this.limit);
  }
}
