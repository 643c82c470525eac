import type { CapturePart } from './capture-part';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { Lifecycle } from './lifecycle';
import type { MaintenancePart } from './maintenance-part';

export interface Readiness {
  ready: boolean;
  /** What is wrong, for people; null when ready. */
  reason: string | null;
  /** Number of the newest migration in the database; null if the database does not answer. */
  migration: number | null;
  /** How long the delivery that has been due for longest has waited, in seconds; 0 if none is late, null if unknown. */
  lagSeconds: number | null;
}

/** Current figures, for metrics. */
export interface Gauges {
  /** Pending deliveries, counted up to `GAUGE_LIMIT`. */
  pending: number;
  lagSeconds: number;
  /** Destinations of all users that are failing, as `Health` defines it. */
  failingDestinations: number;
  /** Size of Paggio's schema with its indexes on the disk of the database, in bytes. */
  storedBytes: number;
  pools: { pool: string; total: number; idle: number; waiting: number }[];
  /** How far the clock of this process is ahead of the database's, in milliseconds; null until it is known. */
  clockSkewMs: number | null;
}

export interface ProcessStatusParts {
  readonly database: DatabasePart;
  readonly delivery: DeliveryPart;
  readonly capture: CapturePart;
  readonly maintenance: MaintenancePart;
  readonly lifecycle: Lifecycle;
}

/** Reports the state of this process and its queue, for load balancers and metrics. */
export class ProcessStatus {
  constructor(private readonly parts: ProcessStatusParts) {}

  /** Never rejects: a database that does not answer is a reason. */
  async readiness(): Promise<Readiness> {
    const { capture, delivery, lifecycle } = this.parts;
    const unknown = { ready: false, migration: null, lagSeconds: null };
    if (lifecycle.isStopping) return { ...unknown, reason: 'stopping' };
    if (!lifecycle.isStarted) return { ...unknown, reason: 'not started' };
    try {
      const state = await delivery.queueStore.state();
      // The database may answer but store nothing, as with a full disk.
      const reason = capture.intake.isTroubled ? 'events cannot be stored' : delivery.worker.trouble;
      return { ready: reason === null, reason, ...state };
    } catch {
      return { ...unknown, reason: 'the database does not answer' };
    }
  }

  /** @throws when the database does not answer */
  async gauges(): Promise<Gauges> {
    const { database, delivery, maintenance } = this.parts;
    const { queueStore } = delivery;
    const [{ lagSeconds }, pending, failingDestinations, storedBytes] = await Promise.all([
      queueStore.state(),
      queueStore.pending(),
      queueStore.failing(),
      database.usage.onDisk(),
    ]);
    return {
      pending,
      lagSeconds,
      failingDestinations,
      storedBytes,
      pools: database.database.pools(),
      clockSkewMs: maintenance.clock.skewMs,
    };
  }
}
