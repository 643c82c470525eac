import type { DueLanes } from './due-lanes';
import { CLAIM_AHEAD, Lane, type Lease, type LaneSettings } from './lane';
import { alone, shareOf, type WorkerGroup, type Share } from './share';

/** Unwell lanes together may hold this part of `maxInFlight`, so that many of them leave room for the others. */
const UNWELL_PART = 0.5;
/** A claim of more lanes takes longer, and its first attempts begin later. */
const CLAIMED_LANES = 16;
/** A lane that is idle and unwell is remembered for this long. */
const FORGET_AFTER_MS = 300_000;

/** The lanes of this process, and how its capacity is divided among them. */
export class Lanes {
  /** The worker group, and the place of this process in it. */
  group: WorkerGroup = alone;
  private readonly byId = new Map<string, Lane>();

  constructor(private readonly maxInFlight: number) {}

  find(destinationId: string): Lane | undefined {
    return this.byId.get(destinationId);
  }

  all(): Iterable<Lane> {
    return this.byId.values();
  }

  get(destinationId: string): Lane {
    let lane = this.byId.get(destinationId);
    if (!lane) {
      lane = new Lane();
      this.byId.set(destinationId, lane);
    }
    return lane;
  }

  /** The lane with the settings that its endpoint has now. */
  configured(destinationId: string, settings: LaneSettings): Lane {
    const lane = this.get(destinationId);
    const { concurrency, handler } = settings;
    // Until the first check-in, this process counts as the only one.
    const group: Share = handler === null ? this.group : (this.group.handlers.get(handler) ?? alone);
    lane.configure(settings, shareOf(destinationId, concurrency, group));
    return lane;
  }

  /** @returns whether anything changed for this process */
  join(group: WorkerGroup): boolean {
    const hasChanged = !isSame(group, this.group);
    this.group = group;
    if (!hasChanged) return false;
    for (const [id, { settings }] of this.byId) if (settings) this.configured(id, settings);
    return true;
  }

  /** Whether a lane has no free slot for one more delivery. */
  isFull(lane: Lane): boolean {
    if (lane.isOpen(performance.now()) || lane.load >= lane.slots) return true;
    return lane.isUnwell && this.unwellBudget() <= 0;
  }

  /**
   * Takes lanes for a claim of `limit` deliveries, with what it may bring to each. Lanes without a free slot are marked
   * as having more.
   */
  freeSlots(due: DueLanes, limit: number): Map<string, number | null> {
    const now = performance.now();
    const freeSlots = new Map<string, number | null>();
    let budget: number | undefined;
    let sum = 0;
    while (sum < limit && freeSlots.size < CLAIMED_LANES) {
      const id = due.take();
      if (id === undefined) break;
      const lane = this.byId.get(id);
      let free = lane?.freeSlots(now) ?? null;
      if (lane && free !== null) {
        if (lane.isUnwell && free > 0) {
          budget ??= this.unwellBudget();
          free = Math.max(0, Math.min(free, budget));
          budget -= free;
          if (free === 0) due.keepBack(id);
        }
        // Set before the claim and not after it: events that are committed during the claim may not be in its answer.
        lane.more = free === 0;
      }
      if (free === 0) continue;
      freeSlots.set(id, free);
      // A lane that is not known may have one slot.
      sum += free ?? CLAIM_AHEAD;
    }
    return freeSlots;
  }

  /** Forgets an idle lane, unless it knows something that its next delivery needs. */
  forgetIfIdle(destinationId: string, lane: Lane): void {
    if (!lane.isIdle) return;
    lane.idleSince = performance.now();
    if (!lane.isUnwell && !lane.isOpen(lane.idleSince) && lane.rate === null) this.byId.delete(destinationId);
  }

  /** Forgets which circuits are open. The next claim finds out. */
  forgetVerdicts(): void {
    for (const lane of this.byId.values()) lane.takeVerdict(0);
  }

  /** Forgets lanes that have been idle for `FORGET_AFTER_MS`. */
  sweep(): void {
    const now = performance.now();
    for (const [id, lane] of this.byId) {
      if (lane.isIdle && !lane.isOpen(now) && now - lane.idleSince > FORGET_AFTER_MS) this.byId.delete(id);
    }
  }

  /** Removes and returns everything that waits for a slot. */
  takeWaiting(): Lease[] {
    return [...this.byId.values()].flatMap((lane) => lane.queue.splice(0));
  }

  private unwellBudget(): number {
    let budget = Math.floor(this.maxInFlight * UNWELL_PART);
    for (const lane of this.byId.values()) if (lane.isUnwell) budget -= lane.load;
    return budget;
  }
}

function isSame(a: WorkerGroup, b: WorkerGroup): boolean {
  const same = (one: Share | undefined, other: Share): boolean =>
    one?.count === other.count && one.index === other.index;
  return same(a, b) && [...a.handlers].every(([name, share]) => same(b.handlers.get(name), share));
}
