import { notFound, PaggioError } from '../errors';
import type { EndpointStore } from '../endpoints/endpoint-store';
import type { HandlerStore } from './handler-store';
import type { HandlerSummary } from './handler-summary';

export interface HandlersDependencies {
  store: HandlerStore;
  destinations: Pick<EndpointStore, 'cancelPending'>;
  /** Called after a change was committed, with its configuration version. */
  changed: (version: number) => void;
}

/** Lists and removes the handlers of all apps and versions that share a database. */
export class Handlers {
  constructor(private readonly dependencies: HandlersDependencies) {}

  list(): Promise<HandlerSummary[]> {
    return this.dependencies.store.list();
  }

  /**
   * Removes a handler that is no longer in the code. It gets no more events, and its pending deliveries are cancelled.
   * Until then they wait, because only a person knows whether the code comes back.
   * @throws PaggioError `NOT_FOUND`, or `CONFLICT` while a process runs it
   */
  async remove(name: string): Promise<void> {
    const { changed, destinations, store } = this.dependencies;
    const removed = await store.remove(name);
    if (removed === 'unknown') throw notFound('handler');
    if (removed === 'running') {
      throw new PaggioError('CONFLICT', `A process runs the handler "${name}"`, {
        hint: 'Remove it from the code and restart first. To hold its deliveries, pause its destination.',
      });
    }
    changed(removed.version);
    await destinations.cancelPending(removed.destinationIds, 'cancelled');
  }
}
