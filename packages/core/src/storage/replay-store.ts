import { formatId, idTime, newId } from '../event-id';
import type { AttemptRecord } from '../delivery/work';
import type { Database } from './database';

export class ReplayStore {
  constructor(private readonly database: Database) {}

  /** A new event with the bytes of another, and a due delivery for each of the given destinations. One statement. */
  async copy(eventId: string, destinationIds: readonly string[]): Promise<string> {
    const id = newId();
    await this.database.source.query(COPY, [formatId(id), eventId, new Date(idTime(id)), destinationIds]);
    return formatId(id);
  }

  /** Keeps a replay attempt beside the event. It changes no delivery. Returns when it was. */
  async keepAttempt(result: AttemptRecord & { eventId: string; status: 'delivered' | 'failed' }): Promise<Date> {
    const [row] = await this.database.rows<{ created_at: Date }>(KEEP, [
      formatId(result.attemptId),
      result.eventId,
      result.url,
      result.status,
      result.responseStatus,
      JSON.stringify(result.responseHeaders),
      result.responseBody,
      result.responseTruncated,
      result.latencyMs,
      result.error,
      result.reason,
    ]);
    return row?.created_at ?? new Date();
  }
}

const COPY = `
  with copied as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      remote_addr, verified_by, body_authenticated, correlation_id, replay_of, origin_id, received_at)
    select $1, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body, remote_addr,
      verified_by, body_authenticated, correlation_id, id, coalesce(origin_id, id), $3
    from paggio.events where id = $2
    returning id, endpoint_id
  )
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at)
  select c.id, t.id, c.endpoint_id, 'pending', now() from copied c cross join unnest($4::uuid[]) as t(id)`;

const KEEP = `
  insert into paggio.attempts (id, event_id, number, trigger, url, status, response_status, response_headers, response_body,
    response_truncated, latency_ms, error, reason, created_at)
  select $1, $2, 1 + (select count(*) from paggio.attempts where event_id = $2 and trigger = 'replay'), 'replay', $3, $4, $5, $6, $7,
    $8, $9, $10, $11, now()
  returning created_at`;
