import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { HmacKey, type HmacAlgorithm } from '../hmac-key';
import { type SecretEncoding } from '../secret-key';
import { sameText } from '../signature-text';
import { refused } from '../verification';
import type { Scheme } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';
import { SignedHeader, type SignedHeaderSpec } from './signed-header';
import type { TemplateValues } from './template';

export interface HmacSpec extends SignedHeaderSpec {
  kind: 'hmac';
  /** Comes from this configuration, never from the request. @default 'sha256' */
  algorithm?: HmacAlgorithm;
  /** `HEX` is upper-case hexadecimal. @default 'hex' */
  encoding?: 'hex' | 'HEX' | 'base64' | 'base64url';
  /** With `utf8`, the secret's own text is the key. @default 'utf8' */
  secretEncoding?: SecretEncoding;
  /** `hash` is not an HMAC but a plain digest of a template that contains `{secret}`. @default 'hmac' */
  construction?: 'hmac' | 'hash';
  /** Older signatures that the provider also sends, with the same secret. `sign` makes them; `verify` ignores them. */
  companions?: readonly Omit<HmacSpec, 'kind' | 'companions'>[];
}

/** Makes the signature of some values with one secret. */
type Digest = (values: TemplateValues) => string;

/** HMAC (RFC 2104) over a template of the request, compared as canonical text. */
export function createHmacScheme(spec: HmacSpec): Scheme {
  const header = new SignedHeader(spec);
  const algorithm = spec.algorithm ?? 'sha256';
  const encoding = spec.encoding ?? 'hex';
  const { secretEncoding } = spec;
  // Anyone who knows the digest of `{secret}{body}` can compute that of a longer text: the body, then padding, then any
  // bytes. The padding begins with the byte 0x80, which cannot follow complete UTF-8, so the longer body is never
  // UTF-8.
  const extendable =
    spec.construction === 'hash' &&
    header.template.text.lastIndexOf('{body}') > header.template.text.lastIndexOf('{secret}');
  const companions = (spec.companions ?? []).map((one) => createHmacScheme({ kind: 'hmac', ...one }));

  const text = encoding === 'HEX' ? 'hex' : encoding;
  const digester = (key: Buffer): Digest => {
    if (spec.construction !== 'hash') {
      const hmac = new HmacKey(algorithm, key);
      return (values) => hmac.digest(text, ...header.template.parts(values));
    }
    return (values) => {
      const hash = createHash(algorithm);
      for (const part of header.template.parts({ ...values, secret: key })) hash.update(part);
      return hash.digest(text);
    };
  };
  const digest = (by: Digest, values: TemplateValues): string =>
    encoding === 'HEX' ? by(values).toUpperCase() : by(values);
  /** What verifies with the secrets of one list, which an endpoint keeps for as long as it has them. */
  const digesters = new WeakMap<readonly string[], Digest[]>();
  const digestersOf = (secrets: readonly string[]): Digest[] => {
    let made = digesters.get(secrets);
    if (made === undefined) digesters.set(secrets, (made = usableKeys(secrets, secretEncoding).map(digester)));
    return made;
  };

  return {
    kind: 'hmac',
    credentialHeaders: [],
    signingHeaders: [...header.headers, ...companions.flatMap(({ signingHeaders }) => signingHeaders)],
    bodyPlaces: header.bodyPlaces,
    ...sharedSecret(secretEncoding),
    verify(request, context) {
      const signed = header.read(request, context);
      if (!('candidates' in signed)) return signed;
      const keys = digestersOf(context.secrets);
      if (keys.length === 0) return refused('no_secret');
      if (extendable && signed.readings.some(({ body }) => !isUtf8(body))) return refused('malformed_body');
      for (const key of keys) {
        for (const values of signed.readings) {
          const expected = digest(key, values);
          if (!signed.candidates.some((candidate) => sameText(candidate, expected))) continue;
          return {
            ok: true,
            proof: expected,
            bodyAuthenticated: header.template.uses('body'),
            coversTimestamp: header.coversTimestamp,
          };
        }
      }
      return refused('wrong_signature');
    },
    sign(input) {
      const key = keyToSignWith(input.secret, secretEncoding);
      const { values, carry } = header.prepare(input);
      const { headers, ...rest } = carry(digest(digester(key), values));
      return { ...rest, headers: [...headers, ...companions.flatMap((one) => one.sign(input).headers)] };
    },
  };
}
