import { generateKeyPairSync, sign as signBytes, verify as verifySignature, type KeyObject } from 'node:crypto';
import { ed25519Bytes, privateKeyOf, publicKeyOf, type KeyKind } from '../key-text';
import { canonicalBase64, canonicalHex } from '../signature-text';
import { refused } from '../verification';
import type { Scheme, TestSecret } from './scheme';
import { SignedHeader, type SignedHeaderSpec } from './signed-header';

/** The provider signs with a private key; the endpoint's `secrets` are its public keys. */
export interface PublicKeySpec extends SignedHeaderSpec {
  /** Ed25519 (RFC 8032), ECDSA with DER signatures, or RSASSA-PKCS1-v1_5. */
  kind: 'ed25519' | 'ecdsa' | 'rsa';
  /** The encoding of the signature. @default 'base64' */
  encoding?: 'hex' | 'base64';
  /** The hash of ecdsa and rsa. @default 'sha256' */
  algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  /** The form in which the provider shows its key, for test keys. @default 'spki' */
  keyForm?: 'hex' | 'whpk' | 'base64' | 'spki' | 'pem';
}

const keyKinds = { ed25519: 'ed25519', ecdsa: 'ec', rsa: 'rsa' } as const;

export function createPublicKeyScheme(spec: PublicKeySpec): Scheme {
  const header = new SignedHeader(spec);
  const kind = keyKinds[spec.kind];
  const algorithm = spec.kind === 'ed25519' ? null : (spec.algorithm ?? 'sha256');
  const encoding = spec.encoding ?? 'base64';
  const decode = encoding === 'hex' ? canonicalHex : canonicalBase64;
  const keyOf = remembered((text) => publicKeyOf(text, kind));
  return {
    kind: spec.kind,
    credentialHeaders: [],
    signingHeaders: header.headers,
    bodyPlaces: header.bodyPlaces,
    secretProblem: (text) => (keyOf(text) ? null : 'This is not a public key in the form the provider shows it.'),
    signingKeyProblem: (text) => privateKeyProblem(text, kind),
    verify(request, context) {
      const signed = header.read(request, context);
      if (!('candidates' in signed)) return signed;
      const keys = context.secrets.map(keyOf).filter((key) => key !== undefined);
      if (keys.length === 0) return refused('no_secret');
      const readings = signed.readings.map((values) => header.template.bytes(values));
      for (const candidate of signed.candidates) {
        const signature = decode(candidate);
        // Only lower-case hex counts. The text is the proof of a request, so one signature must have only one text.
        if (!signature || (encoding === 'hex' && candidate !== candidate.toLowerCase())) continue;
        if (keys.some((key) => readings.some((data) => verifySignature(algorithm, data, key, signature)))) {
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
    sign(input) {
      const key = privateKey(input.secret, kind);
      const { values, carry } = header.prepare(input);
      return carry(signBytes(algorithm, header.template.bytes(values), key).toString(encoding));
    },
    createTestSecret: () => testPair(kind, spec.keyForm ?? 'spki'),
  };
}

export function privateKeyProblem(text: string, kind: KeyKind): string | null {
  return privateKeyOf(text, kind)
    ? null
    : `Signing as this provider needs a private key (${kind}, PEM or base64 of PKCS #8). The provider does not share its own key, so use a key pair whose public half the receiver trusts.`;
}

export function privateKey(text: string, kind: KeyKind): KeyObject {
  const key = privateKeyOf(text, kind);
  if (!key) throw new TypeError(privateKeyProblem(text, kind) as string);
  return key;
}

export function testPair(kind: KeyKind, form: NonNullable<PublicKeySpec['keyForm']>): TestSecret {
  const { publicKey, privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    secret: publicText(publicKey, form),
    signingKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

function publicText(key: KeyObject, form: NonNullable<PublicKeySpec['keyForm']>): string {
  if (form === 'pem') return key.export({ format: 'pem', type: 'spki' }) as string;
  if (form === 'hex') return ed25519Bytes(key).toString('hex');
  if (form === 'base64') return ed25519Bytes(key).toString('base64');
  if (form === 'whpk') return `whpk_${ed25519Bytes(key).toString('base64')}`;
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** Caches up to 1,000 parsed keys, because parsing a key costs more than checking a signature with it. */
export function remembered(parse: (text: string) => KeyObject | undefined): (text: string) => KeyObject | undefined {
  const known = new Map<string, KeyObject | undefined>();
  return (text) => {
    if (!known.has(text)) {
      if (known.size >= 1000) known.clear();
      known.set(text, parse(text));
    }
    return known.get(text);
  };
}
