import type { Database } from '../storage/database';
import type { SealedColumn } from './sealed-columns';
import { sealedUnder, type SecretBox } from '../secrets/secret-box';

/** One statement reads this many rows, which takes a few milliseconds, however many of them have a value. */
const PAGE_ROWS = 500;

/** A value that is not encrypted under the current master key. */
export interface StaleValue {
  /** The primary key of its row. */
  key: string[];
  sealed: string;
  place: string;
  /** The id of its master key. `null` when it is not an encrypted value at all. */
  keyId: string | null;
}

interface PageRow {
  key: string[];
  owner: string;
  placed: string[];
  /** `null` unless the value is stale. The last row of a page is returned in any case. */
  sealed: string | null;
}

export interface Replacement extends StaleValue {
  becomes: string;
}

/** Finds and replaces values of one column that are encrypted under an old master key. */
export class SealedValues {
  private readonly names: readonly string[];

  constructor(
    private readonly database: Database,
    private readonly column: SealedColumn,
    private readonly box: SecretBox,
  ) {
    this.names = Object.keys(column.key);
  }

  /**
   * Reads the whole column in the order of the primary key, one page of rows at a time. It yields pages without stale
   * values too, so that the caller can rest between any two statements.
   */
  async *pages(): AsyncGenerator<StaleValue[]> {
    let after: string[] | null = null;
    for (;;) {
      const sql = this.pageSql(after !== null);
      const rows: PageRow[] = await this.database.rows<PageRow>(sql, [this.box.prefix, ...(after ?? [])]);
      const last = rows.at(-1);
      if (!last) return;
      after = last.key;
      yield rows.flatMap(({ key, owner, placed, sealed }) =>
        sealed === null
          ? []
          : [{ key, sealed, place: this.column.place(owner, ...placed), keyId: sealedUnder(sealed) }],
      );
    }
  }

  /**
   * Replaces values that have not changed since they were read. A value that somebody has changed meanwhile stays as it
   * is. Locked rows come last and one by one, so that this never waits while it locks another row itself.
   * @returns the number of replaced values
   */
  async replace(values: readonly Replacement[]): Promise<number> {
    if (values.length === 0) return 0;
    const rows = await this.database.rows<{ key: string[] }>(this.replaceSql(), [
      ...this.names.map((_name, index) => values.map(({ key }) => key[index])),
      values.map(({ sealed }) => sealed),
      values.map(({ becomes }) => becomes),
    ]);
    const done = new Set(rows.map(({ key }) => key.join('|')));
    let count = rows.length;
    for (const { key, sealed, becomes } of values) {
      if (done.has(key.join('|'))) continue;
      const [row] = await this.database.rows<{ count: number }>(this.replaceOneSql(), [...key, sealed, becomes]);
      count += row?.count ?? 0;
    }
    return count;
  }

  private pageSql(follows: boolean): string {
    const { table, column, owner, placed } = this.column;
    const keys = this.keys('t');
    const after = follows ? `where (${keys}) > (${this.names.map((_name, index) => `$${index + 2}`).join(', ')})` : '';
    const stale = `sealed is not null and not starts_with(sealed, $1)`;
    // The next page begins after the last row of this one.
    return `
      with page as materialized (
        select array[${this.names.map((name) => `t.${name}::text`).join(', ')}] as key, ${owner} as owner,
          array[${placed.map((sql) => `(${sql})::text`).join(', ')}] as placed, t.${column} as sealed,
          row_number() over (order by ${keys}) as n
        from paggio.${table} t ${after} order by ${keys} limit ${PAGE_ROWS}
      )
      select key, owner, placed, case when ${stale} then sealed end as sealed from page
      where (${stale}) or n = (select count(*) from page) order by n`;
  }

  private replaceSql(): string {
    const { table, column, key } = this.column;
    const count = this.names.length;
    const arrays = Object.values(key).map((type, index) => `$${index + 1}::${type}[]`);
    const same = this.names.map((name) => `t.${name} = i.${name}`).join(' and ');
    const mine = this.names.map((name) => `t.${name} = f.${name}`).join(' and ');
    return `
      with input as materialized (
        select * from unnest(${arrays.join(', ')}, $${count + 1}::text[], $${count + 2}::text[])
          as i(${this.names.join(', ')}, was, becomes)
      ), free as materialized (
        select ${this.keys('t')}, i.was, i.becomes from paggio.${table} t join input i on ${same}
        where t.${column} = i.was order by ${this.keys('t')} for no key update of t skip locked
      ), done as (
        update paggio.${table} t set ${column} = f.becomes from free f where ${mine} and t.${column} = f.was
        returning array[${this.names.map((name) => `t.${name}::text`).join(', ')}] as key
      )
      select key from done`;
  }

  private replaceOneSql(): string {
    const { table, column } = this.column;
    const count = this.names.length;
    const mine = this.names.map((name, index) => `${name} = $${index + 1}`).join(' and ');
    return `
      with done as (
        update paggio.${table} set ${column} = $${count + 2} where ${mine} and ${column} = $${count + 1} returning 1
      )
      select count(*)::int as count from done`;
  }

  private keys(alias: string): string {
    return this.names.map((name) => `${alias}.${name}`).join(', ');
  }
}
