import { useState, type ReactNode } from 'react';
import type { Failure } from '../../api/failure';
import { Field } from '../../parts/field';
import { Data, Time } from '../../parts/labels';
import type { StoredTls, TlsForm } from './tls-form';

interface TlsFieldsProps {
  value: TlsForm;
  onChange: (value: TlsForm) => void;
  /** Null if the destination has no TLS settings. */
  stored: StoredTls | null;
  failure: Failure | null;
}

/** A destination's client certificate and additional authorities. The stored private key is never shown. */
export function TlsFields({ value, onChange, stored, failure }: TlsFieldsProps): ReactNode {
  const set = (change: Partial<TlsForm>): void => onChange({ ...value, ...change });
  return (
    <fieldset className="stack">
      <legend>TLS</legend>
      {stored && <TlsFacts tls={stored} />}
      <Field
        label="TLS settings"
        name="tls"
        failure={failure}
        hint="A client certificate (mutual TLS), additional certificate authorities, or both. The URL must be https."
      >
        <select value={value.change} onChange={(event) => set({ change: event.target.value as TlsForm['change'] })}>
          <option value="keep">{stored ? 'keep the stored settings' : 'none'}</option>
          <option value="replace">{stored ? 'replace all settings' : 'add settings'}</option>
          {stored && <option value="remove">remove all settings</option>}
        </select>
      </Field>
      {value.change === 'replace' && (
        <>
          <PemField
            label="Client certificate"
            name="tls.certificate"
            failure={failure}
            hint="PEM, followed by its intermediate certificates."
            value={value.certificate}
            onChange={(certificate) => set({ certificate })}
          />
          <PemField
            label="Private key"
            name="tls.private_key"
            failure={failure}
            hint="PEM without a passphrase. It is stored encrypted, and nobody can read it back."
            masked
            value={value.privateKey}
            onChange={(privateKey) => set({ privateKey })}
          />
          <PemField
            label="Certificate authorities"
            name="tls.certificate_authorities"
            failure={failure}
            hint="PEM. This destination trusts them in addition to the default ones."
            value={value.authorities}
            onChange={(authorities) => set({ authorities })}
          />
        </>
      )}
    </fieldset>
  );
}

interface PemFieldProps {
  label: string;
  name: string;
  hint: string;
  failure: Failure | null;
  value: string;
  onChange: (value: string) => void;
  masked?: boolean;
}

function PemField({ value, onChange, masked = false, ...field }: PemFieldProps): ReactNode {
  return (
    <Field {...field}>
      <textarea
        rows={3}
        className={masked ? 'masked' : 'data'}
        value={value}
        maxLength={32_768}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

/** The public facts about stored certificates. */
export function TlsFacts({
  tls: { certificate, certificate_authorities: authorities },
}: {
  tls: StoredTls;
}): ReactNode {
  return (
    <dl className="facts">
      {certificate && <CertificateFacts what="Client certificate" certificate={certificate} />}
      {authorities.map((authority) => (
        <CertificateFacts key={authority.fingerprint} what="Certificate authority" certificate={authority} />
      ))}
    </dl>
  );
}

/** Describes TLS settings in one line. */
export function tlsFact(tls: StoredTls | null): string {
  if (tls === null) return 'none';
  const shown = [tls.certificate, ...tls.certificate_authorities].map(
    (one) => one && `${one.subject} (SHA-256 ${one.fingerprint})`,
  );
  return shown.map((text, index) => (index === 0 ? (text ?? 'no client certificate') : `authority ${text}`)).join(', ');
}

interface CertificateFactsProps {
  what: string;
  certificate: NonNullable<StoredTls['certificate']>;
}

function CertificateFacts({ what, certificate }: CertificateFactsProps): ReactNode {
  const { subject, issuer, fingerprint, expires_at: expiry } = certificate;
  const [openedAt] = useState(() => Date.now());
  const expired = Date.parse(expiry) <= openedAt;
  return (
    <div>
      <dt>{what}</dt>
      <dd>
        <Data text={subject === '' ? 'unnamed' : subject} />, issued by <Data text={issuer} />,{' '}
        <span className={expired ? 'bad' : undefined}>
          {expired ? 'expired' : 'expires'} <Time at={expiry} />
        </span>
        <br />
        SHA-256 <Data text={fingerprint} />
      </dd>
    </div>
  );
}
