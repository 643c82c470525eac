import type { Endpoint, Event, ReplayResult } from '@paggio/client';
import { Play } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { call } from '../../api/call';
import { queries, useEndpoints } from '../../api/queries';
import { ActionForm } from '../../parts/action-form';
import { Field } from '../../parts/field';
import { Data, ResponseCode, Sentence, Time, Url } from '../../parts/labels';
import { FailureNote } from '../../parts/states';
import { toast } from '../../parts/toast';
import { useAction } from '../../parts/use-action';
import { useKeys } from '../../shell/keys';
import { useMay } from '../../shell/session-context';
import { toMilliseconds } from '../../text/units';
import { describeResult, isDelivered } from './replay-result';

const environments = ['original', 'staging', 'local', 'custom'] as const;
type Environment = (typeof environments)[number];

const explained: Readonly<Record<Environment, string>> = {
  original: 'Every destination that has not accepted this event:',
  staging: "The destination's path on the staging host.",
  local: "The destination's path on the server's local URL.",
  custom: 'A URL of your choice.',
};

const KEY = 'paggio-replay-url';

/** Lists where a replay goes before it is sent. */
function OriginalDestinations({ event, endpoint }: { event: Event; endpoint: Endpoint | undefined }): ReactNode {
  const { replay_to: aims, status } = event;
  if (aims.length === 0) return <p className="hint">The endpoint has no destination URL.</p>;
  const nameOf = (id: string): string => endpoint?.destinations.find((one) => one.id === id)?.name ?? '';
  return (
    <div className="hint">
      {status === 'delivered' && aims.length === 1 ? 'To:' : explained.original}
      <ul className="plain" aria-label="Replay goes to">
        {aims.map(({ destination_id: id, destination_url: url }) => (
          <li key={id}>
            {aims.length > 1 && (
              <>
                <Data text={nameOf(id)} />:{' '}
              </>
            )}
            <Url url={url} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Replays an event, and shows the result of each replay. */
export function ReplayPanel({ event }: { event: Event }): ReactNode {
  const [environment, setEnvironment] = useState<Environment>('original');
  const [url, setUrl] = useState(() => sessionStorage.getItem(KEY) ?? '');
  const [credentials, setCredentials] = useState(false);
  const [resign, setResign] = useState(false);
  const mayResign = useMay('resign');
  const [result, setResult] = useState<ReplayResult | null>(null);
  const endpoint = useEndpoints().data?.find(({ id }) => id === event.endpoint_id);
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['event', event.id] });
  const replay = useAction(async () => {
    setResult(null);
    const body = {
      ...(environment === 'custom' ? { environment, custom_url: url } : { environment }),
      ...(credentials ? { include_credentials: true } : {}),
      ...(resign ? { resign: true } : {}),
    };
    if (environment === 'custom') sessionStorage.setItem(KEY, url);
    try {
      const answer = await call('events.replay', { params: { id: event.id }, body });
      if ('latency_ms' in answer) {
        setResult(answer);
        toast(describeResult(answer), isDelivered(answer) ? 'good' : 'bad');
      }
    } finally {
      await refresh();
    }
  });
  const redeliver = useAction(async () => {
    await call('events.replay', { params: { id: event.id }, body: {} });
    toast('Queued as a new event', 'good');
    await refresh();
  });
  useKeys({ r: () => void replay.run(), 'Shift+R': () => void replay.run() });
  const history = event.attempts.filter(({ trigger }) => trigger === 'replay').reverse();
  return (
    <aside className="replay" aria-label="Replay">
      <h2>Replay</h2>
      <ActionForm action={replay}>
        <fieldset className="segments">
          <legend className="hidden">Environment</legend>
          {environments.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="environment"
                value={name}
                checked={environment === name}
                onChange={() => setEnvironment(name)}
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
        {environment === 'original' ? (
          <OriginalDestinations event={event} endpoint={endpoint} />
        ) : (
          <p className="hint">{explained[environment]}</p>
        )}
        {environment === 'custom' && (
          <Field label="Custom URL" name="custom_url" failure={replay.failure}>
            <input
              type="url"
              required
              value={url}
              placeholder="https://…"
              onChange={(change) => setUrl(change.target.value)}
            />
          </Field>
        )}
        {mayResign && environment !== 'original' && (
          <label className="check">
            <input type="checkbox" checked={credentials} onChange={(change) => setCredentials(change.target.checked)} />{' '}
            Include the sender's credentials
          </label>
        )}
        {mayResign && event.verification.provider !== null && (
          <label className="check">
            <input type="checkbox" checked={resign} onChange={(change) => setResign(change.target.checked)} /> Re-sign
            as <Data text={event.verification.provider} />
          </label>
        )}
        <button type="submit" className="primary" disabled={replay.pending}>
          <Play aria-hidden /> {replay.pending ? 'Sending…' : 'Replay'} <kbd>R</kbd>
        </button>
        <FailureNote failure={replay.failure} />
        {result && (
          <ul role="status" className="plain">
            {(result.attempts ?? [result]).map((one) => (
              <li key={one.id} className={one.status === 'delivered' ? 'good' : 'bad'}>
                {one.status}: {one.response_status ?? <Sentence text={one.error ?? 'no response'} />},{' '}
                {toMilliseconds(one.latency_ms)}
                {(result.attempts?.length ?? 0) > 1 && <Url url={one.destination_url} />}
              </li>
            ))}
          </ul>
        )}
      </ActionForm>
      <p className="hint">A replay sends the event once, immediately. The event's status does not change.</p>
      <button type="button" disabled={redeliver.pending} onClick={() => void redeliver.run()}>
        Deliver as a new event
      </button>
      <p className="hint">A new event goes to all destinations, even those that already accepted this one.</p>
      <FailureNote failure={redeliver.failure} />
      {event.replayed_as.length > 0 && (
        <p>
          Delivered as new event{' '}
          {event.replayed_as.map((id) => (
            <Link key={id} href={`/events/${id}`}>
              {id.slice(-8)}{' '}
            </Link>
          ))}
        </p>
      )}
      <h3>Replay history</h3>
      {history.length === 0 && <p className="dim">Not replayed yet.</p>}
      <ol className="history">
        {history.map((attempt) => (
          <li key={attempt.id}>
            <ResponseCode status={attempt.response_status} /> <span>{toMilliseconds(attempt.latency_ms)}</span>{' '}
            <Time at={attempt.created_at} />
            <Url url={attempt.destination_url} />
            {attempt.error !== null && <Sentence text={attempt.error} className="bad" />}
          </li>
        ))}
      </ol>
    </aside>
  );
}
