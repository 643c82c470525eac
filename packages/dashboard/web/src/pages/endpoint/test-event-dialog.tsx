import type { Endpoint } from '@paggio/client';
import { useId, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { call } from '../../api/call';
import { useProviders } from '../../api/queries';
import { ActionForm, DialogActions } from '../../parts/action-form';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { FailureNote } from '../../parts/states';
import { useAction } from '../../parts/use-action';

/** Sends a sample event through the whole path, signed the way the endpoint's provider signs. */
export function TestEventDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }): ReactNode {
  const [type, setType] = useState('');
  const [, navigate] = useLocation();
  const options = useId();
  const samples = useProviders().find(({ name }) => name === endpoint.verification?.provider)?.sample_event_types ?? [];
  const action = useAction(async () => {
    const body = type.trim() === '' ? {} : { event_type: type.trim() };
    const { id } = await call('endpoints.test', { params: { id: endpoint.id }, body });
    onClose();
    navigate(`/events/${id}`);
  });
  return (
    <Dialog title="Send test event" onClose={onClose}>
      <ActionForm action={action}>
        <Field
          label="Event type"
          name="event_type"
          failure={action.failure}
          hint={samples.length > 0 ? `Samples exist for ${samples.length} types.` : 'Leave empty for a generic event.'}
        >
          <input value={type} list={options} onChange={(event) => setType(event.target.value)} />
        </Field>
        <datalist id={options}>
          {samples.map((sample) => (
            <option key={sample} value={sample} />
          ))}
        </datalist>
        <FailureNote failure={action.failure} />
        <DialogActions onClose={onClose} label="Send" pending={action.pending} />
      </ActionForm>
    </Dialog>
  );
}
