import type { Pool } from 'pg';
import { decodeHeaders } from '../capture/header-text';
import { idBytes } from '../event-id';
import { CLAIM_AHEAD } from '../delivery/worker';
import type { AttemptResult, EventContent, DeliveryRecord, Work } from '../delivery/work';
import { boolArray, byteaArray, intArray, textArray, uuidArray } from './binary-array';
import { LEASE_SECONDS } from './postgres-intake';

/** Larger bodies are read when their attempt begins, so that a claim of many cannot fill memory. */
const CLAIMED_BODY_LIMIT = 128 * 1024;

interface ClaimRow {
  version: string;
  event_id: string;
  destination_id: string;
  endpoint_id: string;
  lease_token: string;
  attempt_count: number;
  method: string;
  query: string;
  headers: Buffer;
  body: Buffer | null;
  correlation_id: string | null;
  origin_id: string;
}

export class PostgresRecord implements DeliveryRecord {
  constructor(
    private readonly pool: Pool,
    private readonly onVersion: (version: number) => void,
  ) {}

  async claim(limit: number, busy: ReadonlyMap<string, number>): Promise<Work[]> {
    const { rows } = await this.pool.query<ClaimRow>({
      name: 'paggio_claim',
      text: CLAIM,
      values: [uuidArray([...busy.keys()].map(idBytes)), intArray([...busy.values()]), limit],
    });
    if (rows[0]) this.onVersion(Number(rows[0].version));
    return rows.map((row) => ({
      eventId: row.event_id,
      destinationId: row.destination_id,
      endpointId: row.endpoint_id,
      leaseToken: row.lease_token,
      attemptCount: row.attempt_count,
      content: row.body === null ? null : toContent(row, row.body),
    }));
  }

  async load(eventId: string): Promise<EventContent | null> {
    const { rows } = await this.pool.query<ClaimRow>({
      name: 'paggio_load',
      text: `select method, query, headers, body, correlation_id, coalesce(origin_id, id) as origin_id from paggio.events where id = $1`,
      values: [eventId],
    });
    const row = rows[0];
    return row ? toContent(row, row.body as Buffer) : null;
  }

  async commit(results: AttemptResult[]): Promise<void> {
    const { rows } = await this.pool.query<{ version: string }>({
      name: 'paggio_settle',
      text: SETTLE,
      values: [
        uuidArray(results.map((result) => result.attemptId)),
        uuidArray(results.map((result) => idBytes(result.work.eventId))),
        uuidArray(results.map((result) => idBytes(result.work.destinationId))),
        uuidArray(results.map((result) => idBytes(result.work.leaseToken))),
        textArray(results.map((result) => result.state)),
        textArray(results.map((result) => result.statusReason)),
        intArray(results.map((result) => result.retryInMs)),
        textArray(results.map((result) => result.nextReason)),
        textArray(results.map((result) => result.url)),
        intArray(results.map((result) => result.responseStatus)),
        textArray(results.map((result) => JSON.stringify(result.responseHeaders))),
        byteaArray(results.map((result) => result.responseBody)),
        boolArray(results.map((result) => result.responseTruncated)),
        intArray(results.map((result) => result.latencyMs)),
        textArray(results.map((result) => result.error)),
        textArray(results.map((result) => result.reason)),
      ],
    });
    this.onVersion(Number(rows[0]?.version));
  }

  async renew(works: readonly Work[]): Promise<string[]> {
    const { rows } = await this.pool.query<{ lease_token: string }>({
      name: 'paggio_renew',
      text: RENEW,
      values: keys(works),
    });
    const standing = new Set(rows.map((row) => row.lease_token));
    return works.map((work) => work.leaseToken).filter((token) => !standing.has(token));
  }

  async release(works: readonly Work[]): Promise<void> {
    await this.pool.query({ name: 'paggio_release', text: RELEASE, values: keys(works) });
  }

  async cancel(works: readonly Work[], reason: string): Promise<void> {
    await this.pool.query({ name: 'paggio_cancel', text: CANCEL, values: [...keys(works), reason] });
  }
}

function keys(works: readonly Work[]): Buffer[] {
  return [
    uuidArray(works.map((work) => idBytes(work.eventId))),
    uuidArray(works.map((work) => idBytes(work.destinationId))),
    uuidArray(works.map((work) => idBytes(work.leaseToken))),
  ];
}

function toContent(row: ClaimRow, body: Buffer): EventContent {
  return {
    method: row.method,
    query: row.query,
    headers: decodeHeaders(row.headers),
    body,
    correlationId: row.correlation_id,
    originId: row.origin_id,
  };
}

// The recursive part is a loose index scan: one index probe per destination with pending work, however many rows each
// has. Lanes come in random order, so that a limit reached by some does not starve the same others every time.
const CLAIM = `
  with recursive lane(id) as (
    (select destination_id from paggio.deliveries where state = 'pending' order by destination_id limit 1)
    union all
    select (select d.destination_id from paggio.deliveries d
            where d.state = 'pending' and d.destination_id > lane.id order by d.destination_id limit 1)
    from lane where lane.id is not null
  ), free as (
    select lane.id, e.concurrency * ${CLAIM_AHEAD} - coalesce(busy.count, 0) as slots
    from lane
      join paggio.destinations x on x.id = lane.id and x.status = 'ACTIVE'
      join paggio.endpoints e on e.id = x.endpoint_id and e.status = 'ACTIVE'
      left join unnest($1::uuid[], $2::int[]) as busy(id, count) on busy.id = lane.id
    where e.concurrency * ${CLAIM_AHEAD} > coalesce(busy.count, 0)
    order by random()
  ), picked as (
    select p.event_id, p.destination_id
    from free cross join lateral (
      select d.event_id, d.destination_id from paggio.deliveries d
      where d.destination_id = free.id and d.state = 'pending' and d.due_at <= now()
      order by d.due_at limit free.slots for update skip locked
    ) p
    limit $3
  ), leased as (
    update paggio.deliveries d set lease_token = gen_random_uuid(), due_at = now() + interval '${LEASE_SECONDS} seconds'
    from picked where d.event_id = picked.event_id and d.destination_id = picked.destination_id
    returning d.event_id, d.destination_id, d.endpoint_id, d.lease_token, d.attempt_count
  )
  select (select config_version from paggio.state) as version, l.*, v.method, v.query, v.headers, v.correlation_id,
    case when octet_length(v.body) <= ${CLAIMED_BODY_LIMIT} then v.body end as body, coalesce(v.origin_id, v.id) as origin_id
  from leased l join paggio.events v on v.id = l.event_id`;

const SETTLE = `
  with input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::text[],
      $9::text[], $10::int[], $11::text[], $12::bytea[], $13::bool[], $14::int[], $15::text[], $16::text[])
      as t(id, event_id, destination_id, lease_token, state, status_reason, retry_in_ms, next_reason, url, response_status,
        response_headers, response_body, response_truncated, latency_ms, error, reason)
  ), settled as (
    update paggio.deliveries d set
      state = i.state, reason = i.status_reason, attempt_count = d.attempt_count + 1, lease_token = null,
      due_at = now() + i.retry_in_ms * interval '1 millisecond', due_reason = i.next_reason,
      response_status = i.response_status, latency_ms = i.latency_ms
    from input i
    where d.event_id = i.event_id and d.destination_id = i.destination_id and d.lease_token = i.lease_token
    returning i.id, d.attempt_count
  ), kept as (
    insert into paggio.attempts (id, event_id, destination_id, number, trigger, url, status, response_status,
      response_headers, response_body, response_truncated, latency_ms, error, reason, created_at)
    select i.id, i.event_id, i.destination_id, s.attempt_count, 'scheduled', i.url,
      case when i.state = 'delivered' then 'delivered' else 'failed' end, i.response_status, i.response_headers,
      i.response_body, i.response_truncated, i.latency_ms, i.error, i.reason, now()
    from input i join settled s on s.id = i.id
  )
  select config_version as version from paggio.state`;

const MINE = `
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as i(event_id, destination_id, lease_token)
  where d.event_id = i.event_id and d.destination_id = i.destination_id and d.lease_token = i.lease_token`;

const RENEW = `update paggio.deliveries d set due_at = now() + interval '${LEASE_SECONDS} seconds' ${MINE} returning d.lease_token`;

const RELEASE = `update paggio.deliveries d set lease_token = null, due_at = now() ${MINE}`;

const CANCEL = `
  update paggio.deliveries d set state = 'failed', reason = $4, lease_token = null, due_at = null, due_reason = null ${MINE}`;
