import type { Destination, Endpoint } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { Confirm } from '../../parts/confirm';
import { Data, LocalTimes, Time } from '../../parts/labels';
import { Empty, Loaded } from '../../parts/states';
import { toast } from '../../parts/toast';
import { toShown, useAction } from '../../parts/use-action';
import { useMay } from '../../shell/session-context';
import { toMinute } from '../../text/units';
import { typable, visible } from '../../text/visible';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { DestinationName } from '../webhooks/endpoint-card';
import { EditDestinationDialog, NewDestinationDialog } from './destination-dialog';
import { TlsFacts } from './tls-fields';

/** The destinations of an endpoint, each with its state. */
export function DestinationsTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [editing, setEditing] = useState<{ id: string } | 'new' | null>(null);
  const mayWrite = useMay('write');
  const query = useQuery({
    queryKey: ['destinations', endpoint.id],
    queryFn: ({ signal }) => call('destinations.list', { params: { id: endpoint.id }, signal }),
    refetchInterval: 10_000,
  });
  return (
    <>
      <Loaded query={query} what="the destinations">
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No destinations: events are only captured" />
          ) : (
            <ul className="cards">
              {data.map((destination) => (
                <DestinationCard
                  key={destination.id}
                  endpointId={endpoint.id}
                  destination={destination}
                  onEdit={() => setEditing({ id: destination.id })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {mayWrite && (
        <button type="button" onClick={() => setEditing('new')}>
          Add destination
        </button>
      )}
      {editing === 'new' && <NewDestinationDialog endpoint={endpoint} onClose={() => setEditing(null)} />}
      {editing !== null && editing !== 'new' && (
        <EditDestinationDialog endpoint={endpoint} id={editing.id} onClose={() => setEditing(null)} />
      )}
    </>
  );
}

interface DestinationCardProps {
  endpointId: string;
  destination: Destination;
  onEdit: () => void;
}

function DestinationCard({ endpointId, destination, onEdit }: DestinationCardProps): ReactNode {
  const { id, name, url, status, circuit } = destination;
  const [deleting, setDeleting] = useState(false);
  const mayWrite = useMay('write');
  const params = { id: endpointId, destination_id: id };
  const isFunction = url.startsWith('handler:');
  const toggle = useAction(async () => {
    try {
      await call('destinations.update', { params, body: { status: status === 'ACTIVE' ? 'PAUSED' : 'ACTIVE' } });
    } catch (error) {
      toast(toShown(error).message, 'bad');
    }
    await refreshEndpoints();
  });
  return (
    <li className="card">
      <header>
        <h3>
          <Data text={name} />
        </h3>
        {status === 'PAUSED' && (
          <span className="pill paused">
            paused: <LocalTimes text={destination.pause_reason ?? 'manual'} />
          </span>
        )}
        {destination.failing_since !== null && (
          <span className="pill failing">
            failing since <Time at={destination.failing_since} to={toMinute} />
          </span>
        )}
        {circuit.state !== 'closed' && (
          <span className="pill unhealthy">circuit breaker {circuit.state.replace('_', ' ')}</span>
        )}
      </header>
      <dl className="facts">
        <div>
          <dt>URL</dt>
          <dd>
            <DestinationName url={url} />
          </dd>
        </div>
        <div>
          <dt>Event types</dt>
          <dd>{destination.event_types.length === 0 ? 'all' : <Data text={destination.event_types.join(', ')} />}</dd>
        </div>
        {destination.failing_since !== null && (
          <div>
            <dt>Failing since</dt>
            <dd>
              <Time at={destination.failing_since} />
            </dd>
          </div>
        )}
        {circuit.retry_at !== null && (
          <div>
            <dt>Next attempt</dt>
            <dd>
              <Time at={circuit.retry_at} />
            </dd>
          </div>
        )}
      </dl>
      {destination.tls && <TlsFacts tls={destination.tls} />}
      {mayWrite && (
        <div className="actions">
          <button type="button" disabled={toggle.pending} onClick={() => void toggle.run()}>
            {status === 'ACTIVE' ? 'Pause' : 'Resume'}
          </button>
          {!isFunction && (
            <>
              <button type="button" onClick={onEdit}>
                Edit
              </button>
              <button type="button" className="danger" onClick={() => setDeleting(true)}>
                Delete…
              </button>
            </>
          )}
        </div>
      )}
      {deleting && (
        <Confirm
          title={`Delete destination ${visible(name)}`}
          word={typable(name, 'delete')}
          label="Delete"
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await call('destinations.delete', { params });
            await refreshEndpoints();
          }}
        >
          <p>Its pending deliveries are cancelled.</p>
        </Confirm>
      )}
    </li>
  );
}
