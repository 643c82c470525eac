import type { Endpoint, Operations } from '@paggio/client';
import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { useProviders } from '../../api/queries';
import { Field } from '../../parts/field';
import { invalidField } from './invalid-field';
import { ReplaySecretFields, type ReplaySecrets } from './replay-secret-fields';
import { toSecrets } from './secret-lines';

export interface VerificationForm {
  /** Empty: not verified. */
  provider: string;
  scheme: string;
  /** One a line, newest first. Empty in a change: the stored ones stay. */
  secrets: string;
  publicUrl: string;
  /** JSON. */
  settings: string;
  replaySecrets: ReplaySecrets;
  /** Whether the provider is the stored one, whose secrets may stay. */
  stored: boolean;
}

export const emptyVerification: VerificationForm = {
  provider: '',
  scheme: '',
  secrets: '',
  publicUrl: '',
  settings: '',
  replaySecrets: {},
  stored: false,
};

export function toForm(verification: Endpoint['verification']): VerificationForm {
  if (!verification) return emptyVerification;
  const { provider, scheme, public_url: publicUrl, settings } = verification;
  return {
    provider,
    scheme: scheme ?? '',
    secrets: '',
    publicUrl: publicUrl ?? '',
    settings: Object.keys(settings).length === 0 ? '' : JSON.stringify(settings, null, 2),
    replaySecrets: {},
    stored: true,
  };
}

type VerificationInput = NonNullable<Operations['endpoints.create']['body']['verification']>;

/**
 * @param stored what the form is about to replace
 * @throws Failure for settings that are no JSON
 */
export function toVerification(
  form: VerificationForm,
  stored: Endpoint['verification'] = null,
): VerificationInput | null {
  if (form.provider === '') return null;
  const given = toSecrets(form.secrets);
  // Another provider starts without the replay secrets of the one before.
  const removed = form.stored ? [] : Object.keys(stored?.replay_secrets_last_four ?? {});
  const replaySecrets = { ...Object.fromEntries(removed.map((name) => [name, null])), ...form.replaySecrets };
  return {
    provider: form.provider,
    scheme: form.scheme === '' ? null : form.scheme,
    ...(given.length === 0 && form.stored ? {} : { secrets: given }),
    public_url: form.publicUrl.trim() === '' ? null : form.publicUrl.trim(),
    ...(Object.keys(replaySecrets).length === 0 ? {} : { replay_secrets: replaySecrets }),
    ...(form.settings.trim() === '' ? {} : { settings: toObject(form.settings, 'verification.settings') }),
  };
}

/** @throws Failure that names the field */
function toObject(text: string, field: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalidField(field, 'This has to be a JSON object.');
}

interface VerificationFieldsProps {
  value: VerificationForm;
  onChange: (value: VerificationForm) => void;
  failure: Failure | null;
  /** The last four characters of the stored secrets of replays, by environment. */
  replaySecretsStored?: Readonly<Record<string, string>>;
}

const customExample = '{"kind": "hmac", "algorithm": "sha256", "header": "x-signature", "template": "{body}"}';

/** A warning for settings of schemes that should be used only where the sender has nothing better. */
function weaknessOf(settings: string): string {
  if (/"kind"\s*:\s*"hash"/.test(settings))
    return 'Weak: a plain digest of secret and body can be forged where an HMAC cannot. Take hmac if the sender can.';
  if (/"body_path"\s*:/.test(settings))
    return 'Weak: every event carries the secret in its body, and whoever receives the body can send others in its name.';
  return '';
}

/** Who sends, and how it is proved; with the words of the provider and where it shows them. */
export function VerificationFields({
  value,
  onChange,
  failure,
  replaySecretsStored = {},
}: VerificationFieldsProps): ReactNode {
  const providers = useProviders();
  const provider = providers.find(({ name }) => name === value.provider);
  const set = (change: Partial<VerificationForm>): void => onChange({ ...value, ...change });
  return (
    <fieldset className="stack">
      <legend>Who sends</legend>
      <Field
        label="Provider"
        name="verification.provider"
        failure={failure}
        hint="With one, requests of others are refused and kept for you to look at."
      >
        <select
          value={value.provider}
          onChange={(event) => onChange({ ...emptyVerification, provider: event.target.value })}
        >
          <option value="">anybody: not verified</option>
          {providers.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
          <option value="custom">another one: custom</option>
        </select>
      </Field>
      {provider && (
        <p className="note">
          {provider.setup}{' '}
          {/^https:\/\//.test(provider.documentation_url) && (
            <a href={provider.documentation_url} target="_blank" rel="noreferrer">
              Its documentation
            </a>
          )}
        </p>
      )}
      {value.provider !== '' && (
        <>
          {provider && provider.schemes.length > 1 && (
            <Field label="Scheme" name="verification.scheme" failure={failure}>
              <select value={value.scheme} onChange={(event) => set({ scheme: event.target.value })}>
                <option value="">strongest: {provider.default_scheme}</option>
                {provider.schemes.map((scheme) => (
                  <option key={scheme}>{scheme}</option>
                ))}
              </select>
            </Field>
          )}
          <Field
            label="Secrets"
            name="verification.secrets"
            failure={failure}
            hint={
              <>
                {provider && `At the provider: ${provider.secret}. `}One a line, the newest first; keys as PEM.
                {value.stored &&
                  ' Empty: the stored ones stay. They are needed again when the scheme, the URL or the settings change.'}
                {provider?.hands_over_secret && ' May be empty: the provider hands it over by itself.'}
              </>
            }
          >
            <textarea
              rows={2}
              value={value.secrets}
              autoComplete="off"
              spellCheck={false}
              className="masked"
              onChange={(event) => set({ secrets: event.target.value })}
            />
          </Field>
          {(provider?.signs_url || value.provider === 'custom' || value.publicUrl !== '') && (
            <Field
              label="URL as configured at the provider"
              name="verification.public_url"
              failure={failure}
              hint="It is part of what is signed."
            >
              <input type="url" value={value.publicUrl} onChange={(event) => set({ publicUrl: event.target.value })} />
            </Field>
          )}
          {(value.provider === 'custom' || value.settings !== '') && (
            <Field
              label="Settings"
              name="verification.settings"
              failure={failure}
              hint={
                <>
                  As JSON: {customExample}. {weaknessOf(value.settings)}
                </>
              }
            >
              <textarea
                rows={4}
                className="data"
                value={value.settings}
                spellCheck={false}
                onChange={(event) => set({ settings: event.target.value })}
              />
            </Field>
          )}
          <ReplaySecretFields
            value={value.replaySecrets}
            onChange={(replaySecrets) => set({ replaySecrets })}
            stored={value.stored ? replaySecretsStored : {}}
            failure={failure}
          />
        </>
      )}
    </fieldset>
  );
}
