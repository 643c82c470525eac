import type { Page } from '@paggio/core';

export function toList<T>(page: Page<T>, item: (value: T) => object): object {
  return {
    data: page.items.map(item),
    meta: {
      total: page.total,
      ...(page.totalCapped ? { total_capped: true } : {}),
      limit: page.limit,
      offset: page.offset,
      has_more: page.hasMore,
      ...(page.searchComplete === undefined ? {} : { search_complete: page.searchComplete }),
    },
  };
}
