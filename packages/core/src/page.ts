/** One page of a list, newest first. */
export interface Page<T> {
  items: T[];
  /** Number of items on all pages. It is exact up to `TOTAL_LIMIT`. */
  total: number;
  totalCapped: boolean;
  limit: number;
  offset: number;
  hasMore: boolean;
  /** Only for text search: whether the search has read everything that the other filters match. */
  searchComplete?: boolean;
}

export interface Paging {
  /** Items on a page (1 to 100). */
  limit: number;
  /** Items to skip (0 to 10000). It must be 0 with `startingAfter`. */
  offset: number;
  /** Id of the last item of the previous page, or null. */
  startingAfter: string | null;
}

/** A list counts its items up to this number, so that counting never scans a whole table. */
export const TOTAL_LIMIT = 10_000;

/**
 * The most bytes of large values that a page reads and shows. A page with larger items ends before its limit. An item
 * that is larger by itself gets its own page.
 */
export const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * Makes a page from the rows of a query whose limit was one row more than the page shows.
 * @param found how many rows the query found, including those that were left out because of their size
 */
export function toPage<T>(rows: T[], paging: Paging, counted: number, found = rows.length): Page<T> {
  const items = rows.slice(0, paging.limit);
  const endsEarly = items.length < Math.min(found, paging.limit);
  return {
    items,
    total: Math.min(counted, TOTAL_LIMIT),
    totalCapped: counted > TOTAL_LIMIT,
    // A client adds the limit to the offset, and so reaches the first item that was left out.
    limit: endsEarly ? items.length : paging.limit,
    offset: paging.offset,
    hasMore: found > items.length,
  };
}
