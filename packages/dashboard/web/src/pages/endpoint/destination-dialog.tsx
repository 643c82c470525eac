import type { Destination, Endpoint } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call, callTagged } from '../../api/call';
import type { Failure } from '../../api/failure';
import type { Tagged } from '../../api/tag';
import { ActionForm, DialogActions } from '../../parts/action-form';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import type { Facts } from '../../parts/newer';
import { NewerNote } from '../../parts/newer-note';
import { FailureNote, Loaded } from '../../parts/states';
import { useAction } from '../../parts/use-action';
import { useEditing } from '../../parts/use-editing';
import { fromHeaderLines, toHeaderLines, toWords } from '../../text/header-lines';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { EventTypesField } from './event-types-field';
import { invalidField } from './invalid-field';
import { retryFact, RetryFields, toRetry, toRetryForm, type RetryForm } from './retry-fields';
import { tlsFact, TlsFields } from './tls-fields';
import { keptTls, toTls, type StoredTls, type TlsForm } from './tls-form';

interface DestinationForm {
  url: string;
  name: string;
  types: string;
  headers: string;
  /** Seconds. Empty means the endpoint's timeout. */
  timeout: string;
  retry: RetryForm;
  tls: TlsForm;
}

const emptyForm: DestinationForm = {
  url: '',
  name: '',
  types: '',
  headers: '',
  timeout: '',
  retry: toRetryForm(null),
  tls: keptTls,
};

function toForm(destination: Destination): DestinationForm {
  return {
    url: destination.url,
    name: destination.name,
    types: destination.event_types.join(' '),
    headers: toHeaderLines(destination.headers_json),
    timeout: String(destination.timeout_seconds),
    retry: toRetryForm(destination.retry),
    tls: keptTls,
  };
}

function factsOf(destination: Destination): Facts {
  const { url, name, types, headers, timeout } = toForm(destination);
  return {
    URL: url,
    Name: name,
    'Event types': types,
    Headers: headers,
    'Timeout (seconds)': timeout,
    Retries: retryFact(destination.retry),
    TLS: tlsFact(destination.tls ?? null),
  };
}

/** The request body. It leaves out an unchanged timeout and retry policy, so that inherited ones stay inherited. */
function toBody(form: DestinationForm, before: DestinationForm) {
  const headers = fromHeaderLines(form.headers);
  if (headers === null) throw invalidField('headers_json', 'Write each header as Name: value.');
  return {
    url: form.url,
    ...(form.name.trim() === '' ? {} : { name: form.name }),
    event_types: toWords(form.types),
    headers_json: headers,
    ...(form.timeout === before.timeout ? {} : { timeout_seconds: form.timeout === '' ? null : Number(form.timeout) }),
    ...(JSON.stringify(form.retry) === JSON.stringify(before.retry) ? {} : { retry: toRetry(form.retry) }),
    tls: toTls(form.tls),
  };
}

export function NewDestinationDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }): ReactNode {
  const [form, setForm] = useState(emptyForm);
  const action = useAction(async () => {
    await call('destinations.create', { params: { id: endpoint.id }, body: toBody(form, emptyForm) });
    await refreshEndpoints();
    onClose();
  });
  return (
    <Dialog title="New destination" onClose={onClose} wide>
      <ActionForm action={action}>
        <DestinationFields endpoint={endpoint} tls={null} value={form} onChange={setForm} failure={action.failure} />
        <FailureNote failure={action.failure} />
        <DialogActions onClose={onClose} label="Save" pending={action.pending} />
      </ActionForm>
    </Dialog>
  );
}

interface EditProps {
  endpoint: Endpoint;
  /** The id of the destination. */
  id: string;
  onClose: () => void;
}

/** Reads the destination again, because the list may be some seconds old and has no tags. */
export function EditDestinationDialog({ endpoint, id, onClose }: EditProps): ReactNode {
  const query = useQuery({
    queryKey: ['destination', id],
    queryFn: ({ signal }) =>
      callTagged('destinations.get', { params: { id: endpoint.id, destination_id: id }, signal }),
    gcTime: 0,
  });
  return (
    <Dialog title="Edit destination" onClose={onClose} wide>
      <Loaded query={query} what="the destination">
        {(opened) => <EditForm endpoint={endpoint} opened={opened} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

function EditForm({
  endpoint,
  opened,
  onClose,
}: {
  endpoint: Endpoint;
  opened: Tagged<Destination>;
  onClose: () => void;
}): ReactNode {
  const params = { id: endpoint.id, destination_id: opened.value.id };
  const { form, setForm, stored, action, changes, takeNewer } = useEditing({
    opened,
    toForm,
    factsOf,
    read: () => callTagged('destinations.get', { params }),
    save: async (typed, { value, tag }) => {
      const body = toBody(typed, toForm(value));
      const saved = await callTagged('destinations.update', { params, ifMatch: tag, body });
      await refreshEndpoints();
      onClose();
      return saved;
    },
  });
  return (
    <ActionForm action={action}>
      <DestinationFields
        endpoint={endpoint}
        tls={stored.tls ?? null}
        value={form}
        onChange={setForm}
        failure={action.failure}
      />
      <NewerNote changes={changes} takeNewer={takeNewer} />
      <FailureNote failure={action.failure} />
      <DialogActions onClose={onClose} label="Save" pending={action.pending} />
    </ActionForm>
  );
}

interface DestinationFieldsProps {
  endpoint: Endpoint;
  /** The stored TLS settings; null if the destination has no TLS settings. */
  tls: StoredTls | null;
  value: DestinationForm;
  onChange: (value: DestinationForm) => void;
  failure: Failure | null;
}

function DestinationFields({ endpoint, tls, value, onChange, failure }: DestinationFieldsProps): ReactNode {
  const set = (change: Partial<DestinationForm>): void => onChange({ ...value, ...change });
  return (
    <>
      <Field label="URL" name="url" failure={failure} hint="http or https. The host must have a public address.">
        <input type="url" required autoFocus value={value.url} onChange={(event) => set({ url: event.target.value })} />
      </Field>
      <Field label="Name" name="name" failure={failure} hint="Leave empty to name it after its host.">
        <input value={value.name} maxLength={200} onChange={(event) => set({ name: event.target.value })} />
      </Field>
      <EventTypesField
        value={value.types}
        onChange={(types) => set({ types })}
        failure={failure}
        hint="Exact types, or patterns such as invoice.*. Leave empty for all."
        provider={endpoint.verification?.provider ?? null}
      />
      <Field
        label="Headers"
        name="headers_json"
        failure={failure}
        hint="One per line, as Name: value. They are added to the endpoint's headers."
      >
        <textarea
          rows={2}
          className="data"
          value={value.headers}
          spellCheck={false}
          onChange={(event) => set({ headers: event.target.value })}
        />
      </Field>
      <Field
        label="Timeout (seconds)"
        name="timeout_seconds"
        failure={failure}
        hint="Leave empty to use the endpoint's."
      >
        <input
          type="number"
          min={1}
          max={60}
          value={value.timeout}
          onChange={(event) => set({ timeout: event.target.value })}
        />
      </Field>
      <RetryFields
        value={value.retry}
        onChange={(retry) => set({ retry })}
        failure={failure}
        inherited="same as the endpoint"
      />
      <TlsFields value={value.tls} onChange={(next) => set({ tls: next })} stored={tls} failure={failure} />
    </>
  );
}
