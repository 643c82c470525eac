import { formatId, newId } from '../event-id';
import type { AttemptRecord } from '../delivery/work';
import type { Actor } from '../principal';
import { keepAudit } from '../audit/audit-store';
import type { Database } from '../storage/database';
import { copyEvents } from '../events/event-copies';
import { takeIdempotencyKey } from '../storage/idempotency';
import { statementsOf } from '../storage/statements';

/** An attempt of a replay, with the options that it used. */
export interface ReplayAttempt extends AttemptRecord {
  eventId: string;
  /** The destination of the endpoint that it was sent to. `null` means another URL. */
  destinationId: string | null;
  status: 'delivered' | 'failed';
  includeCredentials: boolean;
  resign: boolean;
}

export class ReplayStore {
  constructor(private readonly database: Database) {}

  /**
   * Copies an event and returns the id of the copy. With a key that was used for it before, it returns the earlier
   * copy.
   */
  async copy(
    actor: Actor,
    eventId: string,
    destinationIds: readonly string[],
    idempotencyKey: string | null,
  ): Promise<string> {
    const id = newId();
    return this.database.source.transaction(async (manager) => {
      const request = { operation: 'events.replay', key: idempotencyKey, request: eventId };
      const earlier = await takeIdempotencyKey(statementsOf(manager), actor, request, formatId(id));
      if (earlier !== null) return earlier.result;
      await copyEvents(manager, [{ id, originalId: eventId, destinationIds }], null);
      // failpoint: replay.copied
      const after = { replayed_as: formatId(id) };
      await keepAudit(manager, actor, [{ action: 'event.replayed', objectId: eventId, before: null, after }]);
      return formatId(id);
    });
  }

  /** Stores the attempts of one replay with the event. They change no delivery. Returns the time of the attempts. */
  async keepAttempts(actor: Actor, results: readonly ReplayAttempt[]): Promise<Date> {
    return this.database.source.transaction(async (manager) => {
      let keptAt = new Date();
      for (const result of results) {
        const [row] = await manager.query<{ created_at: Date }[]>(KEEP, [
          formatId(result.attemptId),
          result.eventId,
          result.destinationId,
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
        keptAt = row?.created_at ?? keptAt;
        const after = {
          destination_url: result.url,
          status: result.status,
          response_status: result.responseStatus,
          include_credentials: result.includeCredentials,
          resign: result.resign,
        };
        await keepAudit(manager, actor, [{ action: 'event.replayed', objectId: result.eventId, before: null, after }]);
      }
      // Readers of the stream learn that a destination has accepted the event.
      const accepted = results.find(({ destinationId, status }) => destinationId !== null && status === 'delivered');
      if (accepted) await manager.query(LOG_CHANGE, [accepted.eventId]);
      return keptAt;
    });
  }
}

const LOG_CHANGE = 'insert into paggio.changes (updated) values (array[$1::uuid])';

const KEEP = `
  insert into paggio.attempts (id, event_id, destination_id, number, trigger, url, status, response_status, response_headers,
    response_body, response_truncated, latency_ms, error, reason, created_at)
  select $1, $2, $3, 1 + (select count(*) from paggio.attempts where event_id = $2 and trigger = 'replay'), 'replay', $4, $5, $6,
    $7, $8, $9, $10, $11, $12, now()
  returning created_at`;
