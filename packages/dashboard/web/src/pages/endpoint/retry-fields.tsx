import type { RetryPolicy } from '@paggio/client';
import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { Field } from '../../parts/field';
import { toWords } from '../../text/header-lines';

export interface RetryForm {
  /** `inherit`: of the endpoint, or for an endpoint the default. */
  kind: 'inherit' | 'growing' | 'schedule';
  attempts: string;
  base: string;
  factor: string;
  cap: string;
  floor: string;
  jitter: 'full' | 'equal' | 'none';
  /** Seconds, divided by spaces. */
  schedule: string;
  clientErrors: 'retry' | 'fail';
}

const defaults: RetryForm = {
  kind: 'inherit',
  attempts: '12',
  base: '10',
  factor: '3',
  cap: '43200',
  floor: '1',
  jitter: 'full',
  schedule: '5 60 600 3600 21600',
  clientErrors: 'retry',
};

export function toRetryForm(policy: RetryPolicy | null): RetryForm {
  if (policy === null) return defaults;
  const clientErrors = policy.client_errors ?? 'retry';
  if ('schedule_seconds' in policy)
    return { ...defaults, kind: 'schedule', schedule: policy.schedule_seconds.join(' '), clientErrors };
  return {
    ...defaults,
    kind: 'growing',
    attempts: String(policy.max_attempts),
    base: String(policy.base_seconds),
    factor: String(policy.factor),
    cap: String(policy.cap_seconds),
    floor: String(policy.floor_seconds),
    jitter: policy.jitter ?? 'full',
    clientErrors,
  };
}

export function toRetry(form: RetryForm): object | null {
  if (form.kind === 'inherit') return null;
  if (form.kind === 'schedule')
    return { schedule_seconds: toWords(form.schedule).map(Number), client_errors: form.clientErrors };
  return {
    max_attempts: Number(form.attempts),
    base_seconds: Number(form.base),
    factor: Number(form.factor),
    cap_seconds: Number(form.cap),
    floor_seconds: Number(form.floor),
    jitter: form.jitter,
    client_errors: form.clientErrors,
  };
}

/** A policy in one line. */
export function retryFact(policy: RetryPolicy | null): string {
  if (policy === null) return 'as usual';
  const { kind, schedule, attempts, base, factor, cap, floor, jitter, clientErrors } = toRetryForm(policy);
  const waits =
    kind === 'schedule'
      ? `waits of ${schedule} s`
      : `${attempts} attempts, waits from ${base} s to ${cap} s, at least ${floor} s, growing by ${factor}, chance ${jitter}`;
  return `${waits}; 4xx ${clientErrors === 'retry' ? 'are tried again' : 'end the delivery'}`;
}

interface RetryFieldsProps {
  value: RetryForm;
  onChange: (value: RetryForm) => void;
  failure: Failure | null;
  /** What no policy of its own means here. */
  inherited: string;
}

const numbers = [
  { name: 'attempts', label: 'Attempts', min: 1, max: 100 },
  { name: 'base', label: 'First wait, s', min: 1, max: 86_400 },
  { name: 'factor', label: 'Grows by', min: 1, max: 10 },
  { name: 'cap', label: 'Longest wait, s', min: 1, max: 604_800 },
  { name: 'floor', label: 'Shortest wait, s', min: 0, max: 3_600 },
] as const;

export function RetryFields({ value, onChange, failure, inherited }: RetryFieldsProps): ReactNode {
  const set = (change: Partial<RetryForm>): void => onChange({ ...value, ...change });
  return (
    <fieldset className="stack">
      <legend>Retries</legend>
      <Field label="Waits" name="retry" failure={failure}>
        <select value={value.kind} onChange={(event) => set({ kind: event.target.value as RetryForm['kind'] })}>
          <option value="inherit">{inherited}</option>
          <option value="growing">growing waits</option>
          <option value="schedule">a list of waits</option>
        </select>
      </Field>
      {value.kind === 'growing' && (
        <div className="row">
          {numbers.map(({ name, label, min, max }) => (
            <Field key={name} label={label}>
              <input
                type="number"
                required
                min={min}
                max={max}
                step="any"
                value={value[name]}
                onChange={(event) => set({ [name]: event.target.value })}
              />
            </Field>
          ))}
          <Field label="Chance" hint="full: anywhere up to the wait.">
            <select
              value={value.jitter}
              onChange={(event) => set({ jitter: event.target.value as RetryForm['jitter'] })}
            >
              <option>full</option>
              <option>equal</option>
              <option>none</option>
            </select>
          </Field>
        </div>
      )}
      {value.kind === 'schedule' && (
        <Field label="Seconds before each retry" hint="Divided by spaces.">
          <input
            value={value.schedule}
            required
            pattern="[0-9., ]+"
            onChange={(event) => set({ schedule: event.target.value })}
          />
        </Field>
      )}
      {value.kind !== 'inherit' && (
        <Field label="Answers of 4xx" hint="408, 425 and 429 are always retried. 410 pauses the destination.">
          <select
            value={value.clientErrors}
            onChange={(event) => set({ clientErrors: event.target.value as RetryForm['clientErrors'] })}
          >
            <option value="retry">are tried again</option>
            <option value="fail">end the delivery</option>
          </select>
        </Field>
      )}
    </fieldset>
  );
}
