import type { EventItem } from '@paggio/client';
import { Play } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useEndpointName } from '../../api/queries';
import { Data, ResponseCode, shortId, StatusPill, Time } from '../../parts/labels';
import { toMilliseconds } from '../../text/units';
import { useMay } from '../../shell/session-context';
import { useReplayNow } from './use-replay-now';

/** The names of the columns, for screen readers as well. */
const eventColumns = ['Time', 'Source', 'Type', 'Status', 'Code', 'Latency', 'Endpoint', 'ID', 'Replay'] as const;

export function EventHead(): ReactNode {
  return (
    <div className="event-row head" role="row">
      {eventColumns.map((column) => (
        <span key={column} role="columnheader" className={`c-${column.toLowerCase()}`}>
          {column === 'Replay' ? <span className="hidden">{column}</span> : column}
        </span>
      ))}
    </div>
  );
}

/** One event in a list. The keys `j` and `k` move the focus between the links of the rows. */
export function EventRow({ event, fresh = false }: { event: EventItem; fresh?: boolean }): ReactNode {
  const nameOf = useEndpointName();
  const mayReplay = useMay('write');
  const replay = useReplayNow(event.id);
  return (
    <div className={fresh ? 'event-row fresh' : 'event-row'} role="row" data-id={event.id}>
      <span role="cell" className="c-time">
        <Time at={event.received_at} />
      </span>
      <span role="cell" className="c-source">
        <Data text={event.source} />
      </span>
      <span role="cell" className="c-type">
        <Link href={`/events/${event.id}`} data-row>
          <Data text={event.event_type ?? event.method} />
        </Link>
      </span>
      <span role="cell" className="c-status">
        <StatusPill event={event} />
      </span>
      <span role="cell" className="c-code">
        <ResponseCode status={event.response_status} />
      </span>
      <span role="cell" className="c-latency">
        {toMilliseconds(event.latency_ms)}
      </span>
      <span role="cell" className="c-endpoint">
        <Data text={nameOf(event.endpoint_id) ?? shortId(event.endpoint_id)} />
      </span>
      <span role="cell" className="c-id" title={event.id}>
        {shortId(event.id)}
      </span>
      <span role="cell" className="c-replay">
        {mayReplay && (
          <button
            type="button"
            className="icon"
            title="Replay now to the destinations that have not accepted it"
            aria-label={`Replay ${shortId(event.id)}`}
            disabled={replay.pending}
            onClick={() => void replay.run()}
          >
            <Play aria-hidden />
          </button>
        )}
      </span>
    </div>
  );
}
