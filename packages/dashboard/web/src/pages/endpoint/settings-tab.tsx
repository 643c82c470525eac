import type { Endpoint, Operations } from '@paggio/client';
import type { ReactNode } from 'react';
import { callTagged } from '../../api/call';
import type { Tagged } from '../../api/tag';
import { ActionForm } from '../../parts/action-form';
import { Field } from '../../parts/field';
import type { Facts } from '../../parts/newer';
import { NewerNote } from '../../parts/newer-note';
import { SaveButton } from '../../parts/save-button';
import { FailureNote } from '../../parts/states';
import { toast } from '../../parts/toast';
import { useEditing } from '../../parts/use-editing';
import { useMay } from '../../shell/session-context';
import { fromHeaderLines, toHeaderLines, toWords } from '../../text/header-lines';
import { refreshEndpoints } from '../webhooks/endpoint-actions';
import { EventTypesField } from './event-types-field';
import { invalidField } from './invalid-field';
import { retryFact, RetryFields, toRetry, toRetryForm, type RetryForm } from './retry-fields';

type EndpointChange = Operations['endpoints.update']['body'];

interface SettingsForm {
  name: string;
  description: string;
  eventTypes: string;
  headers: string;
  timeout: string;
  concurrency: string;
  rateLimit: string;
  orderBy: string;
  methods: string;
  identityHeaders: boolean;
  acknowledges: boolean;
  ackStatus: string;
  ackType: string;
  ackBody: string;
  retry: RetryForm;
}

function toForm(endpoint: Endpoint): SettingsForm {
  const { acknowledgement: ack } = endpoint;
  return {
    name: endpoint.name,
    description: endpoint.description ?? '',
    eventTypes: endpoint.event_types.join(' '),
    headers: toHeaderLines(endpoint.headers_json),
    timeout: String(endpoint.timeout_seconds),
    concurrency: String(endpoint.concurrency),
    rateLimit: endpoint.rate_limit === null ? '' : String(endpoint.rate_limit),
    orderBy: endpoint.order_by ?? '',
    methods: endpoint.methods?.join(' ') ?? '',
    identityHeaders: endpoint.forward_identity_headers,
    acknowledges: ack !== null,
    ackStatus: String(ack?.status ?? 200),
    ackType: ack?.content_type ?? '',
    ackBody: ack?.body ?? '',
    retry: toRetryForm(endpoint.retry),
  };
}

function factsOf(endpoint: Endpoint): Facts {
  const form = toForm(endpoint);
  return {
    Name: form.name,
    Description: form.description,
    'Event types': form.eventTypes,
    'Delivery headers': form.headers,
    'Timeout (seconds)': form.timeout,
    Concurrency: form.concurrency,
    'Deliveries per second': form.rateLimit,
    'Order by': form.orderBy,
    Retries: retryFact(endpoint.retry),
    Methods: form.methods,
    'Identity headers': form.identityHeaders ? 'forwarded' : 'not forwarded',
    'Response to the sender': form.acknowledges ? `${form.ackStatus} ${form.ackType} ${form.ackBody}` : '',
  };
}

/** An update with only the settings that differ. */
function toChange(form: SettingsForm, before: SettingsForm): EndpointChange {
  const differs = (...names: (keyof SettingsForm)[]): boolean => names.some((name) => form[name] !== before[name]);
  const headers = fromHeaderLines(form.headers);
  if (headers === null) throw invalidField('headers_json', 'Write each header as Name: value.');
  return {
    ...(differs('name') && { name: form.name }),
    ...(differs('description') && { description: form.description === '' ? null : form.description }),
    ...(differs('eventTypes') && { event_types: toWords(form.eventTypes) }),
    ...(differs('headers') && { headers_json: headers }),
    ...(differs('timeout') && { timeout_seconds: Number(form.timeout) }),
    ...(differs('concurrency') && { concurrency: Number(form.concurrency) }),
    ...(differs('rateLimit') && { rate_limit: form.rateLimit === '' ? null : Number(form.rateLimit) }),
    ...(differs('orderBy') && { order_by: form.orderBy === '' ? null : form.orderBy }),
    ...(differs('methods') && { methods: form.methods.trim() === '' ? null : toWords(form.methods.toUpperCase()) }),
    ...(differs('identityHeaders') && { forward_identity_headers: form.identityHeaders }),
    ...(differs('acknowledges', 'ackStatus', 'ackType', 'ackBody') && {
      acknowledgement: form.acknowledges
        ? {
            status: Number(form.ackStatus),
            content_type: form.ackType === '' ? null : form.ackType,
            body: form.ackBody,
          }
        : null,
    }),
    ...(JSON.stringify(form.retry) !== JSON.stringify(before.retry) && { retry: toRetry(form.retry) }),
  };
}

export function SettingsTab({ opened }: { opened: Tagged<Endpoint> }): ReactNode {
  const mayWrite = useMay('write');
  const params = { id: opened.value.id };
  const { form, setForm, before, stored, action, changes, takeNewer } = useEditing({
    opened,
    toForm,
    factsOf,
    read: () => callTagged('endpoints.get', { params }),
    save: async (typed, { value, tag }) => {
      const saved = await callTagged('endpoints.update', {
        params,
        ifMatch: tag,
        body: toChange(typed, toForm(value)),
      });
      toast('Saved', 'good');
      await refreshEndpoints();
      return saved;
    },
  });
  const set = (change: Partial<SettingsForm>): void => setForm({ ...form, ...change });
  const { failure } = action;
  return (
    <ActionForm action={action} className="settings">
      <fieldset className="bare stack" disabled={!mayWrite}>
        <Field label="Name" name="name" failure={failure}>
          <input value={form.name} required maxLength={200} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        <Field label="Description" name="description" failure={failure}>
          <textarea
            rows={2}
            maxLength={2000}
            value={form.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
        <EventTypesField
          value={form.eventTypes}
          onChange={(eventTypes) => set({ eventTypes })}
          failure={failure}
          hint="Only these types are delivered: exact types, or patterns such as invoice.*. Leave empty for all. Every event is captured either way."
          provider={stored.verification?.provider ?? null}
        />
        <Field
          label="Delivery headers"
          name="headers_json"
          failure={failure}
          hint="One per line, as Name: value. They replace the sender's headers of the same name."
        >
          <textarea
            rows={3}
            className="data"
            value={form.headers}
            spellCheck={false}
            onChange={(event) => set({ headers: event.target.value })}
          />
        </Field>
        <div className="row">
          <Field label="Timeout (seconds)" name="timeout_seconds" failure={failure}>
            <input
              type="number"
              required
              min={1}
              max={60}
              value={form.timeout}
              onChange={(event) => set({ timeout: event.target.value })}
            />
          </Field>
          <Field label="Concurrency" name="concurrency" failure={failure} hint="Per destination.">
            <input
              type="number"
              required
              min={1}
              max={1000}
              value={form.concurrency}
              onChange={(event) => set({ concurrency: event.target.value })}
            />
          </Field>
          <Field label="Deliveries per second" name="rate_limit" failure={failure} hint="Leave empty for no limit.">
            <input
              type="number"
              min={1}
              max={10_000}
              value={form.rateLimit}
              onChange={(event) => set({ rateLimit: event.target.value })}
            />
          </Field>
        </div>
        <Field
          label="Order by"
          name="order_by"
          failure={failure}
          hint="A header name, or a JSON pointer such as /data/object/id. Events with the same value are delivered one after another."
        >
          <input
            className="data"
            value={form.orderBy}
            spellCheck={false}
            onChange={(event) => set({ orderBy: event.target.value })}
          />
        </Field>
        <RetryFields
          value={form.retry}
          onChange={(retry) => set({ retry })}
          failure={failure}
          inherited="default: 12 attempts over up to two days"
        />
        <Field
          label="Methods"
          name="methods"
          failure={failure}
          hint="The HTTP methods to accept, for example POST PUT. Leave empty for all. The provider's handshakes are always answered."
        >
          <input
            className="data"
            value={form.methods}
            spellCheck={false}
            onChange={(event) => set({ methods: event.target.value })}
          />
        </Field>
        <label className="check">
          <input
            type="checkbox"
            checked={form.identityHeaders}
            onChange={(event) => set({ identityHeaders: event.target.checked })}
          />{' '}
          Forward headers such as X-Forwarded-For unchanged. Use this only behind your own proxy that sets them.
        </label>
        <fieldset className="stack">
          <legend>Response to the sender</legend>
          <label className="check">
            <input
              type="checkbox"
              checked={form.acknowledges}
              onChange={(event) => set({ acknowledges: event.target.checked })}
            />{' '}
            Replace the response that the provider expects
          </label>
          {form.acknowledges && (
            <>
              <div className="row">
                <Field label="Status" name="acknowledgement.status" failure={failure}>
                  <input
                    type="number"
                    required
                    min={200}
                    max={299}
                    value={form.ackStatus}
                    onChange={(event) => set({ ackStatus: event.target.value })}
                  />
                </Field>
                <Field label="Content type" name="acknowledgement.content_type" failure={failure}>
                  <input
                    value={form.ackType}
                    list="answer-types"
                    placeholder="text/plain"
                    onChange={(event) => set({ ackType: event.target.value })}
                  />
                </Field>
                <datalist id="answer-types">
                  {['text/plain', 'application/json', 'application/xml', 'text/xml'].map((type) => (
                    <option key={type} value={type} />
                  ))}
                </datalist>
              </div>
              <Field label="Body" name="acknowledgement.body" failure={failure}>
                <textarea
                  rows={2}
                  className="data"
                  value={form.ackBody}
                  spellCheck={false}
                  onChange={(event) => set({ ackBody: event.target.value })}
                />
              </Field>
            </>
          )}
        </fieldset>
      </fieldset>
      <NewerNote changes={changes} takeNewer={takeNewer} />
      <FailureNote failure={failure} />
      {mayWrite && (
        <div className="actions">
          <SaveButton form={form} stored={before} pending={action.pending} />
        </div>
      )}
    </ActionForm>
  );
}
