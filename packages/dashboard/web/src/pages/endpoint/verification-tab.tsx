import type { Endpoint } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { ActionForm } from '../../parts/action-form';
import { Data } from '../../parts/labels';
import { SaveButton } from '../../parts/save-button';
import { FailureNote } from '../../parts/states';
import { toast } from '../../parts/toast';
import { useAction } from '../../parts/use-action';
import { useMay } from '../../shell/session-context';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { toForm, toVerification, VerificationFields } from './verification-fields';

export function VerificationTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const [stored, setStored] = useState(() => toForm(endpoint.verification));
  const [form, setForm] = useState(stored);
  const mayWrite = useMay('write');
  const action = useAction(async () => {
    const body = { verification: toVerification(form, endpoint.verification) };
    const saved = await call('endpoints.update', { params: { id: endpoint.id }, body });
    setStored(toForm(saved.verification));
    setForm(toForm(saved.verification));
    toast('Saved', 'good');
    await refreshEndpoints();
  });
  return (
    <ActionForm action={action} className="stack settings">
      {endpoint.verification && (
        <p>
          Stored: {endpoint.verification.secrets_count}{' '}
          {endpoint.verification.secrets_count === 1 ? 'secret' : 'secrets'}
          {endpoint.verification.secrets_last_four.map((four) => (
            <span key={four}>
              {' '}
              <Data text={`…${four}`} />
            </span>
          ))}
        </p>
      )}
      <fieldset disabled={!mayWrite} className="bare">
        <VerificationFields
          value={form}
          onChange={setForm}
          failure={action.failure}
          replaySecretsStored={endpoint.verification?.replay_secrets_last_four}
        />
      </fieldset>
      <FailureNote failure={action.failure} />
      {mayWrite && (
        <div className="actions">
          <SaveButton form={form} stored={stored} pending={action.pending} />
        </div>
      )}
    </ActionForm>
  );
}
