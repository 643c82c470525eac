import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { createSecureContext, type SecureContext } from 'node:tls';
import { RecentMap } from '../flow/recent-map';

/**
 * The TLS settings for a destination: a client certificate, certificate authorities in addition to the usual ones, or
 * both.
 */
export interface TlsIdentity {
  /** Only requests with the same id share connections. */
  id: string;
  /** PEM, with the client's own certificate first. */
  certificate: string | null;
  /** PEM, without a passphrase. */
  privateKey: string | null;
  /** PEM */
  authorities: string | null;
}

/** At most this many TLS contexts are cached. Each takes a few hundred kilobytes. */
const MAX_CONTEXTS = 200;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Splits a PEM text into its certificates. Returns undefined when there are none, or when one cannot be read. */
export function certificatesIn(pem: string): string[] | undefined {
  const found = pem.match(PEM_CERTIFICATE) ?? [];
  const isValid = (text: string): boolean => {
    try {
      return new X509Certificate(text).subject !== null;
    } catch {
      return false;
    }
  };
  return found.length > 0 && found.every(isValid) ? found : undefined;
}

/** The authorities that TLS connections trust: the usual roots, and those that the operator or a destination adds. */
export class TlsTrust {
  private readonly authorities: readonly string[];
  private readonly contexts = new RecentMap<string, SecureContext>(MAX_CONTEXTS);
  private usual: SecureContext | undefined;

  /** @param authorities PEM texts with one or more certificates each */
  constructor(authorities: readonly string[] = []) {
    this.authorities = authorities.flatMap((pem) => certificatesIn(pem) ?? []);
  }

  contextOf(identity: TlsIdentity | null): SecureContext {
    if (identity === null) return (this.usual ??= contextWith({}, this.authorities));
    const known = this.contexts.get(identity.id);
    if (known) return known;
    const { certificate, privateKey } = identity;
    const own = certificate === null || privateKey === null ? {} : { cert: certificate, key: privateKey };
    const further = identity.authorities === null ? [] : (certificatesIn(identity.authorities) ?? []);
    const context = contextWith(own, [...this.authorities, ...further]);
    this.contexts.set(identity.id, context);
    return context;
  }
}

/**
 * Makes a context that trusts the usual roots and these authorities. The option `ca` replaces the usual roots, so it
 * lists them too. Node before 22.15 cannot list them. There the authorities are added by the call that `ca` itself
 * uses, which keeps Node's roots but loses those of `NODE_EXTRA_CA_CERTS`.
 */
function contextWith(own: { cert?: string; key?: string }, authorities: readonly string[]): SecureContext {
  if (authorities.length === 0) return createSecureContext(own);
  const { getCACertificates } = tls as { getCACertificates?: (kind: 'default') => string[] };
  if (getCACertificates) return createSecureContext({ ...own, ca: [...getCACertificates('default'), ...authorities] });
  const context = createSecureContext(own);
  const native = context.context as { addCACert(pem: string): void };
  for (const authority of authorities) native.addCACert(authority);
  return context;
}
