import type { Event } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { ResponseCode, Sentence, Time, Url } from '../../parts/labels';
import { Empty } from '../../parts/states';
import { useMay } from '../../shell/session-context';
import { toMilliseconds } from '../../text/units';
import { call } from '../../api/call';
import { queries } from '../../api/queries';
import { Confirm } from '../../parts/confirm';

/** Every attempt, oldest first, and the next one. */
export function AttemptsTab({ event }: { event: Event }): ReactNode {
  const { attempts, next_attempt_at: nextAt, next_attempt_reason: reason } = event;
  return (
    <>
      {attempts.length === 0 && nextAt === null && reason === null && <Empty title="No attempts yet" />}
      <ol className="timeline">
        {attempts.map((attempt) => (
          <li key={attempt.id} className={attempt.status}>
            <div>
              <strong>{attempt.trigger === 'replay' ? 'Replay' : `Attempt ${attempt.number}`}</strong>{' '}
              <Time at={attempt.created_at} /> <ResponseCode status={attempt.response_status} />{' '}
              <span className="dim">{toMilliseconds(attempt.latency_ms)}</span>
            </div>
            <div>
              <Url url={attempt.destination_url} />
            </div>
            <div className="dim">
              <Sentence text={attempt.reason} />
              {attempt.error !== null && (
                <>
                  {': '}
                  <Sentence text={attempt.error} className="bad" />
                </>
              )}
            </div>
          </li>
        ))}
        {(nextAt !== null || reason !== null) && (
          <li className="pending">
            <div>
              <strong>Next attempt</strong> {nextAt !== null && <Time at={nextAt} />}
            </div>
            {reason !== null && <Sentence text={reason} className="dim" />}
          </li>
        )}
      </ol>
      {event.status === 'pending' && <Cancel event={event} />}
    </>
  );
}

function Cancel({ event }: { event: Event }): ReactNode {
  const [asking, setAsking] = useState(false);
  const mayCancel = useMay('write');
  if (!mayCancel) return null;
  const cancel = async (): Promise<void> => {
    const cancelled = await call('events.cancel', { params: { id: event.id } });
    queries.setQueryData(['event', event.id], cancelled);
  };
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Cancel pending deliveries…
      </button>
      {asking && (
        <Confirm
          title="Cancel pending deliveries"
          word="cancel"
          label="Cancel deliveries"
          onClose={() => setAsking(false)}
          onConfirm={cancel}
        >
          <p>Paggio makes no more attempts. The event is kept, and you can replay it.</p>
        </Confirm>
      )}
    </>
  );
}
