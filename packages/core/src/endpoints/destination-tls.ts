import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { certificatesIn, type TlsIdentity } from '../transport/tls-trust';
import type { ErrorDetail } from '../errors';

/**
 * TLS settings of a destination. Each member is a PEM text of at most 32,768 characters. A client certificate,
 * certificate authorities or both are required.
 */
export interface DestinationTlsInput {
  /** The client certificate, followed by its intermediate certificates. It requires `privateKey`. */
  certificate?: string | null;
  /** The key of the client certificate, without a passphrase. No answer of the API contains it. */
  privateKey?: string | null;
  /** Certificate authorities that are trusted for this destination, in addition to the usual ones. */
  certificateAuthorities?: string | null;
}

/** TLS settings as they are shown: without the private key. */
export interface DestinationTls {
  certificate: CertificateFacts | null;
  certificateAuthorities: CertificateFacts[];
}

export interface CertificateFacts {
  /** Distinguished name, such as `O=Shop, CN=client`. */
  subject: string;
  issuer: string;
  /** SHA-256 of the certificate in DER, in lower-case hex. */
  fingerprint: string;
  expiresAt: Date;
}

/** TLS settings as they are stored, encrypted. */
export interface StoredTls {
  certificate: string | null;
  privateKey: string | null;
  authorities: string | null;
}

export const MAX_PEM_LENGTH = 32_768;
/** Each connection signs with the key on the event loop. A longer RSA key would block the loop for too long. */
const MAX_RSA_BITS = 4096;
const KEY_TYPES = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448']);

/**
 * Checks TLS settings.
 * @param prefix the client's name for the settings
 * @returns the settings to store, or the problems
 */
export function parseDestinationTls(input: DestinationTlsInput, prefix: string): StoredTls | ErrorDetail[] {
  const { certificate = null, privateKey = null, certificateAuthorities: authorities = null } = input;
  const stored = { certificate, privateKey, authorities };
  const problems: ErrorDetail[] = [];
  const wrong = (name: string, message: string): void => void problems.push({ field: `${prefix}.${name}`, message });
  if (certificate === null && privateKey === null && authorities === null) {
    const message = 'tls needs certificate and privateKey, or certificateAuthorities, or all of them.';
    return [{ field: prefix, message }];
  }
  if ([certificate, privateKey, authorities].some((text) => text !== null && text.length > MAX_PEM_LENGTH))
    return [{ field: prefix, message: `Each member of tls may have at most ${MAX_PEM_LENGTH} characters.` }];
  const chain = certificate === null ? undefined : readCertificates(certificate);
  const key = privateKey === null ? undefined : readKey(privateKey);
  if (certificate !== null && !chain) wrong('certificate', notCertificates('certificate'));
  if (authorities !== null && !readCertificates(authorities))
    wrong('certificateAuthorities', notCertificates('certificateAuthorities'));
  if (privateKey !== null && !key)
    wrong('privateKey', 'privateKey must be a private key in PEM (-----BEGIN PRIVATE KEY-----) without a passphrase.');
  if (certificate !== null && privateKey === null) wrong('privateKey', 'privateKey is required with certificate.');
  if (certificate === null && privateKey !== null) wrong('certificate', 'certificate is required with privateKey.');
  if (key && !isAcceptable(key))
    wrong('privateKey', `privateKey must be an RSA key of at most ${MAX_RSA_BITS} bits, or an elliptic-curve key.`);
  else if (chain && key && !chain[0]?.checkPrivateKey(key))
    wrong('privateKey', 'privateKey does not belong to the first certificate.');
  // OpenSSL refuses weak keys and signatures only when it uses them.
  if (problems.length === 0 && certificate !== null && !isUsable(stored))
    wrong('certificate', 'certificate cannot be used for TLS: its key or its signature is too weak.');
  return problems.length > 0 ? problems : stored;
}

export function showTls({ certificate, authorities }: StoredTls): DestinationTls {
  const facts = (pem: string | null): CertificateFacts[] =>
    (pem === null ? [] : (readCertificates(pem) ?? [])).map(factsOf);
  return { certificate: facts(certificate)[0] ?? null, certificateAuthorities: facts(authorities) };
}

/**
 * The TLS identity for connections to a destination. Its id covers the destination and all settings, so destinations
 * never share a connection, and changed settings open new ones.
 */
export function identityOf(destinationId: string, stored: StoredTls): TlsIdentity {
  const { certificate, privateKey, authorities } = stored;
  const digest = createHash('sha256').update(JSON.stringify([certificate, privateKey, authorities]));
  return { id: `${destinationId} ${digest.digest('hex')}`, ...stored };
}

function notCertificates(name: string): string {
  return `${name} must be one or more certificates in PEM (-----BEGIN CERTIFICATE-----).`;
}

/** Returns undefined for text that is not certificates, and for certificates whose expiry date cannot be shown. */
function readCertificates(pem: string): X509Certificate[] | undefined {
  const found = certificatesIn(pem)?.map((text) => new X509Certificate(text));
  return found?.every(({ validTo }) => !Number.isNaN(Date.parse(validTo))) ? found : undefined;
}

function factsOf({ subject, issuer, fingerprint256, validTo }: X509Certificate): CertificateFacts {
  // Node returns undefined for an empty name.
  const line = (name: string | undefined): string => (name ?? '').split('\n').join(', ');
  return {
    subject: line(subject),
    issuer: line(issuer),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    expiresAt: new Date(validTo),
  };
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function isAcceptable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return KEY_TYPES.has(asymmetricKeyType ?? '') && (asymmetricKeyDetails?.modulusLength ?? 0) <= MAX_RSA_BITS;
}

function isUsable({ certificate, privateKey }: StoredTls): boolean {
  try {
    return createSecureContext({ cert: certificate ?? undefined, key: privateKey ?? undefined }).context !== null;
  } catch {
    return false;
  }
}
