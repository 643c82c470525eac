import type { Event } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { call } from '../../api/call';
import { Failure } from '../../api/failure';
import { queries, useBodyOf, useEndpoints } from '../../api/queries';
import { useLiveBatch } from '../../live/use-live';
import { Copy, copyText } from '../../parts/copy';
import { Data, HealthLabel, Sentence, StatusPill, Time, Url } from '../../parts/labels';
import { PageHead } from '../../parts/page-head';
import { Empty, Loaded } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { useKeys } from '../../shell/keys';
import { useMay } from '../../shell/session-context';
import { toCurl } from '../../text/curl';
import { toBytes, toMilliseconds } from '../../text/units';
import { AttemptsTab } from './attempts-tab';
import { HeadersTab } from './headers-tab';
import { PayloadTab } from './payload-tab';
import { ReplayPanel } from './replay-panel';
import { ResponseTab } from './response-tab';
import { VerificationTab } from './verification-tab';

const tabNames = ['payload', 'headers', 'response', 'attempts', 'verification'] as const;
type TabName = (typeof tabNames)[number];

export function EventPage({ id }: { id: string }): ReactNode {
  const query = useEvent(id);
  if (query.error instanceof Failure && query.error.status === 404 && query.data === undefined) {
    return (
      <>
        <PageHead title="Event not found" />
        <Empty title="It may be in the other mode or past its retention.">
          <Link href="/events">All events</Link>
        </Empty>
      </>
    );
  }
  return (
    <Loaded query={query} what="the event">
      {(event) => <EventDetail event={event} />}
    </Loaded>
  );
}

/** The current state of an event, which changes as deliveries proceed. */
function useEvent(id: string) {
  useLiveBatch(({ updated, reset }) => {
    if (reset || updated.some((event) => event.id === id)) void queries.invalidateQueries({ queryKey: ['event', id] });
  });
  return useQuery({
    queryKey: ['event', id],
    queryFn: ({ signal }) => call('events.get', { params: { id }, signal }),
    // Poll as well as listening: most replays do not change the event, so no live update announces them.
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? 5_000 : 30_000),
  });
}

function EventDetail({ event }: { event: Event }): ReactNode {
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const tab = tabNames.find((name) => name === search.get('tab')) ?? 'payload';
  const select = (name: TabName): void => setSearch(name === 'payload' ? {} : { tab: name }, { replace: true });
  const body = useBodyOf(event);
  const mayReplay = useMay('write');
  const endpoints = useEndpoints();
  const endpoint = endpoints.data?.find(({ id }) => id === event.endpoint_id);
  // Until the endpoints are loaded, the URL would be the wrong one.
  const mayCopy = body.data !== undefined && !endpoints.isPending;
  const copyCurl = (): void => {
    if (!body.data || !mayCopy) return;
    const url = endpoint?.destination_url ?? endpoint?.webhook_url ?? new URL(event.path, location.origin).href;
    const { method, headers } = event;
    void copyText(
      toCurl({ method, url: withQuery(url, event.query), headers, body: body.data }),
      'the request as curl',
    );
  };
  useKeys({
    ...Object.fromEntries(tabNames.map((name, index) => [String(index + 1), () => select(name)])),
    c: copyCurl,
    y: () => void copyText(event.id, 'the ID'),
    Escape: () => (history.length > 1 ? history.back() : navigate('/events')),
  });
  return (
    <div className="event-page">
      <PageHead title={event.event_type ?? `${event.method} ${event.source}`}>
        <button type="button" disabled={!mayCopy} onClick={copyCurl}>
          Copy as curl <kbd>C</kbd>
        </button>
      </PageHead>
      <div className="event-columns">
        <div className="event-main">
          <dl className="facts wrap">
            <div>
              <dt>Source</dt>
              <dd>
                <span className="badge">
                  <Data text={event.source} />
                </span>
              </dd>
            </div>
            <div>
              <dt>Status</dt>
              <dd>
                <StatusPill event={event} />
                {event.status !== 'pending' && event.status_detail !== null && (
                  <p className="hint">
                    <Sentence text={event.status_detail} />
                  </p>
                )}
              </dd>
            </div>
            <div>
              <dt>Received</dt>
              <dd>
                <Time at={event.received_at} />
              </dd>
            </div>
            <div>
              <dt>Latency</dt>
              <dd>{toMilliseconds(event.latency_ms)}</dd>
            </div>
            <div>
              <dt>Size</dt>
              <dd>{toBytes(event.size)}</dd>
            </div>
            <div>
              <dt>From</dt>
              <dd>
                <Data text={event.remote_addr ?? '–'} />
              </dd>
            </div>
            <div>
              <dt>Endpoint</dt>
              <dd>
                <Link href={`/webhooks/${event.endpoint_id}`}>
                  <Data text={endpoint?.name ?? event.endpoint_id} />
                </Link>{' '}
                {endpoint && <HealthLabel health={endpoint.health} />}
              </dd>
            </div>
            <div>
              <dt>Request</dt>
              <dd>
                {event.method} <Url url={event.path + (event.query === '' ? '' : `?${event.query}`)} />
              </dd>
            </div>
            {event.correlation_id !== null && (
              <div>
                <dt>Correlation ID</dt>
                <dd>
                  <Data text={event.correlation_id} />
                </dd>
              </div>
            )}
            {event.dedup !== null && (
              <div>
                <dt>Deduplication key</dt>
                <dd>
                  <Data text={event.dedup.key} />
                  {event.dedup.duplicates > 0 && `, received ${event.dedup.duplicates + 1} times`}
                  {event.dedup.id_conflict && <span className="bad"> (same key, different body)</span>}
                </dd>
              </div>
            )}
            <Related event={event} />
            <div>
              <dt>ID</dt>
              <dd>
                <span className="data">{event.id}</span> <Copy text={event.id} what="the ID" />
              </dd>
            </div>
          </dl>
          <Tabs<TabName>
            label="Event"
            selected={tab}
            onSelect={select}
            tabs={[
              { name: 'payload', label: 'Payload' },
              { name: 'headers', label: 'Headers', count: Object.keys(event.headers).length },
              { name: 'response', label: 'Response' },
              { name: 'attempts', label: 'Attempts', count: event.attempts.length },
              { name: 'verification', label: 'Verification' },
            ]}
          >
            {tab === 'payload' && <PayloadTab event={event} body={body} />}
            {tab === 'headers' && <HeadersTab headers={event.headers} />}
            {tab === 'response' && <ResponseTab event={event} />}
            {tab === 'attempts' && <AttemptsTab event={event} />}
            {tab === 'verification' && <VerificationTab eventId={event.id} />}
          </Tabs>
        </div>
        {mayReplay && <ReplayPanel event={event} />}
      </div>
    </div>
  );
}

function Related({ event }: { event: Event }): ReactNode {
  return (
    <>
      {event.replay_of !== null && (
        <div>
          <dt>Replay of</dt>
          <dd>
            <Link href={`/events/${event.replay_of}`}>{event.replay_of}</Link>
          </dd>
        </div>
      )}
      {event.replayed_as.length > 0 && (
        <div>
          <dt>Replayed as</dt>
          <dd>
            {event.replayed_as.map((id) => (
              <Link key={id} href={`/events/${id}`}>
                {id}{' '}
              </Link>
            ))}
          </dd>
        </div>
      )}
    </>
  );
}

/** Leaves out the parameters that the reader may not see, as is done for headers. */
function withQuery(url: string, query: string): string {
  const shown = query
    .split('&')
    .filter((pair) => !pair.endsWith('=***'))
    .join('&');
  if (shown === '') return url;
  return url + (url.includes('?') ? '&' : '?') + shown;
}
