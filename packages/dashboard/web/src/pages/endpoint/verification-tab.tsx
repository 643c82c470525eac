import type { Endpoint } from '@paggio/client';
import type { ReactNode } from 'react';
import { callTagged } from '../../api/call';
import type { Tagged } from '../../api/tag';
import { ActionForm } from '../../parts/action-form';
import { Data } from '../../parts/labels';
import type { Facts } from '../../parts/newer';
import { NewerNote } from '../../parts/newer-note';
import { SaveButton } from '../../parts/save-button';
import { FailureNote } from '../../parts/states';
import { toast } from '../../parts/toast';
import { useEditing } from '../../parts/use-editing';
import { useMay } from '../../shell/session-context';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { toForm, toVerification, VerificationFields } from './verification-fields';

function factsOf({ verification }: Endpoint): Facts {
  if (!verification) return { Provider: 'none' };
  const { provider, scheme, public_url: url, settings } = verification;
  const { secrets_count: count, secrets_last_four: ends, replay_secrets_last_four: replays } = verification;
  return {
    Provider: provider,
    Scheme: scheme ?? 'strongest',
    Secrets: [count, ...ends.map((four) => `…${four}`)].join(' '),
    'URL configured at the provider': url ?? '',
    Settings: JSON.stringify(settings),
    'Replay secrets': Object.entries(replays)
      .map(([environment, four]) => `${environment} …${four}`)
      .join(', '),
  };
}

export function VerificationTab({ opened }: { opened: Tagged<Endpoint> }): ReactNode {
  const mayWrite = useMay('write');
  const params = { id: opened.value.id };
  const { form, setForm, before, stored, action, changes, takeNewer } = useEditing({
    opened,
    // A single member, because verification is replaced as a whole: never merge the edits of two people.
    toForm: ({ verification }: Endpoint) => ({ verification: toForm(verification) }),
    factsOf,
    hidden: true,
    read: () => callTagged('endpoints.get', { params }),
    save: async (typed, { value, tag }) => {
      const verification = toVerification(typed.verification, value.verification);
      const saved = await callTagged('endpoints.update', { params, ifMatch: tag, body: { verification } });
      toast('Saved', 'good');
      await refreshEndpoints();
      return saved;
    },
  });
  const { verification } = stored;
  return (
    <ActionForm action={action} className="stack settings">
      {verification && (
        <p>
          Stored: {verification.secrets_count} {verification.secrets_count === 1 ? 'secret' : 'secrets'}
          {verification.secrets_last_four.map((four) => (
            <span key={four}>
              {' '}
              <Data text={`…${four}`} />
            </span>
          ))}
        </p>
      )}
      <fieldset disabled={!mayWrite} className="bare">
        <VerificationFields
          value={form.verification}
          onChange={(next) => setForm({ verification: next })}
          failure={action.failure}
          replaySecretsStored={verification?.replay_secrets_last_four}
        />
      </fieldset>
      <NewerNote changes={changes} takeNewer={takeNewer} />
      <FailureNote failure={action.failure} />
      {mayWrite && (
        <div className="actions">
          <SaveButton form={form} stored={before} pending={action.pending} />
        </div>
      )}
    </ActionForm>
  );
}
