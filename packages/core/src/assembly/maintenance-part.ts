import { PaggioError } from '../errors';
import { Retention } from '../events/retention';
import { PeriodicWork } from '../maintenance/periodic-work';
import { ClockWatch } from '../maintenance/clock-watch';
import { GrowthWatch } from '../maintenance/growth-watch';
import { KeySweep } from '../maintenance/key-sweep';
import { IDLE_MS } from '../sessions/sessions';
import type { CapturePart } from './capture-part';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { ManagementPart } from './management-part';

/** The periodic work of this process. */
export interface MaintenancePart {
  readonly periodicWork: PeriodicWork;
  readonly clock: ClockWatch;
  /** `null` if events are never removed. */
  readonly retention: Retention | null;
}

export function assembleMaintenance(
  context: Context,
  databasePart: DatabasePart,
  { takeovers, worker }: DeliveryPart,
  { bulkReplays, notifier, rejectionLog, replayRunner, sessionStore }: ManagementPart,
  { refusals }: CapturePart,
): MaintenancePart {
  const { options, timing, telemetry, reportFault } = context;
  const { database, gate, hints, index, log, quota, quotas, register, reportUnreadable, usage } = databasePart;
  const { retentionMs, roles } = options;
  const keys = new KeySweep(database);
  const retention = retentionMs === null ? null : new Retention(database, retentionMs);
  const periodicWork = new PeriodicWork({
    roles,
    worker,
    takeovers,
    replays: replayRunner,
    hints: hints,
    notifier,
    index,
    gate,
    attend: () => register.attend().catch(reportOrThrow(reportUnreadable)),
    retention,
    quota,
    refusals,
    growth: retention === null ? new GrowthWatch(telemetry, () => usage.onDisk()) : null,
    judgeUsage: async () => {
      for (const filled of await usage.judge(quotas)) telemetry.emit({ type: 'storage.filling', ...filled });
    },
    sweep: async () => {
      await keys.run();
      await sessionStore.sweep(IDLE_MS);
      await bulkReplays.sweep();
      await rejectionLog.sweep();
      await log.sweep(await index.position());
    },
    timing,
    onFault: reportFault,
  });
  return { periodicWork, clock: new ClockWatch(telemetry), retention };
}

/** A `PaggioError` says what the operator has to do, so it is reported. Any other error is thrown again. */
function reportOrThrow(report: (error: Error) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof PaggioError)) throw error;
    report(error);
  };
}
