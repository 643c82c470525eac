import type { Endpoint } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { call } from '../../api/call';
import { Copy } from '../../parts/copy';
import { Data, HealthLabel, LocalTimes, StatusPill, Time, Url } from '../../parts/labels';
import { useMay } from '../../shell/session-context';
import { DeleteButton, PauseButton } from './endpoint-actions';

export function EndpointCard({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const { id, name, webhook_url: webhookUrl, status, pause_reason: pauseReason, verification } = endpoint;
  const mayWrite = useMay('write');
  return (
    <li className="card">
      <header>
        <h2>
          <Link href={`/webhooks/${id}`}>
            <Data text={name} />
          </Link>
        </h2>
        <HealthLabel health={endpoint.health} />
        {status === 'PAUSED' && (
          <span className="pill paused">
            paused
            <LocalTimes text={pauseReason === null ? '' : `: ${pauseReason}`} />
          </span>
        )}
      </header>
      <dl className="facts">
        <div>
          <dt>Webhook URL</dt>
          <dd>
            <Url url={webhookUrl} /> <Copy text={webhookUrl} what="the webhook URL" />
          </dd>
        </div>
        <div>
          <dt>Delivers to</dt>
          <dd>
            <DestinationsLine endpoint={endpoint} />
          </dd>
        </div>
        <div>
          <dt>Provider</dt>
          <dd>
            {verification === null ? (
              <span className="dim">none: requests are not verified</span>
            ) : (
              <Data text={verification.provider} />
            )}
          </dd>
        </div>
        <div>
          <dt>Last event</dt>
          <dd>
            <LastEvent endpointId={id} />
          </dd>
        </div>
      </dl>
      {mayWrite && (
        <div className="actions">
          <PauseButton endpoint={endpoint} />
          <DeleteButton endpoint={endpoint} />
        </div>
      )}
    </li>
  );
}

export function DestinationsLine({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [first, ...more] = endpoint.destinations;
  if (!first) return <span className="dim">nowhere: events are only captured</span>;
  return (
    <>
      <DestinationName url={first.url} />
      {more.length > 0 && <span className="dim"> and {more.length} more</span>}
    </>
  );
}

/** The URL of a destination, or the name of a handler: a function in the app has no URL. */
export function DestinationName({ url }: { url: string }): ReactNode {
  if (!url.startsWith('handler:')) return <Url url={url} />;
  return (
    <>
      <span className="badge">handler</span> <Data text={url.slice('handler:'.length)} />
    </>
  );
}

function LastEvent({ endpointId }: { endpointId: string }): ReactNode {
  const { data } = useQuery({
    queryKey: ['last-event', endpointId],
    queryFn: async ({ signal }) => {
      const page = await call('events.list', { query: { endpoint_id: endpointId, limit: 1 }, signal });
      return page.data[0] ?? null;
    },
    refetchInterval: 15_000,
  });
  if (data === undefined) return '…';
  if (data === null) return <span className="dim">none yet</span>;
  return (
    <>
      <Link href={`/events/${data.id}`}>
        <Data text={data.event_type ?? data.method} />
      </Link>{' '}
      <Time at={data.received_at} /> <StatusPill event={data} />
    </>
  );
}
