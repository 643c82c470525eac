import { requireTime } from '../input/time';
import { UnreadableEndpoint, type EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Routing } from '../endpoints/routing';
import { invalid, notFound, PaggioError } from '../errors';
import type { Page, Paging } from '../page';
import type { Actor, Owner } from '../principal';
import { failureOf } from '../storage/sql-errors';
import type { BulkReplayStore, ReplayCandidate } from './bulk-replay-store';
import type { EndpointStore } from '../endpoints/endpoint-store';
import { BULK_LIMIT, type BulkReplay, type BulkReplayInput } from './bulk-replay';

export interface BulkReplaysDependencies {
  store: BulkReplayStore;
  endpoints: EndpointStore;
  directory: EndpointDirectory;
  routing: Routing;
  /** Called when a replay was created, so that its first step is taken. */
  created: () => void;
}

/** Sends many events again: failed ones after a repair, or the history to a new destination. */
export class BulkReplays {
  constructor(private readonly dependencies: BulkReplaysDependencies) {}

  /** @throws PaggioError `VALIDATION_FAILED`, or `IDEMPOTENCY_KEY_CONFLICT` */
  async create(owner: Actor, input: BulkReplayInput): Promise<BulkReplay> {
    requireTime('filter.since', input.filter.since);
    requireTime('filter.until', input.filter.until);
    const { store } = this.dependencies;
    const destinationId = input.destinationId ?? null;
    const filter = Object.fromEntries(Object.entries(input.filter).filter(([, value]) => value !== undefined));
    if (Object.keys(filter).length === 0) {
      const message = 'filter needs at least one condition, such as {"status": "failed"}.';
      throw invalid([{ field: 'filter', message }]);
    }
    if (destinationId !== null)
      filter['endpointId'] = await this.endpointOf(owner, destinationId, input.filter.endpointId);
    const matched = await store.count(owner, filter).catch((error: unknown) => {
      if (failureOf(error) !== 'timeout') throw error;
      const message = 'Counting what matches takes too long: narrow the filter, for example with since and until.';
      throw invalid([{ field: 'filter', message }]);
    });
    if (matched > BULK_LIMIT) {
      const message = `More than ${BULK_LIMIT} events match: narrow the filter, for example with since and until.`;
      throw invalid([{ field: 'filter', message }]);
    }
    const replay = { filter, destinationId, ratePerSecond: input.ratePerSecond ?? null, matched };
    if (input.dryRun === true) {
      const nothing = { created: 0, skipped: 0, done: 0, failed: 0, createdAt: new Date(), finishedAt: null };
      return { id: null, status: 'dry_run', ...replay, ...nothing };
    }
    const id = await store.insert(owner, replay, input.idempotencyKey ?? null);
    this.dependencies.created();
    return this.get(owner, id);
  }

  /** @throws PaggioError `NOT_FOUND` */
  async get(owner: Owner, id: string): Promise<BulkReplay> {
    const replay = await this.dependencies.store.find(owner, id);
    if (!replay) throw notFound('replay');
    return replay;
  }

  list(owner: Owner, paging: Paging): Promise<Page<BulkReplay>> {
    return this.dependencies.store.list(owner, paging);
  }

  /**
   * Stops a replay, and cancels its deliveries that are still pending.
   * @throws PaggioError `CONFLICT` when it has ended
   */
  async cancel(owner: Actor, id: string): Promise<BulkReplay> {
    const before = await this.get(owner, id);
    if (!(await this.dependencies.store.cancel(owner, id)) && before.status !== 'cancelled') {
      throw new PaggioError('CONFLICT', 'This replay has ended', { hint: 'Only a running replay can be cancelled.' });
    }
    return this.get(owner, id);
  }

  /** Cancels deliveries that are still pending because the process that cancelled their replay died. */
  async sweep(): Promise<void> {
    for (const id of await this.dependencies.store.halfCancelled()) await this.dependencies.store.endCancelled(id);
  }

  /**
   * Takes the next step of every running replay. Returns how many events were queued, and whether to call again soon.
   */
  async step(): Promise<{ queued: number; busy: boolean }> {
    let queued = 0;
    let busy = false;
    for (const id of await this.dependencies.store.running()) {
      const one = await this.dependencies.store.step(id, (found) => this.targetsOf(found)).catch(ifUnreadable);
      // failpoint: replay.stepped
      queued += one.queued;
      busy ||= one.busy;
    }
    return { queued, busy };
  }

  private async targetsOf(found: readonly ReplayCandidate[]): Promise<Map<string, string[]>> {
    const targets = new Map<string, string[]>();
    for (const { id, endpointId, reached, ...event } of found) {
      const endpoint = await this.dependencies.directory.byId(endpointId);
      if (!endpoint || endpoint.deleted) continue;
      const fitting = (await this.dependencies.routing.again(endpoint, event)).targets.map((one) => one.id);
      targets.set(
        id,
        fitting.filter((one) => !reached.includes(one)),
      );
    }
    return targets;
  }

  private async endpointOf(owner: Owner, destinationId: string, endpointId: string | undefined): Promise<string> {
    const found = await this.dependencies.endpoints.ofDestination(owner, destinationId);
    const message = 'There is no such destination, or it belongs to another endpoint than filter.endpointId.';
    if (found === null || (endpointId !== undefined && endpointId !== found))
      throw invalid([{ field: 'destinationId', message }]);
    return found;
  }
}

/** A replay waits when this process cannot read the next endpoint. Other replays continue. */
function ifUnreadable(error: unknown): { queued: number; busy: boolean } {
  if (error instanceof UnreadableEndpoint) return { queued: 0, busy: false };
  throw error;
}
