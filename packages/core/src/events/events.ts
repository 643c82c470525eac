import { withKnownCredentials } from '../capture/credentials';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { notFound } from '../errors';
import type { Page, Paging } from '../page';
import type { Actor, Owner } from '../principal';
import type { EventStore } from '../storage/event-store';
import type { EventDetail, EventFilter, EventSummary } from './event';

/** Reads events. They are immutable; what changes is the state of their deliveries. */
export class Events {
  constructor(
    private readonly store: EventStore,
    private readonly directory: EndpointDirectory,
  ) {}

  list(owner: Owner, filter: EventFilter, paging: Paging): Promise<Page<EventSummary>> {
    return this.store.list(owner, filter, paging);
  }

  /** Of these events, those that are the owner's, in the order of their ids. */
  summaries(owner: Owner, ids: readonly string[]): Promise<EventSummary[]> {
    return this.store.summaries(owner, ids);
  }

  /** @throws PaggioError `NOT_FOUND`, for another owner's event too */
  async get(owner: Owner, id: string): Promise<EventDetail> {
    const event = await this.store.get(owner, id);
    if (!event) throw notFound('event');
    return withKnownCredentials(event, await this.directory.byId(event.endpointId));
  }

  /**
   * Stops what is pending of an event. An attempt under way is still recorded, and counts when it delivers.
   * @throws PaggioError `NOT_FOUND`
   */
  async cancel(owner: Actor, id: string): Promise<EventDetail> {
    await this.get(owner, id);
    await this.store.cancel(owner, id);
    return this.get(owner, id);
  }
}
