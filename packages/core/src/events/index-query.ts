import { firstIdAt } from '../event-id';
import type { EventFilter } from './event';
import type { Owner } from '../principal';
import type { Database } from '../storage/database';
import { indexedStatuses } from './event-index';
import type { Dictionary } from './dictionary';

/** A query with more event types than this does not read them one by one. */
const MAX_TYPES = 500;
const ALL_STATUSES = indexedStatuses.map((_, number) => number);

/**
 * A query on the event index `i`. Each of its database indexes ends with status and id, so each pair of a type or
 * source with a status is a range in the order of the list. A page merges the few ranges that match. The query knows
 * beforehand which ranges never had an event, so that a filter without matches does not read everything else.
 */
export class IndexQuery {
  private constructor(
    /** Each condition has a `?` for its value. */
    private readonly conditions: readonly (readonly [string, unknown])[],
    private readonly statuses: readonly number[],
    /** `null` matches every type. */
    private readonly types: readonly number[] | null,
    /** Whether the query merges several ranges. A single range is already in order. */
    private readonly merges: boolean,
  ) {}

  /** Whether the event index answers a filter. The indexes of the events themselves answer all others. */
  static answers(filter: EventFilter): boolean {
    return filter.status !== undefined || filter.source !== undefined || filter.eventType !== undefined;
  }

  /** Builds the query for a filter. Returns null when nothing can match. */
  static async of(
    database: Database,
    dictionary: Dictionary,
    owner: Owner,
    filter: EventFilter,
  ): Promise<IndexQuery | null> {
    const ownerNumber = await dictionary.ownerOf(database.source, owner);
    if (ownerNumber === undefined) return null;
    const conditions: [string, unknown][] = [['i.owner = ?', ownerNumber]];
    const { endpointId, eventType, source } = filter;
    let sourceNumber: number | undefined;
    if (source !== undefined) {
      sourceNumber = await dictionary.find(database.source, 0, 'source', source);
      if (sourceNumber === undefined) return null;
      conditions.push(['i.source = ?', sourceNumber]);
    }
    if (endpointId !== undefined) conditions.push(['i.endpoint_id = ?', endpointId]);
    if (filter.since !== undefined) conditions.push(['i.event_id >= ?', firstIdAt(filter.since.getTime() + 1)]);
    if (filter.until !== undefined) conditions.push(['i.event_id < ?', firstIdAt(filter.until.getTime())]);
    const statuses = filter.status === undefined ? ALL_STATUSES : [indexedStatuses.indexOf(filter.status)];
    if (source === undefined && eventType === undefined) return new IndexQuery(conditions, statuses, null, false);

    const named = eventType === undefined ? null : await typesNamed(database, dictionary, ownerNumber, eventType);
    if (named?.length === 0) return null;
    const seen = await database.rows<{ type: number }>(SEEN, [
      ownerNumber,
      endpointId ?? null,
      sourceNumber ?? null,
      named,
    ]);
    if (seen.length === 0) return null;
    // Without a filter by type, a source or an endpoint with a status is already a range.
    const types = eventType === undefined ? null : seen.map(({ type }) => type);
    return new IndexQuery(conditions, statuses, types, true);
  }

  before(id: string): IndexQuery {
    return new IndexQuery([...this.conditions, ['i.event_id < ?', id]], this.statuses, this.types, this.merges);
  }

  /** Selects the newest ids that match. */
  page(limit: number, offset: number): { sql: string; values: unknown[] } {
    const { values, param } = parameters();
    const ranges = this.ranges(param, `order by i.event_id desc limit ${param(limit + offset)}`);
    return {
      sql: `select id from (${ranges}) p order by id desc limit ${param(limit)} offset ${param(offset)}`,
      values,
    };
  }

  /** Counts the matches, up to a limit. */
  count(limit: number): { sql: string; values: unknown[] } {
    const { values, param } = parameters();
    const most = param(limit);
    return {
      sql: `select count(*)::int as count from (select 1 from (${this.ranges(param, `limit ${most}`)}) m limit ${most}) c`,
      values,
    };
  }

  private ranges(param: (value: unknown) => string, tail: string): string {
    const fixed = this.conditions.map(([condition, value]) => condition.replace('?', param(value)));
    const range = (...more: string[]): string =>
      `select i.event_id as id from paggio.event_index i where ${[...fixed, ...more].join(' and ')} ${tail}`;
    const { statuses, types } = this;
    if (!this.merges) return range(...(statuses.length === 1 ? [`i.status = ${param(statuses[0])}`] : []));
    const status = `unnest(${param(statuses)}::smallint[]) as s(status)`;
    if (types === null) return `select x.id from ${status} cross join lateral (${range('i.status = s.status')}) x`;
    const list = `${param(types)}::int[]`;
    // This many types are nearly all that exist, so the newest matches are among the newest events of any type.
    if (types.length > MAX_TYPES)
      return range(`i.status = any(${param(statuses)}::smallint[])`, `i.type = any(${list})`);
    const each = range('i.type = t.type', 'i.status = s.status');
    return `select x.id from unnest(${list}) as t(type) cross join ${status} cross join lateral (${each}) x`;
  }
}

const SEEN = `
  select distinct type from paggio.event_sorts
  where owner = $1 and ($2::uuid is null or endpoint_id = $2) and ($3::int is null or source = $3)
    and ($4::int[] is null or type = any($4)) limit ${MAX_TYPES * 20}`;

function parameters(): { values: unknown[]; param: (value: unknown) => string } {
  const values: unknown[] = [];
  return { values, param: (value) => `$${values.push(value)}` };
}

async function typesNamed(
  database: Database,
  dictionary: Dictionary,
  owner: number,
  filter: string,
): Promise<number[]> {
  if (filter.endsWith('.*')) return dictionary.typesWith(database.source, owner, filter.slice(0, -1), MAX_TYPES * 20);
  const type = await dictionary.find(database.source, owner, 'type', filter);
  return type === undefined ? [] : [type];
}
