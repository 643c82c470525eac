import type { RefusalTally } from './capture/refusal-tally';
import type { StorageQuota } from './capture/storage-quota';
import { RENEW_AFTER_MS, type DeliveryWorker } from './delivery/worker';
import type { GrowthWatch } from './growth-watch';
import type { Notifier } from './notifications/notifier';
import type { Role } from './options';
import type { BulkReplayRunner } from './replay/bulk-replay-runner';
import type { Scheduler } from './scheduler';
import type { EventIndex } from './storage/event-index';
import { ATTEND_MS } from './storage/master-key-register';
import type { PostgresWaker } from './storage/postgres-waker';
import type { Retention } from './storage/retention';
import type { SealGate } from './storage/seal-gate';

/** Hints may be lost and retries fall due: how often a worker looks by itself. An idle process asks once a second in all. */
const POLL_MS = 1_250;
const CHECK_IN_MS = 4_000;
/** New ones are announced; this is for those that a process left behind, or whose last retry is over. */
const REPLAYS_MS = 30_000;
const NOTIFY_MS = 5_000;
/** Lists and statistics let the index catch up themselves; this keeps what they would have to do small. */
const INDEX_MS = 1_000;
const RETENTION_MS = 60_000;
const SWEEP_MS = 60_000;
/** Between two readings a process knows only what it has stored itself. */
const QUOTA_MS = 10_000;
const REFUSALS_MS = 10_000;
const GROWTH_MS = 300_000;
/** A connection that listens says nothing by itself. */
const LISTENER_MS = 15_000;

export interface ChoresDependencies {
  roles: ReadonlySet<Role>;
  worker: DeliveryWorker;
  replays: BulkReplayRunner;
  notifier: Notifier;
  waker: Pick<PostgresWaker, 'check'>;
  index: EventIndex;
  gate: SealGate;
  /** Says which master key this process encrypts with. */
  attend: () => Promise<void>;
  /** Null: nothing is ever removed. */
  retention: Retention | null;
  quota: Pick<StorageQuota, 'refresh'>;
  refusals: Pick<RefusalTally, 'tell'>;
  /** Null: old events are removed. */
  growth: GrowthWatch | null;
  /** Tells of quotas that have filled. */
  judgeUsage: () => Promise<void>;
  /** Removes what no longer counts. */
  sweep: () => Promise<void>;
  onFault: (where: string, error: unknown) => void;
}

/** The periodic work of a process: what it looks for, and how often. What is due is decided by the work itself. */
export class Chores {
  private readonly ends: (() => void)[] = [];
  private stopped = false;

  constructor(private readonly dependencies: ChoresDependencies) {}

  start(scheduler: Scheduler): void {
    const { roles, worker, replays, notifier, waker, index, gate, attend, retention, sweep } = this.dependencies;
    const { growth, judgeUsage, quota, refusals } = this.dependencies;
    const every = (name: string, intervalMs: number, task: () => unknown): void =>
      void this.ends.push(scheduler.every(`paggio:${name}`, intervalMs, () => this.run(name, task)));
    if (roles.has('deliver')) {
      every('check-in', CHECK_IN_MS, () => worker.checkIn());
      every('replays', REPLAYS_MS, () => replays.kick());
      every('notify', NOTIFY_MS, () => notifier.run());
      every('poll', POLL_MS, () => worker.wake());
      every('renew', RENEW_AFTER_MS, () => worker.renew());
    } else if (roles.has('capture') || roles.has('api')) every('seal', CHECK_IN_MS, () => gate.look());
    if (roles.has('deliver') || roles.has('api')) {
      every('index', INDEX_MS, async () => {
        while (!this.stopped && (await index.advance()));
      });
      every('usage', QUOTA_MS, judgeUsage);
    }
    every('quota', QUOTA_MS, () => quota.refresh());
    if (roles.has('capture')) every('refusals', REFUSALS_MS, () => refusals.tell());
    if (growth && roles.has('deliver')) every('growth', GROWTH_MS, () => growth.look());
    if (retention && roles.has('deliver')) every('retention', RETENTION_MS, () => retention.run());
    every('master-key', ATTEND_MS, attend);
    every('listener', LISTENER_MS, () => waker.check());
    every('sweep', SWEEP_MS, sweep);
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
      // The next tick comes back to it. What a stop broke off is no fault.
      if (!this.stopped) this.dependencies.onFault(name, error);
    }
  }
}
