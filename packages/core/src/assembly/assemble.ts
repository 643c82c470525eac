import { resolveOptions, type PaggioOptions } from '../options';
import { assembleCapture, type CapturePart } from './capture-part';
import { createContext, type Context } from './context';
import { assembleDatabase, type DatabasePart } from './database-part';
import { assembleDelivery, type DeliveryPart } from './delivery-part';
import { hintListener } from './hint-listener';
import { Lifecycle } from './lifecycle';
import { assembleMaintenance, type MaintenancePart } from './maintenance-part';
import { assembleManagement, type ManagementPart } from './management-part';
import { ProcessStatus } from './process-status';
import type { TestingHooks } from './testing-hooks';
import { assembleTransport, type TransportPart } from './transport-part';

/** All parts of one gateway. `Paggio` shows some of them to the app; tests may reach all of them. */
export interface Assembly {
  readonly context: Context;
  readonly transport: TransportPart;
  readonly database: DatabasePart;
  readonly delivery: DeliveryPart;
  readonly management: ManagementPart;
  readonly capture: CapturePart;
  readonly maintenance: MaintenancePart;
  readonly lifecycle: Lifecycle;
  readonly status: ProcessStatus;
}

/**
 * Makes a gateway from its options. A part uses only parts that are made before it, so the order below is the order of
 * dependence. Nothing is connected yet.
 * @throws PaggioError `BAD_REQUEST` that names every wrong option
 */
export function assemble(options: PaggioOptions, hooks: TestingHooks = {}): Assembly {
  const context = createContext(resolveOptions(options), hooks);
  const transport = assembleTransport(context, hooks);
  const database = assembleDatabase(context, transport);
  const delivery = assembleDelivery(context, transport, database);
  const management = assembleManagement(context, transport, database, delivery);
  const capture = assembleCapture(context, transport, database, delivery, management);
  const maintenance = assembleMaintenance(context, database, delivery, management, capture);
  const listener = hintListener(context, database, delivery, management, maintenance);
  const lifecycle = new Lifecycle({ context, database, delivery, management, maintenance, hintListener: listener });
  const status = new ProcessStatus({ database, delivery, capture, maintenance, lifecycle });
  return { context, transport, database, delivery, management, capture, maintenance, lifecycle, status };
}
