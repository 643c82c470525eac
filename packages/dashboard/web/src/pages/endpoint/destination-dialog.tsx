import type { Destination, Endpoint } from '@paggio/client';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { ActionForm, DialogActions } from '../../parts/action-form';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { FailureNote } from '../../parts/states';
import { useAction } from '../../parts/use-action';
import { fromHeaderLines, toHeaderLines, toWords } from '../../text/header-lines';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { EventTypesField } from './event-types-field';
import { invalidField } from './invalid-field';
import { RetryFields, toRetry, toRetryForm } from './retry-fields';
import { TlsFields } from './tls-fields';
import { keptTls, toTls } from './tls-form';

interface DestinationDialogProps {
  endpoint: Endpoint;
  /** Null: a new one. */
  destination: Destination | null;
  onClose: () => void;
}

export function DestinationDialog({ endpoint, destination, onClose }: DestinationDialogProps): ReactNode {
  const [url, setUrl] = useState(destination?.url ?? '');
  const [name, setName] = useState(destination?.name ?? '');
  const [types, setTypes] = useState(destination?.event_types.join(' ') ?? '');
  const [headers, setHeaders] = useState(toHeaderLines(destination?.headers_json ?? {}));
  const [timeout, setTimeoutText] = useState(destination ? String(destination.timeout_seconds) : '');
  const [retryBefore] = useState(() => toRetryForm(destination?.retry ?? null));
  const [retry, setRetry] = useState(retryBefore);
  const [tls, setTls] = useState(keptTls);
  const action = useAction(async () => {
    const given = fromHeaderLines(headers);
    if (given === null) throw invalidField('headers_json', 'A header is written as Name: value.');
    const body = {
      url,
      ...(name.trim() === '' ? {} : { name }),
      event_types: toWords(types),
      headers_json: given,
      ...(destination && timeout === String(destination.timeout_seconds)
        ? {}
        : { timeout_seconds: timeout === '' ? null : Number(timeout) }),
      ...(retry === retryBefore ? {} : { retry: toRetry(retry) }),
      tls: toTls(tls),
    };
    if (destination)
      await call('destinations.update', { params: { id: endpoint.id, destination_id: destination.id }, body });
    else await call('destinations.create', { params: { id: endpoint.id }, body });
    await refreshEndpoints();
    onClose();
  });
  const { failure } = action;
  return (
    <Dialog title={destination ? 'Change the destination' : 'New destination'} onClose={onClose} wide>
      <ActionForm action={action}>
        <Field label="URL" name="url" failure={failure} hint="http or https, with a public address.">
          <input type="url" required value={url} onChange={(event) => setUrl(event.target.value)} />
        </Field>
        <Field label="Name" name="name" failure={failure} hint="Empty: by its host.">
          <input value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        </Field>
        <EventTypesField
          value={types}
          onChange={setTypes}
          failure={failure}
          hint="Exact, or invoice.*; empty: all."
          provider={endpoint.verification?.provider ?? null}
        />
        <Field
          label="Headers"
          name="headers_json"
          failure={failure}
          hint="Name: value, one a line, on top of the endpoint's."
        >
          <textarea
            rows={2}
            className="data"
            value={headers}
            spellCheck={false}
            onChange={(event) => setHeaders(event.target.value)}
          />
        </Field>
        <Field label="Time-out, s" name="timeout_seconds" failure={failure} hint="Empty: the endpoint's.">
          <input
            type="number"
            min={1}
            max={60}
            value={timeout}
            onChange={(event) => setTimeoutText(event.target.value)}
          />
        </Field>
        <RetryFields value={retry} onChange={setRetry} failure={failure} inherited="the endpoint's" />
        <TlsFields value={tls} onChange={setTls} stored={destination?.tls ?? null} failure={failure} />
        <FailureNote failure={failure} />
        <DialogActions onClose={onClose} label="Save" pending={action.pending} />
      </ActionForm>
    </Dialog>
  );
}
