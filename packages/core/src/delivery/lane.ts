import { STRAIN_LIMIT } from '../endpoints/health';
import type { Work } from './work';

/** A claim takes up to this many times a lane's concurrency, so that slots do not wait for the next claim. */
export const CLAIM_AHEAD = 3;

/** A verdict that takes longer than this is not waited for. */
export const VERDICT_MS = 500;

/** A delivery in the hands of this process. */
export interface Lease {
  work: Work;
  /** When its lease was last known to stand (`performance.now`: a clock that is set must not end a renewal). */
  since: number;
  /** Taken over by another process, or given back: its result no longer counts. */
  lost: boolean;
}

/** What the configuration says of a destination. */
export interface LaneSettings {
  /** Attempts at once, of all processes together. */
  concurrency: number;
  /** Deliveries per second, or null. */
  rate: number | null;
  /** Name of the function of the app; null: a URL. */
  handler: string | null;
}

/**
 * One destination within this process: how much of it may be under way at once, and what waits for a slot. The limit
 * adapts to the destination as TCP does to a network (additive increase, multiplicative decrease).
 */
export class Lane {
  active = 0;
  /** Slots promised to events whose commit is under way. */
  reserved = 0;
  readonly queue: Lease[] = [];
  /** More is due in the database than this lane had room for. */
  more = false;
  /** With a rate: nothing more is to be had before this time (`performance.now`). */
  pacedUntil = 0;
  /** No attempt before this time (`performance.now`): the circuit is open. */
  openUntil = 0;
  idleSince = 0;
  /** Undefined: nothing was configured yet. */
  settings: LaneSettings | undefined;
  /** Attempts in a row that strained the destination, as this process saw them. */
  private strain = 0;
  private heldUntil = 0;
  private share = 1;
  private limit = Number.POSITIVE_INFINITY;
  private lastCut = 0;

  /** @param share this process's part of the concurrency */
  configure(settings: LaneSettings, share: number): void {
    this.settings = settings;
    this.share = share;
  }

  /** Deliveries per second that the endpoint allows, or null. */
  get rate(): number | null {
    return this.settings?.rate ?? null;
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

  /** Its last attempt strained it, or its limit was cut and has not recovered yet. */
  get isUnwell(): boolean {
    return this.strain > 0 || this.limit < this.share;
  }

  isOpen(now: number): boolean {
    return this.openUntil > now || this.heldUntil > now;
  }

  /**
   * Takes in how an attempt went.
   * @returns true when it was one too many: nothing more goes out until the database has judged, or for a moment
   */
  judge(strained: boolean, now: number): boolean {
    this.strain = strained ? this.strain + 1 : 0;
    if (this.strain < STRAIN_LIMIT) return false;
    this.strain = 0;
    this.heldUntil = now + VERDICT_MS;
    return true;
  }

  /** The database has judged. */
  takeVerdict(openUntil: number): void {
    this.openUntil = openUntil;
    if (openUntil > 0) this.heldUntil = 0;
  }

  /** Leaves its deliveries to other processes until then (`performance.now`). */
  setAside(until: number): void {
    this.heldUntil = until;
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
