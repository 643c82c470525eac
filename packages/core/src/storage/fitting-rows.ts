/** What `fittingRows` adds to each row. */
export interface Fitting {
  /** Number of rows of the page, including those that were left out. */
  found: number;
}

const ADDED = new Set(['found', 'size', 'sizeSoFar', 'place']);

/** The row without what `fittingRows` adds. */
export function unfitted<Row extends object>(row: Row): Omit<Row, keyof Fitting> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !ADDED.has(name))) as Omit<Row, keyof Fitting>;
}

/**
 * Selects the first rows of a page, newest first, that fit into `maxBytes` together. The first row is included whatever
 * its size. PostgreSQL neither reads nor sends the large values of the others.
 * @param page a query with the columns `id` and `size`, the bytes of the row's large values
 */
export function fittingRows(page: string, maxBytes: number): string {
  return `select f.* from (
      select p.*, sum(p.size) over newest as "sizeSoFar", row_number() over newest as place, count(*) over ()::int as found
      from (${page}) p window newest as (order by p.id desc)
    ) f where f.place = 1 or f."sizeSoFar" <= ${maxBytes} order by f.id desc`;
}
