/** One page of a list, newest first. */
export interface Page<T> {
  items: T[];
  /** Of all pages; exact up to `TOTAL_LIMIT`. */
  total: number;
  totalCapped: boolean;
  limit: number;
  offset: number;
  hasMore: boolean;
  /** Only for text search: whether everything that the other filters leave was searched. */
  searchComplete?: boolean;
}

export interface Paging {
  /** 1 to 100. */
  limit: number;
  /** 0 to 10000; 0 with `startingAfter`. */
  offset: number;
  /** Id of the last item of the page before, or null. */
  startingAfter: string | null;
}

/** A list never counts further: counting must not scan a table. */
export const TOTAL_LIMIT = 10_000;

/**
 * Bytes of large values that a page reads and shows: one whose items are larger ends before its limit. A single item may
 * be larger, and is then a page of its own.
 */
export const PAGE_BYTES = 8 * 1024 * 1024;

/**
 * A page out of one row more than it shows.
 * @param found how many rows there were, one more than the limit at most, where some were left out because of their size
 */
export function toPage<T>(rows: T[], paging: Paging, counted: number, found = rows.length): Page<T> {
  const items = rows.slice(0, paging.limit);
  const endsEarly = items.length < Math.min(found, paging.limit);
  return {
    items,
    total: Math.min(counted, TOTAL_LIMIT),
    totalCapped: counted > TOTAL_LIMIT,
    // A client that adds it to the offset gets to the first item that was left out.
    limit: endsEarly ? items.length : paging.limit,
    offset: paging.offset,
    hasMore: found > items.length,
  };
}
