import type { Event } from '@paggio/client';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { apiPath, call } from '../../api/call';
import { useBody } from '../../api/queries';
import { mountPath } from '../../mount';
import { BodyView, type BodyMode } from '../../parts/body-view';
import { DiffView } from '../../parts/diff-view';
import { shortId, Time } from '../../parts/labels';
import { Empty, Loaded } from '../../parts/states';

interface PayloadTabProps {
  event: Event;
  body: UseQueryResult<Uint8Array>;
}

export function PayloadTab({ event, body }: PayloadTabProps): ReactNode {
  const [mode, setMode] = useState<BodyMode>('formatted');
  const [comparing, setComparing] = useState(false);
  const download = mountPath + apiPath('events.raw', { id: event.id });
  return (
    <Loaded query={body} what="the payload">
      {(bytes) => (
        <>
          {comparing && <Comparison event={event} body={bytes} onClose={() => setComparing(false)} />}
          {!comparing && (
            <BodyView bytes={bytes} what="the payload" mode={mode} onMode={setMode}>
              <button type="button" onClick={() => setComparing(true)}>
                Compare with previous
              </button>
              <a className="button" href={download} download={event.id}>
                <Download aria-hidden /> Download
              </a>
            </BodyView>
          )}
        </>
      )}
    </Loaded>
  );
}

/** The changes since the previous event of the same type. */
function Comparison({ event, body, onClose }: { event: Event; body: Uint8Array; onClose: () => void }): ReactNode {
  const before = useQuery({
    queryKey: ['event-before', event.id],
    queryFn: async ({ signal }) => {
      const { endpoint_id, event_type, source, id } = event;
      const query = { endpoint_id, event_type: event_type ?? undefined, source, starting_after: id, limit: 1 };
      const { data } = await call('events.list', { query, signal });
      // The cache does not accept undefined.
      return data[0] ?? null;
    },
    staleTime: Infinity,
  });
  const previousBody = useBody(before.data?.id ?? '', before.data !== undefined && before.data !== null);
  return (
    <>
      <div className="toolbar">
        <button type="button" onClick={onClose}>
          Stop comparing
        </button>
      </div>
      <Loaded query={before} what="the previous event">
        {(previous) =>
          previous === null ? (
            <Empty title="This is the first event of its type at this endpoint" />
          ) : (
            <Loaded query={previousBody} what="its payload">
              {(other) => (
                <>
                  <p>
                    Changes since event {shortId(previous.id)}, received <Time at={previous.received_at} />:
                  </p>
                  <DiffView before={other} after={body} />
                </>
              )}
            </Loaded>
          )
        }
      </Loaded>
    </>
  );
}
