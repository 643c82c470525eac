import { KEPT_BYTES, type Findings, type Rejection, type RejectionLog } from './rejection';
import { formatId, newId } from '../event-id';
import { toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Owner } from '../principal';
import type { RejectionDetail, RejectionSummary } from './rejection-summary';
import { Semaphore } from '../flow/semaphore';
import type { Database } from '../storage/database';
import { rejectionPlace, type RequestSeal, type StoredRequest } from '../events/request-seal';

/** Rejections are stored for people to look at. They are never a queue. */
const KEPT_PER_ENDPOINT = 100;
const KEPT_DAYS = 7;
/** Few are written at once, because they share the connections of the management API and may be large. */
const WRITES_AT_ONCE = 2;
const WRITES_WAITING = 50;
const LOCK = 1_885_431_911;

export class PostgresRejectionLog implements RejectionLog {
  private readonly writes = new Semaphore(WRITES_AT_ONCE, WRITES_WAITING, 'rejections');

  constructor(
    private readonly database: Database,
    private readonly seal: RequestSeal,
  ) {}

  /** @throws PaggioError `UNAVAILABLE` when too many are being written */
  async keep(rejection: Rejection): Promise<string> {
    const id = formatId(newId(rejection.receivedAt));
    const stored = this.seal.seal(rejection, rejection.credentials, rejectionPlace(rejection.userId, id));
    const values = [
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
      rejection.size,
      rejection.findings && JSON.stringify(rejection.findings),
      stored.sealed,
    ];
    await this.writes.take(() =>
      this.database.source.transaction(async (manager) => {
        await manager.query(SETTINGS);
        // The rejections of an endpoint are written one after the other. Two at once would not see each other, and
        // together would store more than allowed. The lock comes before the snapshot of the next statement.
        await manager.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, rejection.endpointId]);
        await manager.query(KEEP, values);
      }),
    );
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
    const [row] = await this.database.rows<RejectionSummary & StoredRequest & { findings: string | null }>(
      `select ${COLUMNS}, query, headers, body, findings, sealed
       from paggio.rejections where id = $1 and user_id = $2 and mode = $3`,
      [id, owner.userId, owner.mode],
    );
    if (!row) return null;
    const { headers, query, body, sealed, findings, ...rest } = row;
    return {
      ...rest,
      ...this.seal.open({ headers, query, body, sealed }, rejectionPlace(owner.userId, id)),
      findings: findings === null ? null : (JSON.parse(findings) as Findings),
    };
  }

  /** Removes up to 1000 rejections that are too old. */
  async sweep(): Promise<void> {
    await this.database.source.query(
      `delete from paggio.rejections where id in (
         select id from paggio.rejections where received_at < now() - interval '${KEPT_DAYS} days' limit 1000)`,
    );
  }
}

const COLUMNS = `id, endpoint_id as "endpointId", provider, reason, method, path, coalesce(size, octet_length(body)) as size,
  coalesce(size, 0) > octet_length(body) as "bodyTruncated", remote_addr as "remoteAddr", received_at as "receivedAt"`;

// The request was not acknowledged, so the write need not wait for the disk.
const SETTINGS = 'set local synchronous_commit = off';

const KEEP = `
  with kept as (
    insert into paggio.rejections (id, endpoint_id, user_id, mode, provider, reason, method, path, query, headers, body,
      remote_addr, received_at, size, findings, sealed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ), others as (
    select id, row_number() over newest as count,
      sum(octet_length(body) + coalesce(octet_length(sealed), 0)) over newest as bytes
    from paggio.rejections where endpoint_id = $2 window newest as (order by id desc)
  )
  delete from paggio.rejections where id in (
    select id from others where count >= ${KEPT_PER_ENDPOINT} or bytes > ${KEPT_BYTES} - octet_length($11::bytea) - coalesce(octet_length($16::text), 0))`;
