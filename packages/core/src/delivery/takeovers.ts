import type { Pool } from 'pg';
import type { Timing } from '../flow/timing';
import { LOOK, TAKE_OVER } from './takeover-sql';
import type { WorkerIdentity } from './worker-identity';

export interface TakeoverEvents {
  /** Deliveries of a dead process are due now, and it no longer counts. */
  onTaken: () => void;
  onFault: (error: unknown) => void;
}

interface Other {
  id: string;
  seen_at: string;
  /** No session holds its lock. */
  is_gone: boolean;
  /** It has missed several check-ins. */
  is_overdue: boolean;
}

interface Looked {
  /** The server has started a short time ago, so locks of living processes may be missing. */
  is_young: boolean;
  others: Other[] | null;
}

/**
 * Makes the deliveries of dead processes due at once, instead of when their leases run out. PostgreSQL releases the
 * lock of a process when its connections end, and those end with the process. A process counts as dead when its lock
 * has been free and its check-in the same for `deadAfterMs`, and at once when its last check-in is older than
 * `workerGroupMs`.
 *
 * A process that is frozen, or whose network swallows packets, keeps its lock, and its leases run out as before. A
 * living process whose connections end checks in again at once, which takes the lock again. After a restart of the
 * server, or when this process itself has lost connections, everybody gets `workerGroupMs` to come back. If a living
 * process is taken for dead all the same, its deliveries may be sent twice, but its results no longer count once
 * another process has claimed them.
 */
export class Takeovers {
  /** When a lock was first seen free, and the check-in of its worker at that time; by the id of the worker. */
  private readonly missing = new Map<string, { since: number; seenAt: string }>();
  private hasOthers = true;
  private quietUntil = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly identity: WorkerIdentity,
    private readonly timing: Timing,
    private readonly events: TakeoverEvents,
  ) {}

  /** Call it after a check-in. @param hasOthers whether other processes have checked in and have not checked out */
  noteOthers(hasOthers: boolean): void {
    this.hasOthers = hasOthers;
  }

  /** Call it when a connection of this process has ended: those of others may have ended too. */
  noteLoss(): void {
    this.missing.clear();
    this.quietUntil = performance.now() + this.timing.workerGroupMs;
  }

  /** Looks for dead processes, and again a little later when a lock is free. It costs nothing while there are no others. */
  async look(): Promise<void> {
    if (!this.hasOthers || this.stopped || performance.now() < this.quietUntil) return;
    try {
      await this.judge();
    } catch (error) {
      this.events.onFault(error);
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async judge(): Promise<void> {
    const { workerGroupMs } = this.timing;
    const { rows } = await this.pool.query<Looked>({
      name: 'paggio_look_for_dead',
      text: LOOK,
      values: [this.identity.id, workerGroupMs],
    });
    const [looked] = rows;
    const others = looked?.others ?? [];
    const now = performance.now();
    const before = new Map(this.missing);
    this.missing.clear();
    if (looked?.is_young || now < this.quietUntil) return;
    for (const { id, seen_at: seenAt, is_gone, is_overdue } of others) {
      if (!is_gone) continue;
      const known = before.get(id);
      const since = known?.seenAt === seenAt ? known.since : now;
      if (is_overdue || now - since >= this.timing.deadAfterMs) await this.takeOver(id, seenAt);
      else this.missing.set(id, { since, seenAt });
    }
    if (this.missing.size > 0) this.lookAgain();
  }

  private lookAgain(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.timing.deadAfterMs + 10).unref();
  }

  private async takeOver(id: string, seenAt: string): Promise<void> {
    const { rows } = await this.pool.query<{ is_taken: boolean }>({
      name: 'paggio_take_over',
      text: TAKE_OVER,
      values: [id, seenAt, this.timing.leaseMs],
    });
    if (rows[0]?.is_taken) this.events.onTaken();
  }
}
