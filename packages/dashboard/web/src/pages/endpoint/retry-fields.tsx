import type { RetryPolicy } from '@paggio/client';
import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { Field } from '../../parts/field';
import { toWords } from '../../text/header-lines';

export interface RetryForm {
  /** `inherit` means the endpoint's policy for a destination, and the default policy for an endpoint. */
  kind: 'inherit' | 'exponential' | 'schedule';
  attempts: string;
  base: string;
  factor: string;
  cap: string;
  floor: string;
  jitter: 'full' | 'equal' | 'none';
  /** Seconds, separated by spaces. */
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
    kind: 'exponential',
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

/** Describes a policy in one line. */
export function retryFact(policy: RetryPolicy | null): string {
  if (policy === null) return 'default';
  const { kind, schedule, attempts, base, factor, cap, floor, jitter, clientErrors } = toRetryForm(policy);
  const delays =
    kind === 'schedule'
      ? `delays of ${schedule} s`
      : `${attempts} attempts, delays from ${base} s to ${cap} s (minimum ${floor} s), multiplier ${factor}, jitter ${jitter}`;
  return `${delays}; 4xx responses ${clientErrors === 'retry' ? 'are retried' : 'fail the delivery'}`;
}

interface RetryFieldsProps {
  value: RetryForm;
  onChange: (value: RetryForm) => void;
  failure: Failure | null;
  /** The text of the option that keeps the inherited policy. */
  inherited: string;
}

const numbers = [
  { name: 'attempts', label: 'Max. attempts', min: 1, max: 100 },
  { name: 'base', label: 'First delay (s)', min: 1, max: 86_400 },
  { name: 'factor', label: 'Multiplier', min: 1, max: 10 },
  { name: 'cap', label: 'Max. delay (s)', min: 1, max: 604_800 },
  { name: 'floor', label: 'Min. delay (s)', min: 0, max: 3_600 },
] as const;

export function RetryFields({ value, onChange, failure, inherited }: RetryFieldsProps): ReactNode {
  const set = (change: Partial<RetryForm>): void => onChange({ ...value, ...change });
  return (
    <fieldset className="stack">
      <legend>Retries</legend>
      <Field label="Retry policy" name="retry" failure={failure}>
        <select value={value.kind} onChange={(event) => set({ kind: event.target.value as RetryForm['kind'] })}>
          <option value="inherit">{inherited}</option>
          <option value="exponential">exponential backoff</option>
          <option value="schedule">fixed schedule</option>
        </select>
      </Field>
      {value.kind === 'exponential' && (
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
          <Field label="Jitter" hint="full picks any delay up to the computed one.">
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
        <Field label="Seconds before each retry" hint="Separate them with spaces.">
          <input
            value={value.schedule}
            required
            pattern="[0-9., ]+"
            onChange={(event) => set({ schedule: event.target.value })}
          />
        </Field>
      )}
      {value.kind !== 'inherit' && (
        <Field label="4xx responses" hint="408, 425 and 429 are always retried. 410 pauses the destination.">
          <select
            value={value.clientErrors}
            onChange={(event) => set({ clientErrors: event.target.value as RetryForm['clientErrors'] })}
          >
            <option value="retry">retry</option>
            <option value="fail">fail the delivery</option>
          </select>
        </Field>
      )}
    </fieldset>
  );
}
