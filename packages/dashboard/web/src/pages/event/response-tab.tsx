import type { Attempt, Event } from '@paggio/client';
import { useMemo, useState, type ReactNode } from 'react';
import { DiffView } from '../../parts/diff-view';
import { ResponseCode, Sentence, Time, Url } from '../../parts/labels';
import { Empty } from '../../parts/states';
import { toMilliseconds } from '../../text/units';
import { visibleUrl } from '../../text/visible';
import { AnswerBodyView, toBytesOf } from './answer-body';
import { HeadersTab } from './headers-tab';

/** The response to an attempt, by default the newest, and optionally compared with the response to another attempt. */
export function ResponseTab({ event }: { event: Event }): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null);
  const [other, setOther] = useState('');
  const newestFirst = useMemo(() => [...event.attempts].reverse(), [event.attempts]);
  const attempt = event.attempts.find(({ id }) => id === chosen) ?? newestFirst[0];
  const compared = event.attempts.find(({ id }) => id === other);
  if (!attempt)
    return (
      <Empty
        title={event.status === 'captured' ? 'This event was not sent anywhere' : 'This event has not been sent yet'}
      />
    );
  return (
    <>
      <div className="toolbar">
        <label>
          Attempt{' '}
          <select value={attempt.id} onChange={(change) => setChosen(change.target.value)}>
            {newestFirst.map((one) => (
              <AttemptOption key={one.id} attempt={one} />
            ))}
          </select>
        </label>
        {newestFirst.length > 1 && (
          <label>
            compared with{' '}
            <select value={other} onChange={(change) => setOther(change.target.value)}>
              <option value="">nothing</option>
              {newestFirst
                .filter(({ id }) => id !== attempt.id)
                .map((one) => (
                  <AttemptOption key={one.id} attempt={one} />
                ))}
            </select>
          </label>
        )}
      </div>
      <dl className="facts wrap">
        <div>
          <dt>Status</dt>
          <dd>
            <ResponseCode status={attempt.response_status} />{' '}
            {attempt.error !== null && <Sentence text={attempt.error} className="bad" />}
          </dd>
        </div>
        <div>
          <dt>Latency</dt>
          <dd>{toMilliseconds(attempt.latency_ms)}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>
            <Time at={attempt.created_at} />
          </dd>
        </div>
        <div>
          <dt>Destination</dt>
          <dd>
            <Url url={attempt.destination_url} />
          </dd>
        </div>
      </dl>
      {compared ? (
        <DiffView before={toBytesOf(compared) ?? new Uint8Array()} after={toBytesOf(attempt) ?? new Uint8Array()} />
      ) : (
        <AnswerBodyView answer={attempt} truncated={attempt.response_body_truncated} />
      )}
      {Object.keys(attempt.response_headers).length > 0 && (
        <details>
          <summary>Response headers</summary>
          <HeadersTab headers={attempt.response_headers} />
        </details>
      )}
    </>
  );
}

function AttemptOption({ attempt }: { attempt: Attempt }): ReactNode {
  const { id, number, trigger, response_status: status, destination_url: url } = attempt;
  return (
    <option value={id}>
      {trigger === 'replay' ? 'replay' : `attempt ${number}`}: {status ?? 'no response'} from{' '}
      {visibleUrl(url).slice(0, 60)}
    </option>
  );
}
