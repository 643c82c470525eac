import type { RefusalTally } from '../capture/refusal-tally';
import type { StorageQuota } from '../usage/storage-quota';
import type { Takeovers } from '../delivery/takeovers';
import type { DeliveryWorker } from '../delivery/worker';
import type { GrowthWatch } from './growth-watch';
import type { Notifier } from '../notifications/notifier';
import type { Role } from '../roles';
import type { BulkReplayRunner } from '../replay/bulk-replay-runner';
import type { Scheduler } from '../flow/scheduler';
import type { EventIndex } from '../events/event-index';
import type { ProcessHints } from '../storage/process-hints';
import type { Retention } from '../events/retention';
import type { SealGate } from '../secrets/seal-gate';
import type { Timing } from '../flow/timing';

export interface PeriodicWorkDependencies {
  roles: ReadonlySet<Role>;
  worker: DeliveryWorker;
  takeovers: Pick<Takeovers, 'look'>;
  replays: BulkReplayRunner;
  notifier: Notifier;
  hints: Pick<ProcessHints, 'check'>;
  index: EventIndex;
  gate: SealGate;
  /** Says which master key this process encrypts with. */
  attend: () => Promise<void>;
  /** `null` if events are never removed. */
  retention: Retention | null;
  quota: Pick<StorageQuota, 'refresh'>;
  refusals: Pick<RefusalTally, 'report'>;
  /** `null` if old events are removed. */
  growth: GrowthWatch | null;
  /** Reports quotas that have filled. */
  judgeUsage: () => Promise<void>;
  /** Removes rows that nothing needs any more. */
  sweep: () => Promise<void>;
  timing: Timing;
  onFault: (where: string, error: unknown) => void;
}

/** The periodic work of a process: what it looks for, and how often. The work itself decides what is due. */
export class PeriodicWork {
  private readonly ends: (() => void)[] = [];
  private stopped = false;

  constructor(private readonly dependencies: PeriodicWorkDependencies) {}

  start(scheduler: Scheduler): void {
    const { roles, worker, replays, notifier, hints, index, gate, attend, retention, sweep } = this.dependencies;
    const { growth, judgeUsage, quota, refusals, takeovers, timing } = this.dependencies;
    const every = (name: string, intervalMs: number, task: () => unknown): void =>
      void this.ends.push(scheduler.every(`paggio:${name}`, intervalMs, () => this.run(name, task)));
    if (roles.has('deliver')) {
      every('check-in', timing.checkInMs, () => worker.checkIn());
      every('replays', timing.replaysMs, () => replays.kick());
      every('notify', timing.notifyMs, () => notifier.run());
      every('poll', timing.pollMs, () => worker.wake());
      every('takeovers', timing.takeoverLookMs, () => takeovers.look());
      every('renew', timing.renewAfterMs, () => worker.renew());
    } else if (roles.has('capture') || roles.has('api')) every('seal', timing.checkInMs, () => gate.look());
    if (roles.has('deliver') || roles.has('api')) {
      every('index', timing.indexMs, async () => {
        while (!this.stopped && (await index.advance()));
      });
      every('usage', timing.usageMs, judgeUsage);
    }
    every('quota', timing.quotaMs, () => quota.refresh());
    if (roles.has('capture')) every('refusals', timing.refusalsMs, () => refusals.report());
    if (growth && roles.has('deliver')) every('growth', timing.growthMs, () => growth.look());
    if (retention && roles.has('deliver')) every('retention', timing.retentionMs, () => retention.run());
    every('master-key', timing.attendMs, attend);
    every('listener', timing.listenerMs, () => hints.check());
    every('sweep', timing.sweepMs, sweep);
  }

  stop(): void {
    this.stopped = true;
    this.dependencies.retention?.stop();
    for (const end of this.ends.splice(0)) end();
  }

  private async run(name: string, task: () => unknown): Promise<void> {
    try {
      await task();
    } catch (error) {
      // The next tick tries again. An error of work that a stop has interrupted is not a fault.
      if (!this.stopped) this.dependencies.onFault(name, error);
    }
  }
}
