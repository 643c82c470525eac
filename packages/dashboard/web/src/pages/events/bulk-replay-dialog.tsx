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

/** Says how many events a filter matches before they are sent again. */
export function BulkReplayDialog({ filter: shown, onClose }: BulkReplayDialogProps): ReactNode {
  // What comes while somebody reads the count was not in it.
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
          {() => <Empty title="No event matches" />}
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
        Each is sent again as a new event, with retries.{' '}
        {filter.status === 'failed'
          ? 'It goes to the destinations that have not accepted it; those that have are left out. Of events that were replayed before, the newest copy counts.'
          : 'It goes to all destinations of its endpoint, also to those that have it; with the status failed, those are left out. Copies that earlier replays made are left out.'}{' '}
        Of the list as it is now:
      </p>
      <FilterFacts filter={filter} />
      {destinations.length > 0 && (
        <Field
          label="Only to"
          hint="One destination gets the events themselves, as far as it has not had them: its history."
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
      <Field label="Events per second" hint="Empty: as fast as the destinations allow.">
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

export function FilterFacts({ filter }: { filter: EventFilter }): ReactNode {
  const { data: endpoints } = useEndpoints();
  return (
    <dl className="facts">
      {Object.entries(filter).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
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
