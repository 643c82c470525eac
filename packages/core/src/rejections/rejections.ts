import { withKnownCredentials } from '../events/credentials';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { notFound } from '../errors';
import type { Page, Paging } from '../page';
import type { Owner } from '../principal';
import type { PostgresRejectionLog } from './rejection-store';
import type { RejectionDetail, RejectionSummary } from './rejection-summary';

/** Reads refused requests. Each endpoint stores at most 100 of them, with 16 MiB of bodies in all, for seven days. */
export class Rejections {
  constructor(
    private readonly log: Pick<PostgresRejectionLog, 'list' | 'find'>,
    private readonly directory: EndpointDirectory,
  ) {}

  /** @param endpointId lists those of one endpoint only. The endpoint of another owner has none */
  list(owner: Owner, endpointId: string | null, paging: Paging): Promise<Page<RejectionSummary>> {
    return this.log.list(owner, endpointId, paging);
  }

  /** @throws PaggioError `NOT_FOUND` */
  async get(owner: Owner, id: string): Promise<RejectionDetail> {
    const rejection = await this.log.find(owner, id);
    if (!rejection) throw notFound('rejection');
    return withKnownCredentials(rejection, await this.directory.byId(rejection.endpointId));
  }
}
