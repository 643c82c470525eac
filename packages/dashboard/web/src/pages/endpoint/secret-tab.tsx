import type { Endpoint, RotatedSecret, Secret as SecretAnswer } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { Confirm } from '../../parts/confirm';
import { Field } from '../../parts/field';
import { Time } from '../../parts/labels';
import { Secret } from '../../parts/secret';
import { FailureNote } from '../../parts/states';
import { useAction } from '../../parts/use-action';
import { typable, visible } from '../../text/visible';

/** The secret that signs deliveries and verifies signed ingest. */
export function SecretTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [shown, setShown] = useState<SecretAnswer | null>(null);
  const [rotated, setRotated] = useState<RotatedSecret | null>(null);
  const [asking, setAsking] = useState(false);
  const [hours, setHours] = useState('24');
  const params = { id: endpoint.id };
  const reveal = useAction(async () => setShown(await call('endpoints.secret', { params })));
  const rotate = async (): Promise<void> => {
    const overlap = Math.round(Number(hours) * 3600);
    setRotated(await call('endpoints.rotate_secret', { params, body: { overlap_seconds: overlap } }));
    setShown(null);
  };
  return (
    <div className="stack settings">
      <p>Paggio signs deliveries with this secret, and verifies signed ingest with it.</p>
      {shown ? (
        <>
          <Secret secret={shown.secret} what="the secret" />
          {shown.verification_secret !== undefined && (
            <>
              <p>The provider sent this secret:</p>
              <Secret secret={shown.verification_secret} what="the provider's secret" />
            </>
          )}
        </>
      ) : (
        <div className="actions">
          <button type="button" disabled={reveal.pending} onClick={() => void reveal.run()}>
            Reveal
          </button>
          <span className="dim">Viewing is recorded in the audit log.</span>
        </div>
      )}
      <FailureNote failure={reveal.failure} />
      {rotated && (
        <>
          <p className="good" role="status">
            This is the new secret. The previous one is valid until <Time at={rotated.previous_expires_at} />.
          </p>
          <Secret secret={rotated.secret} what="the new secret" />
        </>
      )}
      <div className="actions">
        <button type="button" onClick={() => setAsking(true)}>
          Rotate…
        </button>
      </div>
      {asking && (
        <Confirm
          title={`Rotate the secret of ${visible(endpoint.name)}`}
          word={typable(endpoint.name, endpoint.slug)}
          label="Rotate"
          onClose={() => setAsking(false)}
          onConfirm={rotate}
        >
          <Field
            label="Keep the previous secret valid for (hours)"
            hint="Until then, deliveries are signed with both secrets."
          >
            <input
              type="number"
              min={0}
              max={168}
              step="any"
              required
              value={hours}
              onChange={(event) => setHours(event.target.value)}
            />
          </Field>
        </Confirm>
      )}
    </div>
  );
}
