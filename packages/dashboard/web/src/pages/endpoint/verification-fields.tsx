import type { Endpoint, Operations } from '@paggio/client';
import type { ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { useProviders } from '../../api/queries';
import { Field } from '../../parts/field';
import { invalidField } from './invalid-field';
import { ReplaySecretFields, type ReplaySecrets } from './replay-secret-fields';
import { toSecrets } from './secret-lines';

export interface VerificationForm {
  /** Empty if the endpoint does not verify its senders. */
  provider: string;
  scheme: string;
  /** One per line, newest first. Empty in an update keeps the stored ones. */
  secrets: string;
  publicUrl: string;
  /** JSON. */
  settings: string;
  replaySecrets: ReplaySecrets;
  /** Whether the provider is the stored one. Only then can the stored secrets be kept. */
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
 * @param stored the verification that the form replaces
 * @throws Failure for settings that are not JSON
 */
export function toVerification(
  form: VerificationForm,
  stored: Endpoint['verification'] = null,
): VerificationInput | null {
  if (form.provider === '') return null;
  const given = toSecrets(form.secrets);
  // A different provider starts without the replay secrets of the previous one.
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
    // Reported below.
  }
  throw invalidField(field, 'This must be a JSON object.');
}

interface VerificationFieldsProps {
  value: VerificationForm;
  onChange: (value: VerificationForm) => void;
  failure: Failure | null;
  /** The last four characters of each stored replay secret, by environment. */
  replaySecretsStored?: Readonly<Record<string, string>>;
}

const customExample = '{"kind": "hmac", "algorithm": "sha256", "header": "x-signature", "template": "{body}"}';

/** Warns about weak schemes, which fit only senders that support nothing better. */
function weaknessOf(settings: string): string {
  if (/"kind"\s*:\s*"hash"/.test(settings))
    return 'Weak: a plain digest of secret and body can be forged where an HMAC cannot. Use hmac if the sender supports it.';
  if (/"body_path"\s*:/.test(settings))
    return 'Weak: every event carries the secret in its body, so anyone who receives the body can forge events.';
  return '';
}

/** The provider and how its requests are verified, in the provider's own terms. */
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
      <legend>Verification</legend>
      <Field
        label="Provider"
        name="verification.provider"
        failure={failure}
        hint="Requests that fail verification are rejected, and kept so that you can inspect them."
      >
        <select
          value={value.provider}
          onChange={(event) => onChange({ ...emptyVerification, provider: event.target.value })}
        >
          <option value="">none: accept requests from anyone</option>
          {providers.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
          <option value="custom">custom</option>
        </select>
      </Field>
      {provider && (
        <p className="note">
          {provider.setup}{' '}
          {/^https:\/\//.test(provider.documentation_url) && (
            <a href={provider.documentation_url} target="_blank" rel="noreferrer">
              Provider documentation
            </a>
          )}
        </p>
      )}
      {value.provider !== '' && (
        <>
          {provider && provider.schemes.length > 1 && (
            <Field label="Scheme" name="verification.scheme" failure={failure}>
              <select value={value.scheme} onChange={(event) => set({ scheme: event.target.value })}>
                <option value="">strongest ({provider.default_scheme})</option>
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
                {provider && `What to enter: ${provider.secret}. `}One per line, newest first. Keys must be PEM.
                {value.stored &&
                  ' Leave empty to keep the stored ones. Enter them again when you change the scheme, the URL or the settings.'}
                {provider?.hands_over_secret && ' You can leave this empty: the provider sends its secret by itself.'}
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
              label="URL configured at the provider"
              name="verification.public_url"
              failure={failure}
              hint="The provider's signature covers this URL."
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
                  JSON, for example {customExample}. {weaknessOf(value.settings)}
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
