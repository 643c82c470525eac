import { keptHeaders } from '../transport/response-headers';
import type { Attempt, EventContent, EventFilter, EventSummary, StoredEvent } from './event';
import { PAGE_BYTES, toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Actor, Owner } from '../principal';
import { keepAudit } from '../audit/audit-store';
import { cancelDeliveries } from '../queue/cancel-deliveries';
import type { Database } from '../storage/database';
import { fittingRows, unfitted, type Fitting } from '../storage/fitting-rows';
import { Semaphore } from '../flow/semaphore';
import type { EventIndex } from './event-index';
import { EventQuery, matchesText, SUMMARY, SUMMARY_JOINS } from './event-query';
import { IndexQuery } from './index-query';
import { eventPlace, type OpenedRequest, type RequestSeal, type StoredRequest } from './request-seal';
import type { Dictionary } from './dictionary';

/**
 * A text search reads at most this many of the newest rows that the other filters match, and takes at most this long.
 */
const SEARCHED_ROWS = 5_000;
const SEARCH_MS = 200;
const SEARCH_STEP = 500;
/** Searches keep the CPU busy. This many at once in a process leave room for incoming requests. */
const SEARCHES_AT_ONCE = 1;
const SEARCHES_WAITING = 50;

/** How long a list waits for the index to catch up. If the index takes longer, the newest events are missing. */
const CATCH_UP_MS = 300;

/** Replays may give an event thousands of attempts with answers of up to 64 KiB each, so only the newest are shown. */
const NEWEST_ATTEMPTS = 50;
const NEWEST_ATTEMPTS_BYTES = 256 * 1024;
const ATTEMPTS_PAGE_BYTES = 1024 * 1024;
const NEWEST_COPIES = 100;

type StoredAttempt = Omit<Attempt, 'responseHeaders'> & { responseHeaders: string | null };
type Sql = { sql: string; values: unknown[] };

export class EventStore {
  private readonly searches = new Semaphore(SEARCHES_AT_ONCE, SEARCHES_WAITING, 'searches');

  constructor(
    private readonly database: Database,
    private readonly index: EventIndex,
    private readonly dictionary: Dictionary,
    private readonly seal: RequestSeal,
  ) {}

  async list(owner: Owner, filter: EventFilter, paging: Paging): Promise<Page<EventSummary>> {
    if (filter.q !== undefined) {
      const { q } = filter;
      return this.searches.take(() => this.search(owner, filter, q, paging));
    }
    if (IndexQuery.answers(filter)) {
      await this.index.catchUp(CATCH_UP_MS);
      const query = await IndexQuery.of(this.database, this.dictionary, owner, filter);
      if (!query) return toPage([], paging, 0);
      const paged = paging.startingAfter === null ? query : query.before(paging.startingAfter);
      return this.page(paging, paged.page(paging.limit + 1, paging.offset), query.count(TOTAL_LIMIT + 1));
    }
    const { endpointId } = filter;
    if (endpointId !== undefined && !(await this.owns(owner, endpointId))) return toPage([], paging, 0);
    const query = new EventQuery(owner, filter, endpointId !== undefined);
    const counting = {
      sql: `select count(*)::int as count from (select 1 from paggio.events e where ${query.where} limit ${TOTAL_LIMIT + 1}) t`,
      values: [...query.values],
    };
    if (paging.startingAfter !== null) query.add((n) => `e.id < $${n}`, paging.startingAfter);
    const limit = query.param(paging.limit + 1);
    const sql = `select e.id from paggio.events e where ${query.where} order by e.id desc limit ${limit} offset ${query.param(paging.offset)}`;
    return this.page(paging, { sql, values: query.values }, counting);
  }

  /** The events with these ids that are the owner's, in the order of their ids. */
  async summaries(owner: Owner, ids: readonly string[]): Promise<EventSummary[]> {
    if (ids.length === 0) return [];
    return this.database.rows<EventSummary>(
      `select ${SUMMARY} from paggio.events e ${SUMMARY_JOINS}
       where e.id = any($1::uuid[]) and e.user_id = $2 and e.mode = $3 order by e.id`,
      [ids, owner.userId, owner.mode],
    );
  }

  async get(owner: Owner, id: string): Promise<StoredEvent | null> {
    const [row] = await this.database.rows<
      Omit<StoredEvent, keyof OpenedRequest | 'attempts'> &
        StoredRequest & {
          idConflict: boolean;
          dedupKey: Buffer | null;
          duplicates: number | null;
          isKeyUnknown: boolean;
        }
    >(
      `select ${SUMMARY}, e.user_id as "userId", e.mode, e.path, e.query, e.headers, e.body, e.sealed, e.remote_addr as "remoteAddr",
         e.verified_by as "verifiedBy", e.body_authenticated as "bodyAuthenticated", e.correlation_id as "correlationId", e.trace_parent as "traceParent",
         e.replay_of as "replayOf", coalesce(e.origin_id, e.id) as "originId", e.id_conflict as "idConflict", k.key as "dedupKey", k.duplicates,
         e.dedup_key is null as "isKeyUnknown",
         array(select r.id from (
             select c.id from paggio.events c where c.replay_of = e.id order by c.id desc limit ${NEWEST_COPIES}
           ) r order by r.id) as "replayedAs",
         (select count(*)::int from paggio.events r where r.replay_of = e.id) as "replayedAsTotal",
         (select count(*)::int from paggio.all_attempts a where a.event_id = e.id) as "attemptsTotal",
         (select a.response_body from paggio.all_attempts a
          where a.event_id = e.id and a.trigger = 'scheduled' and a.destination_id = s.telling_id
          order by a.id desc limit 1) as "responseBody",
         array(select d.destination_id from paggio.deliveries d where d.event_id = e.id) as "routedTo",
         array(select d.destination_id from paggio.deliveries d where d.event_id = e.id and d.state = 'delivered'
           union select a.destination_id from paggio.attempts a
             where a.event_id = e.id and a.trigger = 'replay' and a.status = 'delivered' and a.destination_id is not null) as "acceptedBy"
       from paggio.events e ${SUMMARY_JOINS}
         left join paggio.dedup_keys k on k.endpoint_id = e.endpoint_id and k.key = e.dedup_key and k.event_id = e.id
       where e.user_id = $1 and e.mode = $2 and e.id = $3`,
      [owner.userId, owner.mode, id],
    );
    if (!row) return null;
    const { headers, query, body, sealed, dedupKey, duplicates, isKeyUnknown, idConflict, ...rest } = row;
    const dedup = isKeyUnknown ? await this.dedupBefore(rest.endpointId, id) : { dedupKey, duplicates };
    return {
      ...rest,
      ...this.seal.open({ headers, query, body, sealed }, eventPlace(owner.userId, row.originId)),
      dedup:
        dedup.dedupKey !== null || idConflict
          ? { key: dedup.dedupKey?.toString('hex') ?? '', duplicates: dedup.duplicates ?? 0, idConflict }
          : null,
      attempts: await this.newestAttempts(id),
    };
  }

  /** The key of an event that was stored by a version whose events do not name their keys. */
  private async dedupBefore(
    endpointId: string,
    id: string,
  ): Promise<{ dedupKey: Buffer | null; duplicates: number | null }> {
    const rows = await this.database.rows<{ dedupKey: Buffer; duplicates: number }>(KEY_BEFORE, [endpointId, id]);
    return rows[0] ?? { dedupKey: null, duplicates: null };
  }

  /** Cancels the pending deliveries of an event. An attempt under way is still recorded, and counts if it delivers. */
  async cancel(actor: Actor, id: string): Promise<void> {
    const cancelled = await cancelDeliveries(this.database, 'd.event_id = $2', 'cancelled', [id]);
    if (cancelled === 0) return;
    const after = { deliveries: cancelled };
    await keepAudit(this.database.source, actor, [{ action: 'event.cancelled', objectId: id, before: null, after }]);
  }

  /** The attempts of an event. Returns null when the event is not the owner's. */
  async attempts(owner: Owner, eventId: string, paging: Paging): Promise<Page<Attempt> | null> {
    const [counted] = await this.database.rows<{ count: number }>(
      `select (select count(*)::int from (select 1 from paggio.all_attempts where event_id = e.id limit $4) t) as count
       from paggio.events e where e.user_id = $1 and e.mode = $2 and e.id = $3`,
      [owner.userId, owner.mode, eventId, TOTAL_LIMIT + 1],
    );
    if (!counted) return null;
    const rows = await this.database.rows<StoredAttempt & Fitting>(
      fittingRows(
        `select ${ATTEMPT}, coalesce(octet_length(response_body), 0) as size
         from paggio.all_attempts where event_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3 offset $4`,
        ATTEMPTS_PAGE_BYTES,
      ),
      [eventId, paging.startingAfter, paging.limit + 1, paging.offset],
    );
    return toPage(rows.map(toAttempt), paging, counted.count, rows[0]?.found);
  }

  async contents(owner: Owner, ids: readonly string[]): Promise<EventContent[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.rows<
      StoredRequest & Pick<EventContent, 'id' | 'endpointId' | 'lastAttemptAt'> & { originId: string }
    >(
      fittingRows(
        `select e.id, e.endpoint_id as "endpointId", e.query, e.headers, e.body, e.sealed, coalesce(e.origin_id, e.id) as "originId",
           octet_length(e.body) + octet_length(e.headers) + octet_length(e.query) + coalesce(octet_length(e.sealed), 0) as size,
           (select a.created_at from paggio.all_attempts a where a.event_id = e.id order by a.id desc limit 1) as "lastAttemptAt"
         from paggio.events e where e.id = any($1::uuid[]) and e.user_id = $2 and e.mode = $3`,
        PAGE_BYTES,
      ),
      [ids, owner.userId, owner.mode],
    );
    return rows.map(({ id, endpointId, lastAttemptAt, originId, ...stored }) => ({
      id,
      endpointId,
      lastAttemptAt,
      ...this.seal.open(stored, eventPlace(owner.userId, originId)),
    }));
  }

  /** The newest attempts, in the order in which they were made. Older answers are cut to keep within the limit. */
  private async newestAttempts(eventId: string): Promise<Attempt[]> {
    const rows = await this.database.rows<StoredAttempt>(
      `select ${ATTEMPT_COLUMNS}, "responseTruncated" or size > room as "responseTruncated",
         case when size > room then substring("responseBody" from 1 for greatest(room, 0)::int) else "responseBody" end as "responseBody"
       from (
         select a.*, ${NEWEST_ATTEMPTS_BYTES} - sum(size) over (order by id desc) + size as room from (
           select ${ATTEMPT}, coalesce(octet_length(response_body), 0) as size
           from paggio.all_attempts where event_id = $1 order by id desc limit ${NEWEST_ATTEMPTS}) a) b
       order by id`,
      [eventId],
    );
    return rows.map(toAttempt);
  }

  /** Whether an endpoint is the owner's. Deleted ones count, because their events stay readable. */
  private async owns(owner: Owner, endpointId: string): Promise<boolean> {
    const rows = await this.database.rows(
      'select 1 from paggio.endpoints where id = $1 and user_id = $2 and mode = $3',
      [endpointId, owner.userId, owner.mode],
    );
    return rows.length > 0;
  }

  private async page(paging: Paging, ids: Sql, counting: Sql): Promise<Page<EventSummary>> {
    const [rows, [counted]] = await Promise.all([
      this.database.rows<EventSummary>(
        `with page as materialized (${ids.sql})
         select ${SUMMARY} from page join paggio.events e on e.id = page.id ${SUMMARY_JOINS} order by e.id desc`,
        ids.values,
      ),
      this.database.rows<{ count: number }>(counting.sql, counting.values),
    ]);
    return toPage(rows, paging, counted?.count ?? 0);
  }

  /**
   * Reads the newest rows in steps until a limit is reached, so that neither a rare word nor a large table makes it
   * slow.
   */
  private async search(owner: Owner, filter: EventFilter, text: string, paging: Paging): Promise<Page<EventSummary>> {
    const indexed = IndexQuery.answers(filter);
    if (indexed) await this.index.catchUp(CATCH_UP_MS);
    const narrow = indexed ? await IndexQuery.of(this.database, this.dictionary, owner, filter) : null;
    if (indexed && !narrow) return { ...toPage([], paging, 0), searchComplete: true };
    const deadline = performance.now() + SEARCH_MS;
    const found: string[] = [];
    let after = paging.startingAfter;
    let searched = 0;
    let exhausted = false;
    while (!exhausted && searched < SEARCHED_ROWS && performance.now() < deadline) {
      const { sql, values } = narrow ? indexedStep(narrow, after) : plainStep(owner, filter, after);
      const rows = await this.database.rows<{ id: string; matches: boolean }>(
        `select e.id, ${matchesText(`$${values.length + 1}`)} as matches
         from (${sql}) c join paggio.events e on e.id = c.id order by e.id desc`,
        [...values, text],
      );
      searched += rows.length;
      found.push(...rows.filter((row) => row.matches).map((row) => row.id));
      after = rows.at(-1)?.id ?? after;
      exhausted = rows.length < SEARCH_STEP;
    }
    const wanted = found.slice(paging.offset, paging.offset + paging.limit + 1);
    const rows = await this.summaries(owner, wanted);
    const page = toPage(rows.reverse(), paging, found.length);
    return { ...page, hasMore: page.hasMore || !exhausted, searchComplete: exhausted };
  }
}

// Reads the keys of the endpoint, because an index by event would cost every capture more than it is worth here. The limit
// keeps that short; the key of an event of a busy endpoint may then be missing.
const KEY_BEFORE = `
  select k.key as "dedupKey", k.duplicates
  from (select key, duplicates, event_id from paggio.dedup_keys where endpoint_id = $1 limit 50000) k
  where k.event_id = $2`;

const ATTEMPT = `id, number, trigger, destination_id as "destinationId", url as "destinationUrl", status,
  response_status as "responseStatus", response_body as "responseBody", response_truncated as "responseTruncated",
  response_headers as "responseHeaders", latency_ms as "latencyMs", error, reason, created_at as "createdAt"`;
const ATTEMPT_COLUMNS = `id, number, trigger, "destinationId", "destinationUrl", status, "responseStatus", "responseHeaders",
  "latencyMs", error, reason, "createdAt"`;

function toAttempt(row: StoredAttempt): Attempt {
  return {
    ...unfitted(row),
    // Rows of older versions have every header.
    responseHeaders: keptHeaders(JSON.parse(row.responseHeaders ?? '{}') as Attempt['responseHeaders']),
  };
}

function indexedStep(query: IndexQuery, after: string | null): Sql {
  return (after === null ? query : query.before(after)).page(SEARCH_STEP, 0);
}

function plainStep(owner: Owner, filter: EventFilter, after: string | null): Sql {
  const query = new EventQuery(owner, filter);
  if (after !== null) query.add((n) => `e.id < $${n}`, after);
  return {
    sql: `select e.id from paggio.events e where ${query.where} order by e.id desc limit ${SEARCH_STEP}`,
    values: query.values,
  };
}
