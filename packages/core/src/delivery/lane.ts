import { STRAIN_LIMIT } from '../endpoints/health';
import type { Work } from './work';

/** A claim takes up to this many times a lane's concurrency, so that slots do not wait for the next claim. */
export const CLAIM_AHEAD = 3;

/** A lane waits no longer than this for the verdict of the database. */
export const VERDICT_MS = 500;

/** A delivery that this process holds. */
export interface Lease {
  work: Work;
  /**
   * When its lease was last known to be valid. `performance.now`, because setting the clock must not affect renewals.
   */
  since: number;
  /** Whether it was taken over by another process, or released: its result no longer counts. */
  lost: boolean;
}

/** The settings of a destination that its lane needs. */
export interface LaneSettings {
  /** Attempts at once, of all processes together. */
  concurrency: number;
  /** Deliveries per second, or null. */
  rate: number | null;
  /** Name of the handler; null for a URL. */
  handler: string | null;
  /** Whether some deliveries wait for the results of others. */
  isOrdered: boolean;
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
  /** With a rate limit, a claim brings nothing more before this time (`performance.now`). */
  pacedUntil = 0;
  /** No attempt before this time (`performance.now`): the circuit is open. */
  openUntil = 0;
  idleSince = 0;
  /** Undefined until the lane is configured. */
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

  get isOrdered(): boolean {
    return this.settings?.isOrdered ?? false;
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

  /** Whether its last attempt strained it, or its limit was cut and has not recovered yet. */
  get isUnwell(): boolean {
    return this.strain > 0 || this.limit < this.share;
  }

  isOpen(now: number): boolean {
    return this.openFor(now) > 0;
  }

  /** How long it still gets no attempt, in milliseconds. */
  openFor(now: number): number {
    return Math.max(0, this.openUntil - now, this.heldUntil - now);
  }

  /**
   * Counts the strain of an attempt.
   * @returns true when the strain has reached its limit: nothing more goes out until the database has judged, for
   *   `VERDICT_MS` at most
   */
  judge(strained: boolean, now: number): boolean {
    this.strain = strained ? this.strain + 1 : 0;
    if (this.strain < STRAIN_LIMIT) return false;
    this.strain = 0;
    this.heldUntil = now + VERDICT_MS;
    return true;
  }

  /** Applies the verdict of the database. 0 means that the circuit is closed. */
  takeVerdict(openUntil: number): void {
    this.openUntil = openUntil;
    if (openUntil > 0) this.heldUntil = 0;
  }

  /** Leaves its deliveries to other processes until this time (`performance.now`). */
  setAside(until: number): void {
    this.heldUntil = until;
  }

  /**
   * How many more deliveries a claim may bring. With a rate limit nothing is claimed ahead, as each slot is for now.
   */
  freeSlots(now: number): number {
    if (this.isOpen(now)) return 0;
    return Math.max(0, this.slots * (this.rate === null ? CLAIM_AHEAD : 1) - this.load);
  }

  /** Halves the limit, because the destination is congested. One wave of failures halves it once. */
  cut(startedAt: number, now: number): void {
    if (startedAt < this.lastCut) return;
    this.limit = Math.max(1, Math.min(this.limit, this.share) / 2);
    this.lastCut = now;
  }

  /** Raises the limit after a success: by one after as many successes as the limit allows at once. */
  grow(): void {
    if (this.limit >= this.share) this.limit = Number.POSITIVE_INFINITY;
    else this.limit += 1 / Math.max(1, this.limit);
  }
}
