import { RotateCw } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { FirstEvent } from '../../parts/first-event';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { useMay } from '../../shell/session-context';
import { toCount } from '../../text/units';
import { BulkReplayDialog } from './bulk-replay-dialog';
import { toFilter } from './event-filter';
import { EventTable } from './event-table';
import { FilterBar } from './filter-bar';
import { useEventList } from './use-event-list';

export function EventsPage(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const filter = toFilter(search);
  const list = useEventList(filter);
  const [replaying, setReplaying] = useState(false);
  const mayReplay = useMay('write');
  const filtered = Object.keys(filter).length > 0;
  return (
    <div className="events-page">
      <PageHead title="Events">
        {list.total && (
          <span className="dim" role="status">
            {toCount(list.total.count)}
            {list.total.capped && '+'} {filtered ? 'matching' : 'total'}
          </span>
        )}
        <button type="button" className="icon" aria-label="Refresh" title="Refresh" onClick={list.reload}>
          <RotateCw aria-hidden />
        </button>
        {mayReplay && (
          <button type="button" disabled={list.events.length === 0} onClick={() => setReplaying(true)}>
            Replay these…
          </button>
        )}
      </PageHead>
      <FilterBar filter={filter} onChange={(next) => setSearch(next, { replace: true })} />
      {!list.searchComplete && (
        <p className="note" role="note">
          Only the newest events have been searched. Scroll down to search older ones.
        </p>
      )}
      {list.stale && (
        <p className="note" role="note">
          New events have arrived.{' '}
          <button type="button" onClick={list.reload}>
            Search again
          </button>
        </p>
      )}
      <EventTable
        list={list}
        empty={
          filtered ? (
            <Empty title="No events match these filters">
              <button type="button" onClick={() => setSearch({})}>
                Show all events
              </button>
            </Empty>
          ) : (
            <FirstEvent />
          )
        }
      />
      {replaying && <BulkReplayDialog filter={filter} onClose={() => setReplaying(false)} />}
    </div>
  );
}
