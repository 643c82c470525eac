import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { canonicalBase64, canonicalHex } from './signature-text';

/** Node's name for a kind of key. */
export type KeyKind = 'ed25519' | 'ec' | 'rsa';

// SubjectPublicKeyInfo of an Ed25519 key is this prefix and the 32 key bytes (RFC 8410).
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * A public key in any of the forms in which providers show one: PEM (key or certificate), base64 of a
 * SubjectPublicKeyInfo, a JWK, and for Ed25519 the 32 bytes in hex or base64, with or without `whpk_` before them.
 * Undefined for anything else, and for a key of another kind.
 */
export function publicKeyOf(text: string, kind: KeyKind): KeyObject | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  try {
    const key = parsePublic(trimmed, kind);
    return key?.asymmetricKeyType === kind ? key : undefined;
  } catch {
    return undefined;
  }
}

function parsePublic(text: string, kind: KeyKind): KeyObject | undefined {
  // Node would derive the public half of a private key. The user should learn that this is the wrong key.
  if (/PRIVATE KEY/.test(text)) return undefined;
  if (text.startsWith('-----BEGIN ')) return createPublicKey(text);
  if (text.startsWith('{')) {
    const jwk = JSON.parse(text) as Record<string, unknown>;
    return 'd' in jwk ? undefined : createPublicKey({ key: jwk as never, format: 'jwk' });
  }
  const bytes =
    (kind === 'ed25519' ? canonicalHex(text) : undefined) ??
    canonicalBase64(text.replace(/^whpk_/, '').replace(/\s/g, ''));
  if (!bytes) return undefined;
  const der = kind === 'ed25519' && bytes.length === 32 ? Buffer.concat([ED25519_SPKI, bytes]) : bytes;
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** A private key to sign with: PEM, or base64 of PKCS #8. Undefined for anything else, and for a key of another kind. */
export function privateKeyOf(text: string, kind: KeyKind): KeyObject | undefined {
  try {
    const key = text.startsWith('-----BEGIN ')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === kind ? key : undefined;
  } catch {
    return undefined;
  }
}

/** The 32 bytes of an Ed25519 public key. */
export function ed25519Bytes(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}
