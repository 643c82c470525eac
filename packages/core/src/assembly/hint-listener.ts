import type { HintListener } from '../storage/process-hints';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { DeliveryPart } from './delivery-part';
import type { MaintenancePart } from './maintenance-part';
import type { ManagementPart } from './management-part';

/** Reacts to the hints of other processes. */
export function hintListener(
  { options }: Context,
  { directory }: DatabasePart,
  { worker }: DeliveryPart,
  { keys, replayRunner }: ManagementPart,
  { clock }: MaintenancePart,
): HintListener {
  return {
    onWork: () => worker.wake(),
    onReplay: () => {
      if (options.roles.has('deliver')) replayRunner.kick();
    },
    onChange: () => {
      directory.distrust();
      // Another process may have revoked a key.
      keys.distrust();
      worker.reconsider();
    },
    onTime: (databaseMs, askedAt, tookMs) => clock.compare(databaseMs, askedAt, tookMs),
  };
}
