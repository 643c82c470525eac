import type { Page } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** An answer with one page of a list. */
export interface List<Item> {
  data: Item[];
  meta: Wire.ListMeta;
}

export function toList<T, Item>(page: Page<T>, item: (value: T) => Item): List<Item> {
  return {
    data: page.items.map(item),
    meta: {
      total: page.total,
      total_capped: page.totalCapped ? true : undefined,
      limit: page.limit,
      offset: page.offset,
      has_more: page.hasMore,
      search_complete: page.searchComplete,
    },
  };
}

/** A list that has one page, however long it is. */
export function toWholeList<Item>(data: Item[]): List<Item> {
  return { data, meta: { total: data.length, limit: data.length, offset: 0, has_more: false } };
}
