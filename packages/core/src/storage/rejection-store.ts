import type { Rejection, RejectionLog } from '../capture/rejection';
import { formatId, newId } from '../event-id';
import type { Database } from './database';

/** Kept for people to look at; never a queue. */
const KEPT_PER_ENDPOINT = 100;
const KEPT_DAYS = 7;

export class PostgresRejectionLog implements RejectionLog {
  constructor(private readonly database: Database) {}

  async keep(rejection: Rejection): Promise<string> {
    const id = formatId(newId(rejection.receivedAt));
    await this.database.source.query(KEEP, [
      id,
      rejection.endpointId,
      rejection.userId,
      rejection.mode,
      rejection.provider,
      rejection.reason,
      rejection.method,
      rejection.path,
      rejection.query,
      rejection.headers,
      rejection.body,
      rejection.remoteAddr,
      new Date(rejection.receivedAt),
    ]);
    return id;
  }

  /** Removes what is too old, in bounded steps. */
  async sweep(): Promise<void> {
    await this.database.source.query(
      `delete from paggio.rejections where id in (
         select id from paggio.rejections where received_at < now() - interval '${KEPT_DAYS} days' limit 1000)`,
    );
  }
}

const KEEP = `
  with kept as (
    insert into paggio.rejections (id, endpoint_id, user_id, mode, provider, reason, method, path, query, headers, body,
      remote_addr, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  )
  delete from paggio.rejections where id in (
    select id from paggio.rejections where endpoint_id = $2 order by id desc offset ${KEPT_PER_ENDPOINT - 1})`;
