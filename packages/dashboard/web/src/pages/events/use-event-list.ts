import type { EventItem } from '@paggio/client';
import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { call, type Answer } from '../../api/call';
import { queries } from '../../api/queries';
import type { LiveBatch } from '../../live/live-feed';
import { useLiveBatch } from '../../live/use-live';
import { matches, type EventFilter } from './event-filter';

const PAGE = 100;
/** After this many live changes, the list is read again. */
const LIVE_LIMIT = 1_000;

export interface EventList {
  events: readonly EventItem[];
  total: { count: number; capped: boolean } | null;
  /** False if a text search stopped early. It continues with the next page. */
  searchComplete: boolean;
  /** Whether new events arrived for which only the server can tell if they belong to the list. */
  stale: boolean;
  error: unknown;
  loading: boolean;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  reload: () => void;
}

/**
 * The events that match a filter, newest first, read page by page. While updates are live, new events appear at the top
 * and changed events are updated in place.
 */
export function useEventList(filter: EventFilter): EventList {
  const key = JSON.stringify(filter);
  const query = useInfiniteQuery({
    queryKey: queryKey(filter),
    queryFn: ({ pageParam, signal }) =>
      call('events.list', { query: { ...filter, limit: PAGE, starting_after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ data, meta }) => (meta.has_more ? data.at(-1)?.id : undefined),
    staleTime: Infinity,
    // Nothing listened for updates while another page was open.
    refetchOnMount: 'always',
  });
  const [live, setLive] = useState(nothing(key));
  const [stale, setStale] = useState(false);
  if (live.key !== key) {
    setLive(nothing(key));
    setStale(false);
  }
  const arrived = useRef(0);
  const reload = (): void => {
    arrived.current = 0;
    setLive(nothing(key));
    setStale(false);
    // Keep the first page only: the others are read again on scrolling.
    queries.setQueryData<Pages>(queryKey(filter), (read) => read && firstOf(read));
    void query.refetch();
  };
  // Take updates even while the list is loading: the server may have read it before they happened.
  useLiveBatch((batch) => {
    arrived.current += batch.created.length + batch.updated.length;
    if (batch.reset || arrived.current > LIVE_LIMIT) return reload();
    if (batch.created.some((event) => matches(filter, event) === null)) setStale(true);
    setLive((now) => join(now, batch, filter));
  });
  const { data } = query;
  const { hasNextPage } = query;
  const events = useMemo(() => {
    const read = (data?.pages ?? []).flatMap((page) => page.data);
    const end = hasNextPage ? (read.at(-1)?.id ?? '') : '';
    const ids = new Set(read.map(({ id }) => id));
    // Events older than the last page read arrive with their own page.
    const fresh = [...live.fresh.values()].filter(({ id }) => id > end && !ids.has(id));
    const known = read.map((event) => live.changed.get(event.id) ?? event);
    // Ids are ordered by time.
    return fresh.length === 0 ? known : [...fresh, ...known].sort((a, b) => (a.id < b.id ? 1 : -1));
  }, [data, live, hasNextPage]);
  const meta = data?.pages[0]?.meta;
  return {
    events,
    total: meta ? { count: meta.total, capped: meta.total_capped ?? false } : null,
    searchComplete: data?.pages.at(-1)?.meta.search_complete ?? true,
    stale,
    error: query.error,
    loading: query.isPending,
    hasMore: hasNextPage,
    loadingMore: query.isFetchingNextPage,
    loadMore: () => {
      if (hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
    },
    reload,
  };
}

type Page = Answer<'events.list'>;
type Pages = InfiniteData<Page, string | undefined>;

function queryKey(filter: EventFilter): readonly unknown[] {
  return ['events', filter];
}

function firstOf({ pages, pageParams }: Pages): Pages {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}

interface Live {
  key: string;
  fresh: ReadonlyMap<string, EventItem>;
  changed: ReadonlyMap<string, EventItem>;
}

function nothing(key: string): Live {
  return { key, fresh: new Map(), changed: new Map() };
}

function join(live: Live, { created, updated }: LiveBatch, filter: EventFilter): Live {
  const fresh = new Map(live.fresh);
  const changed = new Map(live.changed);
  for (const event of created) if (matches(filter, event) === true) fresh.set(event.id, event);
  for (const event of updated) {
    if (fresh.has(event.id)) fresh.set(event.id, event);
    // Its new status may make it match the filter: from then on it belongs to the list.
    else if (filter.status !== undefined && matches(filter, event) === true) fresh.set(event.id, event);
    changed.set(event.id, event);
  }
  return { ...live, fresh, changed };
}
