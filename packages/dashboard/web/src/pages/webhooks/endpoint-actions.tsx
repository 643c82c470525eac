import type { Endpoint } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { call } from '../../api/call';
import { queries } from '../../api/queries';
import { Confirm } from '../../parts/confirm';
import { toast } from '../../parts/toast';
import { toShown, useAction } from '../../parts/use-action';
import { typable, visible } from '../../text/visible';

/** Reads endpoints and destinations again. Call this after every change to an endpoint. */
export async function refreshEndpoints(): Promise<void> {
  await Promise.all(
    ['endpoints', 'endpoint', 'destinations'].map((name) => queries.invalidateQueries({ queryKey: [name] })),
  );
}

export function PauseButton({ endpoint: { id, name, slug, status } }: { endpoint: Endpoint }): ReactNode {
  const [asking, setAsking] = useState(false);
  const change = async (next: Endpoint['status']): Promise<void> => {
    await call('endpoints.update', { params: { id }, body: { status: next } });
    await refreshEndpoints();
  };
  const resume = useAction(async () => {
    try {
      await change('ACTIVE');
    } catch (error) {
      toast(toShown(error).message, 'bad');
    }
  });
  if (status === 'PAUSED')
    return (
      <button type="button" disabled={resume.pending} onClick={() => void resume.run()}>
        Resume
      </button>
    );
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Pause…
      </button>
      {asking && (
        <Confirm
          title={`Pause ${visible(name)}`}
          word={typable(name, slug)}
          label="Pause"
          onClose={() => setAsking(false)}
          onConfirm={() => change('PAUSED')}
        >
          <p>The endpoint still captures events. Deliveries wait until you resume it.</p>
        </Confirm>
      )}
    </>
  );
}

export function DeleteButton({ endpoint: { id, name, slug } }: { endpoint: Endpoint }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  return (
    <>
      <button type="button" className="danger" onClick={() => setAsking(true)}>
        Delete…
      </button>
      {asking && (
        <Confirm
          title={`Delete ${visible(name)}`}
          word={typable(name, slug)}
          label="Delete"
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await call('endpoints.delete', { params: { id } });
            await refreshEndpoints();
            navigate('/webhooks');
          }}
        >
          <p>Its URL returns 410 from now on, and its pending deliveries are cancelled. Its events are kept.</p>
        </Confirm>
      )}
    </>
  );
}
