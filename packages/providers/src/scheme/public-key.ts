import { createPublicKey, verify as verifySignature, type KeyObject } from 'node:crypto';
import { canonicalBase64, canonicalHex } from '../signature-text';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme, SchemeContext } from './scheme';
import { SignedHeader, type SignedHeaderOptions } from './signed-header';

export interface PublicKeyOptions extends SignedHeaderOptions {
  encoding: 'hex' | 'base64';
  /** The provider's public key text to a key; undefined when it is not one. */
  key(text: string): KeyObject | undefined;
}

/** Ed25519 (RFC 8032) over a template of the request. */
export function ed25519(options: PublicKeyOptions): Scheme {
  return publicKey('ed25519', options, (data, key, signature) => verifySignature(null, data, key, signature));
}

/** ECDSA with SHA-256, signature as DER. */
export function ecdsaSha256(options: PublicKeyOptions): Scheme {
  return publicKey('ecdsa', options, (data, key, signature) => verifySignature('sha256', data, key, signature));
}

function publicKey(
  kind: string,
  options: PublicKeyOptions,
  check: (data: Buffer, key: KeyObject, signature: Buffer) => boolean,
): Scheme {
  const header = new SignedHeader(options);
  const decode = options.encoding === 'hex' ? canonicalHex : canonicalBase64;
  const keys = new Map<string, KeyObject | undefined>();
  const keyOf = (text: string): KeyObject | undefined => {
    if (!keys.has(text)) {
      if (keys.size > 1000) keys.clear();
      keys.set(text, options.key(text));
    }
    return keys.get(text);
  };
  return {
    kind,
    credentialHeaders: [],
    secretProblem: (text) => (keyOf(text) ? null : 'This is not a public key in the form the provider shows it.'),
    verify(request: WebhookRequest, context: SchemeContext): Verification {
      const signed = header.read(request, context);
      if (!('candidates' in signed)) return signed;
      const active = context.secrets.map(keyOf).filter((key) => key !== undefined);
      if (active.length === 0) return refused('no_secret');
      const data = header.template.bytes(signed.values);
      for (const candidate of signed.candidates) {
        const signature = decode(candidate);
        if (signature && active.some((key) => check(data, key, signature))) {
          return {
            ok: true,
            proof: candidate,
            bodyAuthenticated: header.template.uses('body'),
            coversTimestamp: header.coversTimestamp,
          };
        }
      }
      return refused('wrong_signature');
    },
  };
}

// SubjectPublicKeyInfo of an Ed25519 key is this prefix and the 32 key bytes (RFC 8410).
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export function ed25519Key(bytes: Buffer | undefined): KeyObject | undefined {
  if (bytes?.length !== 32) return undefined;
  return createPublicKey({ key: Buffer.concat([ED25519_SPKI, bytes]), format: 'der', type: 'spki' });
}

export function spkiKey(base64: string): KeyObject | undefined {
  const bytes = canonicalBase64(base64.trim());
  if (!bytes) return undefined;
  try {
    return createPublicKey({ key: bytes, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
