import { firstIdAt } from '../event-id';
import type { EventFilter } from '../events/event';
import type { Owner } from '../principal';
import type { Database } from './database';
import { indexedStatuses } from './event-index';
import type { Words } from './words';

/** A prefix that fits more event types than this is looked up in the owner's own list instead. */
const MAX_TYPES = 500;

/** Conditions on the event index `i`, with their parameters. */
export class IndexQuery {
  private constructor(
    private readonly conditions: readonly string[],
    /** Of the conditions; more may follow. */
    readonly values: unknown[],
    /** One or several event types that the events are of, or null: any. */
    private readonly types: readonly number[] | null,
  ) {}

  /** Whether a filter is answered by the index; the others are by the events' own indexes. */
  static answers(filter: EventFilter): boolean {
    return filter.status !== undefined || filter.source !== undefined || filter.eventType !== undefined;
  }

  /** Null: nothing fits, because a word of the filter was never seen. */
  static async of(database: Database, words: Words, owner: Owner, filter: EventFilter): Promise<IndexQuery | null> {
    const runner = database.source;
    const ownerNumber = await words.ownerOf(runner, owner);
    if (ownerNumber === undefined) return null;
    const values: unknown[] = [];
    const conditions: string[] = [];
    const add = (condition: string, value: unknown): void => {
      values.push(value);
      conditions.push(condition.replace('?', `$${values.length}`));
    };
    add('i.owner = ?', ownerNumber);
    if (filter.status !== undefined) add('i.status = ?', indexedStatuses.indexOf(filter.status));
    if (filter.source !== undefined) {
      const source = await words.find(runner, 0, 'source', filter.source);
      if (source === undefined) return null;
      add('i.source = ?', source);
    }
    if (filter.endpointId !== undefined) add('i.endpoint_id = ?', filter.endpointId);
    if (filter.since !== undefined) add('i.event_id >= ?', firstIdAt(filter.since.getTime() + 1));
    if (filter.until !== undefined) add('i.event_id < ?', firstIdAt(filter.until.getTime()));
    let types: number[] | null = null;
    if (filter.eventType !== undefined) {
      const found = await typesOf(database, words, ownerNumber, filter.eventType);
      if (found.length === 0) return null;
      types = found;
    }
    return new IndexQuery(conditions, values, types);
  }

  before(id: string): IndexQuery {
    const values = [...this.values, id];
    return new IndexQuery([...this.conditions, `i.event_id < $${values.length}`], values, this.types);
  }

  /** The newest ids that fit. */
  page(limit: number, offset: number): { sql: string; values: unknown[] } {
    const { values, param } = this.start();
    const count = param(limit + offset);
    const each = `select i.event_id as id from paggio.event_index i where ${this.where(param)} order by i.event_id desc limit ${count}`;
    return {
      sql: `select id from (${this.merged(each, param)}) p order by id desc limit ${param(limit)} offset ${param(offset)}`,
      values,
    };
  }

  /** How many fit, up to a limit. */
  count(limit: number): { sql: string; values: unknown[] } {
    const { values, param } = this.start();
    const most = param(limit);
    const each = `select i.event_id as id from paggio.event_index i where ${this.where(param)} limit ${most}`;
    return {
      sql: `select count(*)::int as count from (select 1 from (${this.merged(each, param)}) m limit ${most}) c`,
      values,
    };
  }

  /** A condition on an id, for a query with parameters of its own. */
  narrows(id: string, param: (value: unknown) => string): string {
    const shifted = this.conditions.map((condition) =>
      condition.replace(/\$(\d+)/, (_, n: string) => param(this.values[Number(n) - 1])),
    );
    if (this.types !== null) shifted.push(`i.type = any(${param(this.types)}::int[])`);
    return `${id} in (select i.event_id from paggio.event_index i where ${shifted.join(' and ')})`;
  }

  private start(): { values: unknown[]; param: (value: unknown) => string } {
    const values = [...this.values];
    return { values, param: (value) => `$${values.push(value)}` };
  }

  private where(param: (value: unknown) => string): string {
    if (this.types === null) return this.conditions.join(' and ');
    const type =
      this.types.length === 1
        ? `i.type = ${param(this.types[0])}`
        : this.types.length > MAX_TYPES
          ? `i.type = any(${param(this.types)}::int[])`
          : 'i.type = t.type';
    return [...this.conditions, type].join(' and ');
  }

  /** Several types are read one by one, each in order, and merged: one range of an index is in order, several are not. */
  private merged(each: string, param: (value: unknown) => string): string {
    if (this.types === null || this.types.length === 1 || this.types.length > MAX_TYPES) return each;
    return `select x.id from unnest(${param(this.types)}::int[]) as t(type) cross join lateral (${each}) x`;
  }
}

async function typesOf(database: Database, words: Words, owner: number, filter: string): Promise<number[]> {
  if (filter.endsWith('.*')) return words.typesWith(database.source, owner, filter.slice(0, -1), 10_000);
  const type = await words.find(database.source, owner, 'type', filter);
  return type === undefined ? [] : [type];
}
