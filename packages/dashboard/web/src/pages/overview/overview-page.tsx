import type { EventItem } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { call } from '../../api/call';
import { SHOWN } from '../../live/live-feed';
import { useLive } from '../../live/use-live';
import { PageHead } from '../../parts/page-head';
import { FirstEvent } from '../../parts/first-event';
import { Loaded, Loading } from '../../parts/states';
import { EventHead, EventRow } from '../events/event-row';
import { usePlace } from '../events/use-place';
import { useRowKeys } from '../events/use-row-keys';
import { DeliveryChart } from './delivery-chart';
import { Figures } from './figures';

const periods = [
  { name: '1h', label: 'hour', hours: 1 },
  { name: '24h', label: '24 hours', hours: 24 },
  { name: '7d', label: '7 days', hours: 24 * 7 },
  { name: '30d', label: '30 days', hours: 24 * 30 },
] as const;

const REFRESH_MS = 10_000;

export function OverviewPage(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const period = periods.find(({ name }) => name === search.get('last')) ?? periods[1];
  const stats = useQuery({
    queryKey: ['stats', period.name],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - period.hours * 3_600_000).toISOString();
      return call('stats.get', { query: { from }, signal });
    },
    refetchInterval: REFRESH_MS,
  });
  return (
    <>
      <PageHead title="Overview">
        <div className="segments" role="group" aria-label="Period">
          {periods.map(({ name, label }) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === period.name}
              onClick={() => setSearch(name === '24h' ? {} : { last: name })}
            >
              {label}
            </button>
          ))}
        </div>
      </PageHead>
      <Loaded query={stats} what="the figures">
        {(data) => (
          <>
            <Figures stats={data} hours={period.hours} />
            <DeliveryChart series={data.series} label={`Events in the last ${period.label}`} />
          </>
        )}
      </Loaded>
      <Feed />
    </>
  );
}

/** The newest events of all endpoints, updated live. */
function Feed(): ReactNode {
  const { events, loaded } = useLive();
  if (!loaded) return <Loading what="the newest events" />;
  if (events.length === 0) return <FirstEvent />;
  return <FeedTable events={events} />;
}

function FeedTable({ events }: { events: readonly EventItem[] }): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  // Ids are ordered by time: events above this one arrived while the page was open.
  const [newestAtFirst] = useState(events[0]?.id ?? '');
  useRowKeys(list);
  usePlace(list, events);
  return (
    <section aria-labelledby="feed-title">
      <h2 id="feed-title">Newest events</h2>
      <div ref={list} className="event-table feed" role="table" aria-label="Newest events">
        <div role="rowgroup">
          <EventHead />
        </div>
        <div role="rowgroup">
          {events.map((event) => (
            <EventRow key={event.id} event={event} fresh={event.id > newestAtFirst} />
          ))}
        </div>
      </div>
      {events.length === SHOWN && (
        <p>
          <Link href="/events">All events</Link>
        </p>
      )}
    </section>
  );
}
