import { requireTime } from '../input/time';
import { withKnownCredentials } from './credentials';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { notFound } from '../errors';
import type { Page, Paging } from '../page';
import type { Actor, Owner } from '../principal';
import { originalDestinations } from './original';
import type { EventStore } from './event-store';
import type { Attempt, EventContent, EventDetail, EventFilter, EventSummary } from './event';
import { statusDetailOf } from './status-detail';

/** Reads and cancels events. An event itself never changes, and only the state of its deliveries does. */
export class Events {
  constructor(
    private readonly store: EventStore,
    private readonly directory: EndpointDirectory,
  ) {}

  async list(owner: Owner, filter: EventFilter, paging: Paging): Promise<Page<EventSummary>> {
    requireTime('since', filter.since);
    requireTime('until', filter.until);
    return this.store.list(owner, filter, paging);
  }

  /** The events with these ids that are the owner's, in the order of their ids. */
  summaries(owner: Owner, ids: readonly string[]): Promise<EventSummary[]> {
    return this.store.summaries(owner, ids);
  }

  /** @throws PaggioError `NOT_FOUND`, also for the event of another owner */
  async get(owner: Owner, id: string): Promise<EventDetail> {
    const event = await this.store.get(owner, id);
    if (!event) throw notFound('event');
    const endpoint = await this.directory.byId(event.endpointId);
    const aims = endpoint === null ? [] : originalDestinations(endpoint, event);
    return {
      ...withKnownCredentials(event, endpoint),
      statusDetail: statusDetailOf(event, endpoint),
      replayTo: aims.map(({ id: destinationId, url }) => ({ destinationId, url })),
    };
  }

  /**
   * The attempts of an event, newest first. A page with more than 1 MiB of answers ends early.
   * @throws PaggioError `NOT_FOUND`
   */
  async attempts(owner: Owner, id: string, paging: Paging): Promise<Page<Attempt>> {
    const page = await this.store.attempts(owner, id, paging);
    if (!page) throw notFound('event');
    return page;
  }

  /**
   * Returns the requests of these events, newest first. Events of other owners are left out. It returns as many of the
   * newest as fit into 8 MiB, and at least one.
   */
  async contents(owner: Owner, ids: readonly string[]): Promise<EventContent[]> {
    const contents = await this.store.contents(owner, ids);
    return Promise.all(
      contents.map(async (content) => withKnownCredentials(content, await this.directory.byId(content.endpointId))),
    );
  }

  /**
   * Cancels the pending deliveries of an event. An attempt under way is still recorded, and counts if it delivers.
   * @throws PaggioError `NOT_FOUND`
   */
  async cancel(owner: Actor, id: string): Promise<EventDetail> {
    await this.get(owner, id);
    await this.store.cancel(owner, id);
    return this.get(owner, id);
  }
}
