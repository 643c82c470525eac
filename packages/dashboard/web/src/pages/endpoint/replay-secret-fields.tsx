import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { Field } from '../../parts/field';

const environments = ['original', 'staging', 'local', 'custom'] as const;

/** For each environment a new secret, or null to remove the stored one. */
export type ReplaySecrets = Readonly<Record<string, string | null>>;

interface ReplaySecretFieldsProps {
  value: ReplaySecrets;
  onChange: (value: ReplaySecrets) => void;
  /** The last four characters of each stored secret, by environment. */
  stored: Readonly<Record<string, string>>;
  failure: Failure | null;
}

/** Secrets that sign replays in place of the endpoint's newest secret. */
export function ReplaySecretFields({ value, onChange, stored, failure }: ReplaySecretFieldsProps): ReactNode {
  const set = (environment: string, secret: string | null | undefined): void => {
    const { [environment]: _, ...others } = value;
    onChange(secret === undefined ? others : { ...others, [environment]: secret });
  };
  return (
    <details open={Object.keys(stored).length > 0}>
      <summary>Secrets for re-signed replays</summary>
      {environments.map((environment) => {
        const kept = stored[environment];
        const removed = value[environment] === null;
        return (
          <div key={environment} className="row">
            <Field
              label={environment}
              name={`verification.replay_secrets.${environment}`}
              failure={failure}
              hint={
                kept === undefined
                  ? "Leave empty to use the endpoint's secret."
                  : `Stored: …${kept}. Leave empty to keep it.`
              }
            >
              <input
                type="password"
                autoComplete="off"
                disabled={removed}
                value={value[environment] ?? ''}
                onChange={(event) => set(environment, event.target.value === '' ? undefined : event.target.value)}
              />
            </Field>
            {kept !== undefined && (
              <label className="check">
                <input
                  type="checkbox"
                  checked={removed}
                  onChange={(event) => set(environment, event.target.checked ? null : undefined)}
                />{' '}
                Remove
              </label>
            )}
          </div>
        );
      })}
    </details>
  );
}
