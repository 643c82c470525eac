import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { call } from '../../api/call';
import { queries, useEndpoints } from '../../api/queries';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { Data, Sentence } from '../../parts/labels';
import { Empty, Loaded } from '../../parts/states';
import { visible } from '../../text/visible';
import type { EventFilter } from './event-filter';

interface BulkReplayDialogProps {
  filter: EventFilter;
  onClose: () => void;
}

/** Shows how many events a filter matches before they are replayed. */
export function BulkReplayDialog({ filter: shown, onClose }: BulkReplayDialogProps): ReactNode {
  // Events that arrive while the person reads the count are not part of it, so they must not be replayed.
  const [filter] = useState<EventFilter>(() => ({ ...shown, until: shown.until ?? new Date().toISOString() }));
  const [idempotencyKey] = useState(() =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join(''),
  );
  const [destination, setDestination] = useState('');
  const [perSecond, setPerSecond] = useState('');
  const [, navigate] = useLocation();
  const { data: endpoints } = useEndpoints();
  const destinations = endpoints?.find(({ id }) => id === filter.endpoint_id)?.destinations ?? [];
  const body = {
    filter,
    ...(destination === '' ? {} : { destination_id: destination }),
    ...(perSecond === '' ? {} : { rate_per_second: Number(perSecond) }),
  };
  const count = useQuery({
    queryKey: ['bulk-count', filter, destination],
    queryFn: ({ signal }) => call('replays.create', { body: { ...body, dry_run: true }, signal }),
    gcTime: 0,
  });
  const matched = count.data?.matched ?? 0;
  if (matched === 0) {
    return (
      <Dialog title="Replay events" onClose={onClose}>
        <Loaded query={count} what="the count">
          {() => <Empty title="No events match" />}
        </Loaded>
      </Dialog>
    );
  }
  return (
    <Confirm
      title={`Replay ${matched} ${matched === 1 ? 'event' : 'events'}`}
      word={String(matched)}
      label={`Replay ${matched}`}
      onClose={onClose}
      onConfirm={async () => {
        await call('replays.create', { body, idempotencyKey });
        await queries.invalidateQueries({ queryKey: ['replays'] });
        navigate('/replays');
      }}
    >
      <p>
        Each event is delivered again as a new event, with retries.{' '}
        {filter.status === 'failed'
          ? 'It goes only to the destinations that have not accepted it. If an event was replayed before, only its newest copy is replayed.'
          : 'It goes to all destinations of its endpoint, even those that already accepted it. To skip those, filter by the status failed. Copies made by earlier replays are left out.'}{' '}
        The filter is:
      </p>
      <FilterFacts filter={filter} />
      {destinations.length > 0 && (
        <Field
          label="Destination"
          hint="If you choose one, it gets the original events that it has not received yet, and no new events are created."
        >
          <select value={destination} onChange={(event) => setDestination(event.target.value)}>
            <option value="">all destinations</option>
            {destinations.map(({ id, name, url }) => (
              <option key={id} value={id}>
                {visible(`${name}: ${url}`)}
              </option>
            ))}
          </select>
        </Field>
      )}
      <Field label="Events per second" hint="Leave empty to send as fast as the destinations allow.">
        <input
          type="number"
          min={1}
          max={10_000}
          value={perSecond}
          onChange={(event) => setPerSecond(event.target.value)}
        />
      </Field>
    </Confirm>
  );
}

const filterLabels: Readonly<Record<string, string>> = {
  endpoint_id: 'endpoint',
  event_type: 'event type',
  since: 'received after',
  until: 'received before',
  q: 'text',
};

export function FilterFacts({ filter }: { filter: EventFilter }): ReactNode {
  const { data: endpoints } = useEndpoints();
  return (
    <dl className="facts">
      {Object.entries(filter).map(([name, value]) => (
        <div key={name}>
          <dt>{filterLabels[name] ?? name}</dt>
          <dd>
            {name === 'since' || name === 'until' ? (
              <Sentence text={value} />
            ) : (
              <Data
                text={name === 'endpoint_id' ? (endpoints?.find(({ id }) => id === value)?.name ?? value) : value}
              />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
