import type { Quotas, StoredBytes, Usage, UsageSource } from './storage-quota';
import type { FilledQuota } from '../telemetry/telemetry';
import type { Database } from '../storage/database';
import { NOTE_STORAGE } from '../notifications/notification-store';

/** The parts of a quota at which an alarm is raised: nearly full, and full. */
const MUCH = 0.8;
/** This is less than 1, because a quota is full when the next event finds no room, usually before the last byte. */
const FULL = 0.99;
/** An alarm can be raised again once usage has fallen this far below its mark. */
const BACK = 0.04;
/** A size on the disk is measured again after this time. */
const MEASURE_MS = 10_000;

interface Row {
  id: string;
  endpoint_id: string;
  user_id: string;
  bytes: number;
  unverified_bytes: number;
  whole: number;
  unverified: number;
  before: number;
  next: number;
}

/** The bytes that events take, as the event index counts them. */
export class UsageStore implements UsageSource {
  private measured: { at: number; bytes: Promise<number> } | null = null;

  constructor(private readonly database: Database) {}

  async read({ endpoint, user }: { endpoint: number; user: number }): Promise<Usage> {
    const [endpoints, users] = await Promise.all([this.from(ENDPOINTS, endpoint), this.from(USERS, user)]);
    return { endpoints, users };
  }

  /**
   * The bytes on disk of everything in Paggio's schema. It is measured at most every ten seconds, because PostgreSQL
   * looks at every file of every table and index.
   */
  onDisk(): Promise<number> {
    const now = performance.now();
    if (this.measured && now - this.measured.at < MEASURE_MS) return this.measured.bytes;
    const measured = { at: now, bytes: this.measure() };
    this.measured = measured;
    measured.bytes.catch(() => {
      if (this.measured === measured) this.measured = null;
    });
    return measured.bytes;
  }

  private async measure(): Promise<number> {
    const [row] = await this.database.rows<{ bytes: number }>(ON_DISK);
    return row?.bytes ?? 0;
  }

  /**
   * Compares the usage with the quotas, and stores an alert for owners who chose the trigger `storage`.
   * @returns quotas that have reached a mark since the last call. If several processes call this, one of them gets each
   * quota
   */
  async judge({ perEndpoint, perUser, unverified }: Quotas): Promise<FilledQuota[]> {
    const filled: FilledQuota[] = [];
    if (perEndpoint !== null || unverified !== null) {
      filled.push(
        ...(await this.note(JUDGE_ENDPOINTS, [perEndpoint, unverified], (row) => {
          const strangers = row.unverified > row.whole;
          return {
            endpointId: row.endpoint_id,
            userId: row.user_id,
            bytes: strangers ? row.unverified_bytes : row.bytes,
            quota: (strangers ? unverified : perEndpoint) ?? 0,
            unverified: strangers,
            full: row.next === 2,
          };
        })),
      );
    }
    if (perUser !== null) {
      filled.push(
        ...(await this.note(JUDGE_USERS, [perUser], (row) => ({
          endpointId: null,
          userId: row.user_id,
          bytes: row.bytes,
          quota: perUser,
          unverified: false,
          full: row.next === 2,
        }))),
      );
    }
    return filled;
  }

  private async note(
    statement: string,
    values: unknown[],
    describe: (row: Row) => FilledQuota,
  ): Promise<FilledQuota[]> {
    return this.database.source.transaction(async (manager) => {
      const rows = (await manager.query<Row[]>(statement, values)).filter(({ before, next }) => next > before);
      const filled = rows.map(describe);
      if (rows.length === 0) return filled;
      await manager.query(NOTE_STORAGE, [rows.map(({ endpoint_id: id }) => id), filled.map(detailOf)]);
      return filled;
    });
  }

  private async from(statement: string, least: number): Promise<Map<string, StoredBytes>> {
    if (!Number.isFinite(least)) return new Map();
    const rows = await this.database.rows<{ id: string } & StoredBytes>(statement, [least]);
    return new Map(rows.map(({ id, all, unverified }) => [id, { all, unverified }]));
  }
}

function detailOf({ bytes, endpointId, full, quota, unverified }: FilledQuota): string {
  const whose = endpointId === null ? 'all endpoints together' : unverified ? 'unverified events' : 'this endpoint';
  const used = `${Math.floor((bytes / quota) * 100)} % of the ${toText(quota)} for ${whose} are used.`;
  return full ? `${used} New events are refused with 429 until there is room.` : used;
}

function toText(bytes: number): string {
  const GiB = 1024 ** 3;
  return bytes >= GiB
    ? `${Math.round((bytes / GiB) * 10) / 10} GiB`
    : `${Math.round((bytes / 1024 ** 2) * 10) / 10} MiB`;
}

const ENDPOINTS = `
  select endpoint_id as id, bytes::float8 as "all", unverified_bytes::float8 as unverified
  from paggio.endpoint_usage where bytes >= $1::float8`;

const USERS = `
  select user_id as id, sum(bytes)::float8 as "all", sum(unverified_bytes)::float8 as unverified
  from paggio.endpoint_usage group by 1 having sum(bytes) >= $1::float8`;

const ON_DISK = `
  select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
  from pg_class c where c.relnamespace = 'paggio'::regnamespace and c.relkind in ('r', 'p', 'm')`;

// Usage that moves around a mark would raise the alarm again and again. So a level ends only well below its mark.
const NEXT = `(case when part >= ${FULL} or (before = 2 and part >= ${FULL - BACK}) then 2
      when part >= ${MUCH} or (before >= 1 and part >= ${MUCH - BACK}) then 1 else 0 end)::smallint`;

const JUDGE_ENDPOINTS = `
  with used as (
    select endpoint_id, user_id, level as before, bytes::float8 as bytes, unverified_bytes::float8 as unverified_bytes,
      coalesce(bytes / $1::float8, 0) as whole, coalesce(unverified_bytes / $2::float8, 0) as unverified
    from paggio.endpoint_usage
  ), judged as (
    select *, ${NEXT} as next from (select *, greatest(whole, unverified) as part from used) p
  ), locked as materialized (
    -- Locked in the order in which the index locks them, to avoid deadlocks.
    select j.* from paggio.endpoint_usage u join judged j on j.endpoint_id = u.endpoint_id
    where j.next <> j.before order by u.endpoint_id for no key update of u
  ), turned as (
    update paggio.endpoint_usage u set level = j.next from locked j
    where u.endpoint_id = j.endpoint_id and u.level = j.before
    returning j.*
  )
  select * from turned`;

// The alert goes to the largest endpoint of the user, because alerts belong to endpoints.
const JUDGE_USERS = `
  with used as (
    select user_id, sum(bytes)::float8 as bytes, (array_agg(endpoint_id order by bytes desc))[1] as endpoint_id
    from paggio.endpoint_usage group by 1
  ), judged as (
    select *, ${NEXT} as next
    from (select s.*, s.bytes / $1::float8 as part, coalesce(l.level, 0)::smallint as before
          from used s left join paggio.user_usage l on l.user_id = s.user_id) p
  ), turned as (
    insert into paggio.user_usage as l (user_id, level) select user_id, next from judged where next <> before order by 1
    on conflict (user_id) do update set level = excluded.level where l.level <> excluded.level
    returning l.user_id
  )
  select j.*, j.bytes as unverified_bytes, j.part as whole, 0 as unverified
  from judged j join turned t on t.user_id = j.user_id`;
