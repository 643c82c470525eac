import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import { Loading, Problem } from '../../parts/states';
import { EventHead, EventRow } from './event-row';
import type { EventList } from './use-event-list';
import { usePlace } from './use-place';
import { useRowKeys } from './use-row-keys';

const ROW_PX = 32;
const AHEAD = 20;

/** A table of any number of events. Only the visible rows are in the page. */
export function EventTable({ list, empty }: { list: EventList; empty: ReactNode }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const { events, hasMore, loadMore, loadingMore } = list;
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: AHEAD,
    getItemKey: (index) => events[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= events.length - AHEAD) loadMore();
  });
  useRowKeys(scroller);
  usePlace(scroller, events, (index) => virtual.scrollToIndex(index, { align: 'center' }));
  if (list.loading) return <Loading what="events" />;
  if (list.error && events.length === 0) return <Problem error={list.error} onRetry={list.reload} />;
  if (events.length === 0) return empty;
  return (
    <>
      <div
        ref={scroller}
        className="event-table scroller"
        role="table"
        aria-label="Events"
        aria-rowcount={hasMore ? -1 : events.length}
      >
        <div role="rowgroup">
          <EventHead />
        </div>
        <div role="rowgroup" className="rows" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const event = events[index];
            return (
              event && (
                <div
                  key={key}
                  role="presentation"
                  className="virtual-row"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <EventRow event={event} />
                </div>
              )
            );
          })}
        </div>
      </div>
      <p className="dim" role="status">
        {loadingMore ? 'Loading more…' : !hasMore && 'End of list.'}
      </p>
      {list.error !== null && <Problem error={list.error} onRetry={loadMore} />}
    </>
  );
}
