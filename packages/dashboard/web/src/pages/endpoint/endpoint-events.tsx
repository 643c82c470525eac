import type { Endpoint } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { FirstEvent } from '../../parts/first-event';
import { Empty } from '../../parts/states';
import { useMay } from '../../shell/session-context';
import { BulkReplayDialog } from '../events/bulk-replay-dialog';
import { EventTable } from '../events/event-table';
import type { EventFilter } from '../events/event-filter';
import { FilterBar } from '../events/filter-bar';
import { useEventList } from '../events/use-event-list';
import { EndpointFigures } from './endpoint-figures';

export function EndpointEvents({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [chosen, setChosen] = useState<EventFilter>({});
  const [replaying, setReplaying] = useState(false);
  const filter = { ...chosen, endpoint_id: endpoint.id };
  const list = useEventList(filter);
  const mayReplay = useMay('write');
  return (
    <>
      <EndpointFigures endpointId={endpoint.id} />
      <FilterBar filter={chosen} onChange={setChosen} ofEndpoint />
      <EventTable
        list={list}
        empty={
          Object.keys(chosen).length > 0 ? (
            <Empty title="No events match these filters" />
          ) : (
            <FirstEvent url={endpoint.webhook_url} />
          )
        }
      />
      {mayReplay && list.events.length > 0 && (
        <button type="button" onClick={() => setReplaying(true)}>
          Replay these…
        </button>
      )}
      {replaying && <BulkReplayDialog filter={filter} onClose={() => setReplaying(false)} />}
    </>
  );
}
