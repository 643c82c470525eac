import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationConfig, EndpointConfig } from '../endpoints/endpoint-config';
import { UnreadableEndpoint, type EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Telemetry } from '../telemetry/telemetry';
import type { Timing } from '../flow/timing';
import { attempt, type AttemptEnd, type InProcess } from './attempt';
import { DueLanes } from './due-lanes';
import type { Hops } from './hops';
import { VERDICT_MS, type Lease, type Lane } from './lane';
import { LaneAlarms } from './lane-alarms';
import { Lanes } from './lanes';
import { Settler } from './settler';
import type { Takeovers } from './takeovers';
import type { WorkerIdentity } from './worker-identity';
import { within } from '../flow/within';
import type { Transport } from '../transport/transport';
import type { AttemptResult, Claim, DeliveryStore, DestinationReport, FreeSlots, SettleReport, Work } from './work';

/** When this many results wait for the database, nothing more is claimed. */
const MAX_UNSETTLED = 5_000;
/** A rate-limited destination is looked at no more often than this. A higher rate gets several slots at once. */
const MIN_PACE_MS = 50;
/** An alarm rings a little later than a circuit closes here, so that it is closed in the database too. */
const CLOSED_MS = 20;
/** Later retries are found by a look. */
const ALARMED_MS = 60_000;

export interface WorkerDependencies {
  deliveryStore: DeliveryStore;
  identity: WorkerIdentity;
  takeovers: Pick<Takeovers, 'look' | 'noteOthers' | 'noteLoss' | 'stop'>;
  directory: EndpointDirectory;
  transport: Transport;
  handlers: InProcess;
  hops: Hops;
  telemetry: Telemetry;
  /** Notifies other processes of work that this one does not take, or of a changed configuration. */
  announce: (what: 'work' | 'change') => void;
  maxInFlight: number;
  timing: Timing;
}

/** What capture knows of delivery: an event whose lane has a free slot is delivered from memory after its commit. */
export interface Handoff {
  /** A lease for an event about to be committed, or null when its lane has no free slot. */
  reserve(endpoint: EndpointConfig, destination: DestinationConfig): Buffer | null;
  /** The event is committed: deliver it. */
  start(work: Work): void;
  /** The event was not committed: the slot is free again. */
  cancelReservation(destinationId: string): void;
  /** An event was committed for which there was no lease. */
  due(destinationId: string): void;
  /** Work is due that nobody holds. */
  wake(): void;
}

/**
 * Delivers what this process holds leases of. Work comes by hand-off from capture or by claims; every destination is a
 * lane with its own limit, so that one that hangs holds up nobody else.
 */
export class DeliveryWorker implements Handoff {
  private readonly lanes: Lanes;
  private readonly leases = new Set<Lease>();
  private readonly settler: Settler;
  private readonly dueLanes = new DueLanes();
  private readonly alarms = new LaneAlarms((destinationId) => this.ring(destinationId));
  private isCheckedIn = false;
  /** Since when a connection for leases is missing and no check-in has succeeded; null if none is missing. */
  private lostSince: number | null = null;
  private active = 0;
  private running = false;
  private claiming = false;
  private isClaimSet = false;
  /** Since when claims or renewals have failed (`performance.now`); null if they do not. */
  private failingSince: number | null = null;
  /** Since when no look for work has succeeded, with the last reason. A renewal that succeeds does not end it. */
  private failedLook: { since: number; why: string } | null = null;
  private idle: (() => void)[] = [];

  constructor(private readonly dependencies: WorkerDependencies) {
    this.lanes = new Lanes(dependencies.maxInFlight);
    this.settler = new Settler(
      dependencies.deliveryStore,
      (report, results) => {
        this.alarmRetries(results);
        this.applySettled(report);
      },
      (error) => this.fault('settle', error),
      dependencies.timing,
    );
  }

  /** Begins to claim. */
  async open(): Promise<void> {
    await this.checkIn();
    this.running = true;
    this.wake();
    // The process that this one replaces may have died a moment ago.
    void this.dependencies.takeovers.look();
  }

  reserve(endpoint: EndpointConfig, destination: DestinationConfig): Buffer | null {
    // The database decides when rate-limited and ordered deliveries have their turn.
    if (!this.running || endpoint.rateLimit !== null || endpoint.orderBy !== null) return null;
    if (destination.handler !== null && !this.dependencies.handlers.has(destination.handler)) return null;
    if (this.leases.size >= this.dependencies.maxInFlight) return null;
    const lane = this.lanes.configured(destination.id, { ...destination, rate: null, isOrdered: false });
    if (this.lanes.isFull(lane)) return null;
    lane.reserved++;
    return this.dependencies.identity.newToken();
  }

  start(work: Work): void {
    const lane = this.lanes.get(work.destinationId);
    lane.reserved--;
    this.enqueue(lane, work);
  }

  cancelReservation(destinationId: string): void {
    const lane = this.lanes.get(destinationId);
    lane.reserved--;
    // The lane may have seemed busy to an event that was committed meanwhile.
    if (lane.more) this.name(destinationId);
    this.lanes.forgetIfIdle(destinationId, lane);
    this.readmit();
  }

  due(destinationId: string): void {
    if (this.lanes.group.count > 1) this.dependencies.announce('work');
    const lane = this.lanes.find(destinationId);
    const now = performance.now();
    // A full lane is named when it runs empty, and one with an open circuit when the circuit closes.
    if (lane && (lane.isOpen(now) || (!lane.isIdle && lane.load >= lane.slots))) lane.more = true;
    else if (lane && lane.pacedUntil > now) this.alarms.set(destinationId, lane.pacedUntil - now);
    else this.name(destinationId);
  }

  /**
   * Call it when the configuration has changed. A circuit may be closed by now, or its destination may have another
   * address. The next claim finds out.
   */
  reconsider(): void {
    this.lanes.forgetVerdicts();
    this.wake();
  }

  wake(): void {
    this.dueLanes.askForLook();
    this.claimSoon();
  }

  /** Work is due in this lane. */
  private name(destinationId: string): void {
    this.dueLanes.name(destinationId);
    this.claimSoon();
  }

  private ring(destinationId: string): void {
    const lane = this.lanes.find(destinationId);
    const now = performance.now();
    const openMs = lane?.openFor(now) ?? 0;
    const waitMs = Math.max(openMs > 0 ? openMs + CLOSED_MS : 0, (lane?.pacedUntil ?? 0) - now);
    // Its circuit was opened for longer after this alarm was set, or a look came before the alarm.
    if (waitMs > 0) this.alarms.set(destinationId, waitMs);
    else this.name(destinationId);
  }

  /** Claims after what happens at this moment, so that lanes that are named together share a claim. */
  private claimSoon(): void {
    if (!this.running || this.claiming || this.isClaimSet) return;
    this.isClaimSet = true;
    setImmediate(() => {
      this.isClaimSet = false;
      void this.claim();
    });
  }

  /** Why this process has not been able to look for work for `troubleAfterMs`; null if it has. */
  get trouble(): string | null {
    const { failedLook, running } = this;
    const { troubleAfterMs } = this.dependencies.timing;
    return running && failedLook !== null && performance.now() - failedLook.since >= troubleAfterMs
      ? failedLook.why
      : null;
  }

  /** Renews leases that are older than `renewAfterMs`. */
  async renew(): Promise<void> {
    this.lanes.sweep();
    const now = performance.now();
    const before = now - this.dependencies.timing.renewAfterMs;
    try {
      await this.prolong([...this.leases].filter((lease) => lease.since <= before));
    } catch (error) {
      this.failingSince ??= performance.now();
      this.fault('renew', error);
    }
  }

  /** Records that this process delivers, and learns how many others do. */
  async checkIn(): Promise<void> {
    try {
      const group = await this.dependencies.deliveryStore.checkIn(this.dependencies.handlers.names);
      this.isCheckedIn = true;
      this.dependencies.takeovers.noteOthers(group.hasOthers);
      const hasChanged = this.lanes.join(group);
      if (this.lostSince !== null) await this.comeBack();
      // This process may have more slots now.
      if (hasChanged && this.running) this.wake();
    } catch (error) {
      this.fault('check_in', error);
    }
  }

  /** Call it when a connection for leases has ended. Checking in opens another one, which shows that this process lives. */
  async noteLoss(): Promise<void> {
    if (!this.running) return;
    this.lostSince ??= performance.now();
    this.dependencies.takeovers.noteLoss();
    await this.checkIn();
  }

  /** Goes on after a loss and a check-in. Other processes may have taken over what this one holds. */
  private async comeBack(): Promise<void> {
    if (this.isCutOff) await this.prolong([...this.leases]);
    this.lostSince = null;
    for (const lane of this.lanes.all()) this.advance(lane);
  }

  /** Whether others may take this process for dead. Until it is back it begins no attempt, which another one may make. */
  private get isCutOff(): boolean {
    const { lanes, lostSince } = this;
    if (lostSince === null || !lanes.group.hasOthers) return false;
    return performance.now() - lostSince >= this.dependencies.timing.deadAfterMs;
  }

  /** Call it when deliveries of a dead process are due, and its part of every destination is free. */
  async takeOver(): Promise<void> {
    this.dependencies.announce('work');
    await this.checkIn();
    this.wake();
  }

  /** Takes no new deliveries. Those that are held go on. */
  quiesce(): void {
    this.running = false;
  }

  /** Stops claiming at once, releases deliveries that have not begun, and waits for attempts that have. */
  async stop(graceMs: number): Promise<void> {
    this.running = false;
    this.dependencies.takeovers.stop();
    this.alarms.stop();
    await this.giveBack(this.lanes.takeWaiting());
    const deadline = performance.now() + graceMs;
    if (this.active > 0) await within(new Promise<void>((done) => this.idle.push(done)), graceMs);
    // Attempts that are still under way are not counted, and another worker may take their deliveries at once. They are
    // aborted before the release: an answer that came after it would no longer count, and the event would be sent
    // again.
    const left = [...this.leases];
    for (const lease of left) this.lose(lease, 'Paggio is stopping');
    await this.dependencies.transport.close();
    await this.giveBack(left);
    await this.settler.flush(Math.max(1_000, deadline - performance.now()));
    if (this.isCheckedIn)
      await this.dependencies.deliveryStore.checkOut().catch((error: unknown) => this.fault('check_out', error));
  }

  private async prolong(leases: readonly Lease[]): Promise<void> {
    const standing = leases.filter((lease) => !lease.lost);
    if (standing.length === 0) return;
    const now = performance.now();
    const gone = new Set(await this.dependencies.deliveryStore.renew(standing.map((lease) => lease.work)));
    for (const lease of standing) {
      if (gone.has(lease.work.leaseToken)) this.lose(lease, 'Another process has taken the delivery over');
      else lease.since = now;
    }
  }

  /**
   * Call it when the database is back. Leases of this process and of others may have run out during the outage. Each
   * process that is alive renews its own before anyone claims, so that nothing is sent twice without need.
   */
  private async recover(since: number): Promise<void> {
    await this.prolong([...this.leases]);
    this.failingSince = null;
    const { outageMs, afterOutageMs } = this.dependencies.timing;
    if (performance.now() - since > outageMs) await sleep(afterOutageMs, undefined, { ref: false });
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    try {
      // Results that could not be written come first: their deliveries may be due again by now.
      while (this.running && !this.dueLanes.isEmpty && this.settler.depth < MAX_UNSETTLED && !this.settler.isStuck) {
        if (this.failingSince !== null) await this.recover(this.failingSince);
        else if (this.free > 0) await this.claimNext();
        else {
          // Without a free slot, the end of an attempt claims again. This does not count as a failed look for work.
          this.failedLook = null;
          return;
        }
      }
      if (this.settler.isStuck) this.noteFailedLook('results of deliveries cannot be stored');
    } catch (error) {
      // The lanes of the claim are no longer known.
      this.dueLanes.askForLook();
      this.failingSince ??= performance.now();
      this.noteFailedLook('due deliveries cannot be claimed');
      this.fault('claim', error);
    } finally {
      this.claiming = false;
    }
  }

  /** Looks for lanes if that is wanted, and claims from some of those that are known. */
  private async claimNext(): Promise<void> {
    const { dueLanes, lanes } = this;
    const { deliveryStore } = this.dependencies;
    if (dueLanes.beginLook()) dueLanes.nameAll(await deliveryStore.look(lanes.group));
    const limit = this.free;
    const freeSlots = lanes.freeSlots(dueLanes, limit);
    if (freeSlots.size > 0) {
      const claim = await deliveryStore.claim(limit, freeSlots, lanes.group);
      // failpoint: claim.leased
      await this.adopt(claim, freeSlots, limit).catch(async (error: unknown) => {
        // No attempt has begun, so the next claim may take them at once.
        await deliveryStore.release(claim.works).catch(() => undefined);
        throw error;
      });
    }
    this.failedLook = null;
  }

  /** How many more deliveries this process may hold. */
  private get free(): number {
    return this.dependencies.maxInFlight - this.leases.size;
  }

  private noteFailedLook(why: string): void {
    this.failedLook = { since: this.failedLook?.since ?? performance.now(), why };
  }

  private async adopt(claim: Claim, freeSlots: FreeSlots, limit: number): Promise<void> {
    const { works } = claim;
    const endpoints = new Map<string, EndpointConfig | null | 'unreadable'>();
    for (const { endpointId } of works)
      if (!endpoints.has(endpointId)) endpoints.set(endpointId, await this.endpointOf(endpointId));
    await this.setAside(works.filter(({ endpointId }) => endpoints.get(endpointId) === 'unreadable'));
    const leased = works.flatMap((work) => {
      const endpoint = endpoints.get(work.endpointId);
      if (endpoint === 'unreadable') return [];
      const { concurrency = 1, handler = null } =
        endpoint?.destinations.find((one) => one.id === work.destinationId) ?? {};
      const rate = endpoint?.rateLimit ?? null;
      const isOrdered = (endpoint?.orderBy ?? null) !== null;
      return [{ work, lane: this.lanes.configured(work.destinationId, { concurrency, handler, rate, isOrdered }) }];
    });
    this.keepDue(claim, freeSlots, limit);
    for (const { work, lane } of leased) {
      if (lane.rate !== null) {
        const paceMs = Math.max(MIN_PACE_MS, 1000 / lane.rate);
        lane.pacedUntil = performance.now() + paceMs;
        this.alarms.set(work.destinationId, paceMs);
      }
      this.enqueue(lane, work);
    }
  }

  /** Names the lanes of a claim that may have more. Those that got their part are named when they run empty. */
  private keepDue({ works, postponed }: Claim, freeSlots: FreeSlots, limit: number): void {
    const counts = new Map<string, number>();
    for (const { destinationId } of works) counts.set(destinationId, (counts.get(destinationId) ?? 0) + 1);
    // Half, because the oldest and the newest due deliveries may be the same.
    const isCut = works.length * 2 >= limit;
    for (const [id, slots] of freeSlots) {
      const lane = this.lanes.find(id);
      const count = counts.get(id) ?? 0;
      if (lane && count * 2 >= (slots ?? lane.slots)) lane.more = true;
      else if (isCut && count === 0) this.dueLanes.passOver(id);
      else if (isCut) this.dueLanes.name(id);
    }
    for (const id of postponed) this.dueLanes.name(id);
  }

  /** One endpoint that cannot be read must not hold up the deliveries of all others. */
  private async endpointOf(id: string): Promise<EndpointConfig | null | 'unreadable'> {
    try {
      return await this.dependencies.directory.byId(id);
    } catch (error) {
      if (error instanceof UnreadableEndpoint) return 'unreadable';
      throw error;
    }
  }

  /**
   * Releases deliveries, without counting an attempt, for a process that can read their endpoints. This process leaves
   * them alone for `setAsideMs`.
   */
  private async setAside(works: readonly Work[]): Promise<void> {
    if (works.length === 0) return;
    await this.dependencies.deliveryStore.release(works);
    const { setAsideMs } = this.dependencies.timing;
    for (const destinationId of new Set(works.map((work) => work.destinationId))) {
      const lane = this.lanes.get(destinationId);
      lane.setAside(performance.now() + setAsideMs);
      this.alarms.set(destinationId, setAsideMs + CLOSED_MS);
      await this.giveBack(lane.queue.splice(0));
    }
    this.dependencies.announce('work');
  }

  private enqueue(lane: Lane, work: Work): void {
    const lease: Lease = { work, since: performance.now(), lost: false };
    this.leases.add(lease);
    if (!this.running) return void this.giveBack([lease]);
    lane.queue.push(lease);
    this.advance(lane);
  }

  private advance(lane: Lane): void {
    // At least one: the claim has already counted the slot, even if the limit was cut below it since.
    while (lane.active < Math.max(1, lane.slots) && !lane.isOpen(performance.now()) && !this.isCutOff) {
      const lease = lane.queue.shift();
      if (!lease) return;
      if (lease.lost) {
        this.leases.delete(lease);
        continue;
      }
      lane.active++;
      this.active++;
      const wasUnwell = lane.isUnwell;
      void this.run(lane, lease).finally(() => {
        lane.active--;
        this.active--;
        this.leases.delete(lease);
        this.advance(lane);
        this.lanes.forgetIfIdle(lease.work.destinationId, lane);
        if (wasUnwell || lane.isUnwell) this.dueLanes.readmit();
        this.claimMore(lease.work.destinationId, lane);
        if (this.active === 0) for (const done of this.idle.splice(0)) done();
      });
    }
  }

  /** Unwell lanes may hold more than a moment ago. */
  private readmit(): void {
    this.dueLanes.readmit();
    if (!this.dueLanes.isEmpty) this.claimSoon();
  }

  /** Claims more while the rest is still being delivered. */
  private claimMore(destinationId: string, lane: Lane): void {
    if (lane.more && lane.rate !== null)
      this.alarms.set(destinationId, Math.max(0, lane.pacedUntil - performance.now()));
    else if (lane.more && lane.queue.length <= lane.slots) this.dueLanes.name(destinationId);
    if (!this.dueLanes.isEmpty) this.claimSoon();
  }

  private async run(lane: Lane, lease: Lease): Promise<void> {
    const { work } = lease;
    try {
      if (performance.now() - lease.since > this.dependencies.timing.doubtfulAfterMs) {
        await this.prolong([lease]);
        if (lease.lost) return;
      }
      const startedAt = performance.now();
      const end = await attempt(work, this.dependencies);
      // failpoint: attempt.finished
      if (end.kind === 'finished' || end.kind === 'settled') {
        const now = performance.now();
        if (end.result.strain === 'congested') lane.cut(startedAt, now);
        else if (end.result.state === 'delivered') lane.grow();
        if (lane.judge(end.result.strain !== 'none', now))
          setTimeout(() => {
            this.advance(lane);
            this.claimMore(work.destinationId, lane);
          }, VERDICT_MS + 1).unref();
      }
      // A result that has been written counts, even if another process holds the lease by now.
      if (end.kind !== 'settled' && lease.lost) return;
      await this.finish(lane, work, end);
    } catch (error) {
      if (error instanceof UnreadableEndpoint)
        return this.setAside([work]).catch((failure: unknown) => this.fault('release', failure));
      // A fault here or in the database, not of the destination. The attempt is not counted. The lease runs out by
      // itself and is not released at once, so that the delivery cannot spin.
      this.fault('attempt', error);
    }
  }

  private async finish(lane: Lane, work: Work, end: AttemptEnd): Promise<void> {
    if (end.kind === 'held') return this.dependencies.deliveryStore.release([work]);
    if (end.kind === 'postponed')
      return this.dependencies.deliveryStore.release([work], this.dependencies.timing.missingKeyMs);
    if (end.kind === 'cancelled') return this.dependencies.deliveryStore.cancel([work], end.reason);
    if (end.kind === 'lost') return;
    if (end.kind === 'settled') this.applySettled(end.report);
    else {
      const { result } = end;
      result.isUrgent = lane.isOrdered || lane.isUnwell || result.strain !== 'none';
      this.settler.push(result);
    }
    const { telemetry } = this.dependencies;
    if (!telemetry.watched) return;
    const { result, outcome } = end;
    telemetry.emit({
      type: 'attempt.finished',
      eventId: work.eventId,
      destinationUrl: result.url,
      trigger: 'scheduled',
      number: work.attemptCount + 1,
      status: result.state === 'delivered' ? 'delivered' : 'failed',
      responseStatus: result.responseStatus,
      latencyMs: result.latencyMs,
      error: result.error,
      next: result.nextReason ?? (outcome.kind === 'delivered' ? null : outcome.reason),
    });
    if (result.state === 'failed') {
      telemetry.emit({
        type: 'delivery.failed',
        eventId: work.eventId,
        endpointId: work.endpointId,
        destinationId: work.destinationId,
        statusReason: result.statusReason ?? 'exhausted',
        reason: result.reason,
      });
    }
  }

  /** The times of retries count from the settlement. */
  private alarmRetries(results: readonly AttemptResult[]): void {
    for (const { retryInMs, work } of results)
      if (retryInMs !== null && retryInMs < ALARMED_MS) this.alarms.set(work.destinationId, retryInMs + CLOSED_MS);
  }

  /** Applies what settling decided about destinations and order keys. */
  private applySettled({ destinations, followers }: SettleReport): void {
    for (const report of destinations) this.applyReport(report);
    // A claim may have waited for results to be written.
    if (!this.dueLanes.isEmpty) this.claimSoon();
    if (followers.length === 0) return;
    if (this.lanes.group.count > 1) this.dependencies.announce('work');
    for (const destinationId of followers) this.name(destinationId);
  }

  private applyReport(report: DestinationReport): void {
    const { destinationId, endpointId, openMs, wasOpen, pausedBecause } = report;
    const { telemetry, announce } = this.dependencies;
    const lane = this.lanes.get(destinationId);
    lane.takeVerdict(openMs === null ? 0 : performance.now() + openMs);
    if (openMs !== null) {
      // These were claimed ahead and must not be tried now.
      void this.giveBack(lane.queue.splice(0));
      this.alarms.set(destinationId, openMs + CLOSED_MS);
    } else if (wasOpen) this.name(destinationId);
    this.lanes.forgetIfIdle(destinationId, lane);
    if (pausedBecause !== null) {
      announce('change');
      telemetry.emit({ type: 'destination.paused', endpointId, destinationId, reason: pausedBecause });
    } else if (openMs !== null && !wasOpen) {
      telemetry.emit({ type: 'circuit.opened', endpointId, destinationId, forMs: openMs });
    } else if (openMs === null && wasOpen) telemetry.emit({ type: 'circuit.closed', endpointId, destinationId });
  }

  /** Marks a lease as lost, so that its result no longer counts, and aborts a handler that works on it. */
  private lose(lease: Lease, reason: string): void {
    lease.lost = true;
    this.dependencies.handlers.abort(lease.work.leaseToken, reason);
  }

  private async giveBack(leases: Lease[]): Promise<void> {
    if (leases.length === 0) return;
    for (const lease of leases) {
      this.lose(lease, 'Paggio is stopping');
      this.leases.delete(lease);
    }
    this.readmit();
    await this.dependencies.deliveryStore
      .release(leases.map((lease) => lease.work))
      .catch((error: unknown) => this.fault('release', error));
  }

  private fault(where: string, error: unknown): void {
    this.dependencies.telemetry.emit({ type: 'fault', where: `delivery.${where}`, error });
  }
}
