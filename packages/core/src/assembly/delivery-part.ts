import { PostgresDeliveryStore } from '../delivery/delivery-store';
import { Hops } from '../delivery/hops';
import { QueueStore } from '../delivery/queue-store';
import { DeliveryWorker } from '../delivery/worker';
import { Routing } from '../endpoints/routing';
import { HandlerRegistry } from '../handlers/handler-registry';
import { HandlerRunner } from '../handlers/handler-runner';
import type { Context } from './context';
import type { DatabasePart } from './database-part';
import type { TransportPart } from './transport-part';

/** The work on deliveries, and how other parts hand work to it. */
export interface DeliveryPart {
  readonly registry: HandlerRegistry;
  readonly worker: DeliveryWorker;
  readonly routing: Routing;
  readonly queueStore: QueueStore;
  readonly hops: Hops;
  /** Call it when work is due. This process takes the work, or notifies the processes that deliver. */
  readonly wake: () => void;
  /** Call it after a change was committed, with its configuration version. It notifies every process. */
  readonly configurationChanged: (version: number) => void;
}

export function assembleDelivery(
  context: Context,
  { transport }: TransportPart,
  { database, hints, seal, gate, directory, handlerStore }: DatabasePart,
): DeliveryPart {
  const { options, timing, telemetry } = context;
  const registry = new HandlerRegistry();
  const hops = new Hops(options.masterKey);
  const deliveryStore = new PostgresDeliveryStore(
    database.settle,
    database.lease,
    (version) => directory.observe(version),
    options.pauseFailingAfterMs,
    seal,
    gate,
    timing,
  );
  const { transactions } = database;
  const worker = new DeliveryWorker({
    deliveryStore,
    handlers: new HandlerRunner({ registry, transactions, deliveryStore, telemetry, timing }),
    directory,
    transport,
    hops,
    telemetry,
    announce: (what) => hints.announce(what),
    maxInFlight: options.maxInFlight,
    timing,
  });
  const configurationChanged = (version: number): void => {
    directory.observe(version);
    hints.announce('change');
    worker.reconsider();
  };
  return {
    registry,
    worker,
    routing: new Routing({ directory, handlers: handlerStore, changed: configurationChanged }),
    queueStore: new QueueStore(database),
    hops,
    wake: options.roles.has('deliver') ? () => worker.wake() : () => hints.announce('work'),
    configurationChanged,
  };
}
