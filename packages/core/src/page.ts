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

/** A page out of one row more than it shows. */
export function toPage<T>(rows: T[], paging: Paging, counted: number): Page<T> {
  return {
    items: rows.slice(0, paging.limit),
    total: Math.min(counted, TOTAL_LIMIT),
    totalCapped: counted > TOTAL_LIMIT,
    limit: paging.limit,
    offset: paging.offset,
    hasMore: rows.length > paging.limit,
  };
}
