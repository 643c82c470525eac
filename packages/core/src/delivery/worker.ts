import { randomBytes } from 'node:crypto';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Telemetry } from '../telemetry';
import { attempt, type AttemptEnd } from './attempt';
import { Settler } from './settler';
import { within } from './within';
import type { Transport } from './transport';
import type { DeliveryRecord, Work } from './work';

/** A lease is renewed when it is this old: a sixth of its length. */
export const RENEW_AFTER_MS = 5_000;
/** Results that wait for the database; more of them stop new claims. */
const MAX_UNSETTLED = 5_000;
/** A claim takes up to this many times a lane's concurrency, so that slots do not wait for the next claim. */
export const CLAIM_AHEAD = 2;

interface Lane {
  active: number;
  /** Slots promised to events whose commit is under way. */
  reserved: number;
  concurrency: number;
  queue: Held[];
  /** More is due in the database than this lane had room for. */
  more: boolean;
}

interface Held {
  work: Work;
  since: number;
  lost: boolean;
}

export interface WorkerDependencies {
  record: DeliveryRecord;
  directory: EndpointDirectory;
  transport: Transport;
  telemetry: Telemetry;
  maxInFlight: number;
}

/** What capture knows of delivery: an event whose lane has a free slot is delivered from memory after its commit. */
export interface Handoff {
  /** A lease for an event about to be committed, or null when its lane has no free slot. */
  reserve(destinationId: string, concurrency: number): Buffer | null;
  /** The event is committed: deliver it. */
  start(work: Work): void;
  /** The event was not committed: the slot is free again. */
  cancelReservation(destinationId: string): void;
  /** Work is due that nobody holds. */
  wake(): void;
}

/**
 * Delivers what this process holds leases of. Work comes by hand-off from capture or by claims; every destination is a
 * lane with its own limit, so that one that hangs holds up nobody else.
 */
export class DeliveryWorker implements Handoff {
  private readonly lanes = new Map<string, Lane>();
  private readonly held = new Set<Held>();
  private readonly settler: Settler;
  private active = 0;
  private running = false;
  private wanted = false;
  private claiming = false;
  private idle: (() => void)[] = [];
  private readonly tokenPrefix = randomBytes(8);
  private tokenCount = 0n;

  constructor(private readonly dependencies: WorkerDependencies) {
    this.settler = new Settler(dependencies.record, (error) => this.fault('settle', error));
  }

  /** Begins to claim. */
  open(): void {
    this.running = true;
    this.wake();
  }

  start(work: Work): void {
    const lane = this.lane(work.destinationId);
    lane.reserved--;
    this.enqueue(lane, work);
  }

  reserve(destinationId: string, concurrency: number): Buffer | null {
    if (!this.running) return null;
    if (this.held.size >= this.dependencies.maxInFlight) {
      this.wanted = true;
      return null;
    }
    const lane = this.lane(destinationId);
    lane.concurrency = concurrency;
    if (load(lane) >= concurrency) {
      lane.more = true;
      return null;
    }
    lane.reserved++;
    const token = Buffer.alloc(16);
    this.tokenPrefix.copy(token);
    token.writeBigUInt64BE(++this.tokenCount, 8);
    return token;
  }

  cancelReservation(destinationId: string): void {
    const lane = this.lane(destinationId);
    lane.reserved--;
    this.forgetWhenIdle(destinationId, lane);
  }

  wake(): void {
    this.wanted = true;
    void this.claim();
  }

  /** Prolongs what is held for longer than a sixth of a lease. */
  async renew(): Promise<void> {
    const before = Date.now() - RENEW_AFTER_MS;
    const old = [...this.held].filter((held) => held.since <= before && !held.lost);
    if (old.length === 0) return;
    try {
      const gone = new Set(await this.dependencies.record.renew(old.map((held) => held.work)));
      for (const held of old) {
        if (gone.has(held.work.leaseToken)) held.lost = true;
        else held.since = Date.now();
      }
    } catch (error) {
      this.fault('renew', error);
    }
  }

  /** Takes nothing new; what is held goes on. */
  quiesce(): void {
    this.running = false;
  }

  /** Stops claiming at once, gives back what has not begun, and waits for what has. */
  async stop(graceMs: number): Promise<void> {
    this.running = false;
    const waiting = [...this.lanes.values()].flatMap((lane) => lane.queue.splice(0));
    await this.giveBack(waiting);
    const deadline = Date.now() + graceMs;
    if (this.active > 0) await within(new Promise<void>((done) => this.idle.push(done)), graceMs);
    // What is still on its way is not charged: another worker may take it at once.
    await this.giveBack([...this.held]);
    await this.settler.flush(Math.max(1_000, deadline - Date.now()));
    await this.dependencies.transport.close();
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    try {
      while (this.running && this.wanted && this.settler.depth < MAX_UNSETTLED) {
        const free = this.dependencies.maxInFlight - this.held.size;
        // With no room, the end of an attempt asks again.
        if (free <= 0) return;
        this.wanted = false;
        const busy = new Map<string, number>();
        for (const [id, lane] of this.lanes) busy.set(id, load(lane));
        const works = await this.dependencies.record.claim(free, busy);
        await this.adopt(works, busy);
        if (works.length === free) this.wanted = true;
      }
    } catch (error) {
      this.fault('claim', error);
    } finally {
      this.claiming = false;
    }
  }

  private async adopt(works: readonly Work[], busy: ReadonlyMap<string, number>): Promise<void> {
    for (const lane of this.lanes.values()) lane.more = false;
    const taken = new Map<string, number>();
    for (const work of works) {
      const endpoint = await this.dependencies.directory.byId(work.endpointId);
      const lane = this.lane(work.destinationId);
      lane.concurrency = endpoint?.concurrency ?? 1;
      const count = (taken.get(work.destinationId) ?? 0) + 1;
      taken.set(work.destinationId, count);
      if ((busy.get(work.destinationId) ?? 0) + count >= lane.concurrency * CLAIM_AHEAD) lane.more = true;
      this.enqueue(lane, work);
    }
  }

  private enqueue(lane: Lane, work: Work): void {
    const held: Held = { work, since: Date.now(), lost: false };
    this.held.add(held);
    if (!this.running) return void this.giveBack([held]);
    lane.queue.push(held);
    this.advance(lane);
  }

  private advance(lane: Lane): void {
    while (lane.active < lane.concurrency) {
      const held = lane.queue.shift();
      if (!held) return;
      if (held.lost) {
        this.held.delete(held);
        continue;
      }
      lane.active++;
      this.active++;
      void this.run(held).finally(() => {
        lane.active--;
        this.active--;
        this.held.delete(held);
        this.advance(lane);
        this.forgetWhenIdle(held.work.destinationId, lane);
        // Half empty: look for more while the rest is still being delivered.
        if (lane.more && lane.queue.length * 2 <= lane.concurrency) this.wake();
        else if (this.wanted) void this.claim();
        if (this.active === 0) for (const done of this.idle.splice(0)) done();
      });
    }
  }

  private async run(held: Held): Promise<void> {
    const { work } = held;
    try {
      const end = await attempt(work, this.dependencies);
      if (held.lost) return;
      await this.conclude(work, end);
    } catch (error) {
      // A fault here or in the database, not of the destination: the lease goes back and the attempt is not charged,
      // but not at once, so that it cannot spin.
      this.fault('attempt', error);
    }
  }

  private async conclude(work: Work, end: AttemptEnd): Promise<void> {
    if (end.kind === 'held') return this.dependencies.record.release([work]);
    if (end.kind === 'cancelled') return this.dependencies.record.cancel([work], end.reason);
    this.settler.push(end.result);
    const { telemetry } = this.dependencies;
    if (!telemetry.watched) return;
    telemetry.emit({
      type: 'attempt.finished',
      eventId: work.eventId,
      destinationUrl: end.result.url,
      trigger: 'scheduled',
      number: work.attemptCount + 1,
      status: end.result.state === 'delivered' ? 'delivered' : 'failed',
      responseStatus: end.result.responseStatus,
      latencyMs: end.result.latencyMs,
      error: end.result.error,
      next: end.result.nextReason ?? (end.outcome.kind === 'give_up' ? end.outcome.reason : null),
    });
  }

  private async giveBack(helds: Held[]): Promise<void> {
    if (helds.length === 0) return;
    for (const held of helds) {
      held.lost = true;
      this.held.delete(held);
    }
    await this.dependencies.record
      .release(helds.map((held) => held.work))
      .catch((error: unknown) => this.fault('release', error));
  }

  private lane(destinationId: string): Lane {
    let lane = this.lanes.get(destinationId);
    if (!lane) {
      lane = { active: 0, reserved: 0, concurrency: 1, queue: [], more: false };
      this.lanes.set(destinationId, lane);
    }
    return lane;
  }

  private forgetWhenIdle(destinationId: string, lane: Lane): void {
    if (lane.active === 0 && lane.reserved === 0 && lane.queue.length === 0) this.lanes.delete(destinationId);
  }

  private fault(where: string, error: unknown): void {
    this.dependencies.telemetry.emit({ type: 'fault', where: `delivery.${where}`, error });
  }
}

function load(lane: Lane): number {
  return lane.active + lane.reserved + lane.queue.length;
}
