import type { EndpointCreated } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { call } from '../../api/call';
import { ActionForm, DialogActions } from '../../parts/action-form';
import { Command } from '../../parts/command';
import { Copy } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { Secret } from '../../parts/secret';
import { FailureNote } from '../../parts/states';
import { useAction } from '../../parts/use-action';
import { VerificationFields, emptyVerification, toVerification } from '../endpoint/verification-fields';
import { refreshEndpoints } from './endpoint-actions';

export function NewEndpoint({ onClose }: { onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState('');
  const [verification, setVerification] = useState(emptyVerification);
  const [created, setCreated] = useState<EndpointCreated | null>(null);
  const action = useAction(async () => {
    const body = {
      name,
      destination_url: url.trim() === '' ? null : url.trim(),
      ...(secret === '' ? {} : { secret }),
      verification: toVerification(verification),
    };
    setCreated(await call('endpoints.create', { body }));
    await refreshEndpoints();
  });
  if (created) return <Created endpoint={created} onClose={onClose} />;
  return (
    <Dialog title="New endpoint" onClose={onClose} wide>
      <ActionForm action={action}>
        <Field
          label="Name"
          name="name"
          failure={action.failure}
          hint="The name becomes part of the URL. Example: stripe-prod."
        >
          <input value={name} required maxLength={200} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field
          label="Deliver to"
          name="destination_url"
          failure={action.failure}
          hint="Leave empty to only capture events. Handlers in your app are added automatically."
        >
          <input
            type="url"
            value={url}
            placeholder="https://example.com/webhook"
            onChange={(event) => setUrl(event.target.value)}
          />
        </Field>
        <VerificationFields value={verification} onChange={setVerification} failure={action.failure} />
        <details>
          <summary>Use your own signing secret</summary>
          <Field
            label="Secret"
            name="secret"
            failure={action.failure}
            hint="Paggio signs deliveries with it. 8 to 256 characters. Leave empty to generate one."
          >
            <input
              type="password"
              value={secret}
              minLength={8}
              maxLength={256}
              autoComplete="off"
              onChange={(event) => setSecret(event.target.value)}
            />
          </Field>
        </details>
        <FailureNote failure={action.failure} />
        <DialogActions onClose={onClose} label="Create endpoint" pending={action.pending} />
      </ActionForm>
    </Dialog>
  );
}

/** Shows the new secret. Later, a person has to ask for it. */
function Created({ endpoint, onClose }: { endpoint: EndpointCreated; onClose: () => void }): ReactNode {
  const { id, webhook_url: webhookUrl, secret } = endpoint;
  return (
    <Dialog title="Endpoint created" onClose={onClose} wide>
      <div className="stack">
        <p>Give this URL to the provider:</p>
        <p className="big">
          <span className="data">{webhookUrl}</span> <Copy text={webhookUrl} what="the webhook URL" />
        </p>
        <p>Paggio signs deliveries with this secret, so that the receiver can verify them:</p>
        <Secret secret={secret} what="the secret" />
        <p>Or send a first event yourself:</p>
        <Command text={`curl -d '{"type":"hello.world"}' -H 'content-type: application/json' ${webhookUrl}`} />
        <div className="actions">
          <Link href={`/webhooks/${id}`} className="button" onClick={onClose}>
            Settings
          </Link>
          <button type="button" className="primary" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
