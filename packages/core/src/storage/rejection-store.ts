import type { Rejection, RejectionLog } from '../capture/rejection';
import { formatId, newId } from '../event-id';
import { toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Owner } from '../principal';
import type { RejectionDetail, RejectionSummary } from '../rejections/rejections';
import type { Database } from './database';
import { rejectionPlace, type RequestSeal, type StoredRequest } from './request-seal';

/** Kept for people to look at; never a queue. */
const KEPT_PER_ENDPOINT = 100;
const KEPT_DAYS = 7;

export class PostgresRejectionLog implements RejectionLog {
  constructor(
    private readonly database: Database,
    private readonly seal: RequestSeal,
  ) {}

  async keep(rejection: Rejection): Promise<string> {
    const id = formatId(newId(rejection.receivedAt));
    const stored = this.seal.seal(rejection, rejection.credentials, rejectionPlace(rejection.userId, id));
    await this.database.source.query(KEEP, [
      id,
      rejection.endpointId,
      rejection.userId,
      rejection.mode,
      rejection.provider,
      rejection.reason,
      rejection.method,
      rejection.path,
      stored.query,
      stored.headers,
      stored.body,
      rejection.remoteAddr,
      new Date(rejection.receivedAt),
      stored.sealed,
    ]);
    return id;
  }

  async list(owner: Owner, endpointId: string | null, paging: Paging): Promise<Page<RejectionSummary>> {
    const where = 'user_id = $1 and mode = $2 and ($3::uuid is null or endpoint_id = $3)';
    const values = [owner.userId, owner.mode, endpointId];
    const rows = await this.database.rows<RejectionSummary>(
      `select ${COLUMNS} from paggio.rejections
       where ${where} and ($4::uuid is null or id < $4) order by id desc limit $5 offset $6`,
      [...values, paging.startingAfter, paging.limit + 1, paging.offset],
    );
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.rejections where ${where} limit $4) t`,
      [...values, TOTAL_LIMIT + 1],
    );
    return toPage(rows, paging, counted?.count ?? 0);
  }

  async find(owner: Owner, id: string): Promise<RejectionDetail | null> {
    const [row] = await this.database.rows<RejectionSummary & StoredRequest>(
      `select ${COLUMNS}, query, headers, body, sealed from paggio.rejections where id = $1 and user_id = $2 and mode = $3`,
      [id, owner.userId, owner.mode],
    );
    if (!row) return null;
    const { headers, query, body, sealed, ...rest } = row;
    return { ...rest, ...this.seal.open({ headers, query, body, sealed }, rejectionPlace(owner.userId, id)) };
  }

  /** Removes what is too old, in bounded steps. */
  async sweep(): Promise<void> {
    await this.database.source.query(
      `delete from paggio.rejections where id in (
         select id from paggio.rejections where received_at < now() - interval '${KEPT_DAYS} days' limit 1000)`,
    );
  }
}

const COLUMNS = `id, endpoint_id as "endpointId", provider, reason, method, path, octet_length(body) as size,
  remote_addr as "remoteAddr", received_at as "receivedAt"`;

const KEEP = `
  with kept as (
    insert into paggio.rejections (id, endpoint_id, user_id, mode, provider, reason, method, path, query, headers, body,
      remote_addr, received_at, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
  )
  delete from paggio.rejections where id in (
    select id from paggio.rejections where endpoint_id = $2 order by id desc offset ${KEPT_PER_ENDPOINT - 1})`;
