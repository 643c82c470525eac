import { PostgresDeliveryStore } from '../delivery/delivery-store';
import { Hops } from '../delivery/hops';
import { QueueStore } from '../delivery/queue-store';
import { Takeovers } from '../delivery/takeovers';
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
  readonly takeovers: Takeovers;
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
  { database, hints, identity, seal, gate, directory, handlerStore }: DatabasePart,
): DeliveryPart {
  const { options, timing, telemetry, reportFault } = context;
  const registry = new HandlerRegistry();
  const hops = new Hops(options.masterKey);
  const deliveryStore = new PostgresDeliveryStore(
    database.settle,
    database.lease,
    (version) => directory.observe(version),
    options.pauseFailingAfterMs,
    seal,
    gate,
    identity,
    timing,
  );
  const takeovers = new Takeovers(database.lease, identity, timing, {
    onTaken: () => void worker.takeOver(),
    onFault: (error) => reportFault('delivery.take_over', error),
  });
  const { transactions } = database;
  const worker = new DeliveryWorker({
    deliveryStore,
    identity,
    takeovers,
    handlers: new HandlerRunner({ registry, transactions, deliveryStore, telemetry, timing }),
    directory,
    transport,
    hops,
    telemetry,
    announce: (what) => hints.announce(what),
    maxInFlight: options.maxInFlight,
    timing,
  });
  database.lease.on('remove', () => void worker.noteLoss());
  const configurationChanged = (version: number): void => {
    directory.observe(version);
    hints.announce('change');
    worker.reconsider();
  };
  return {
    registry,
    worker,
    takeovers,
    routing: new Routing({ directory, handlers: handlerStore, changed: configurationChanged }),
    queueStore: new QueueStore(database),
    hops,
    wake: options.roles.has('deliver') ? () => worker.wake() : () => hints.announce('work'),
    configurationChanged,
  };
}
