import { isUtf8 } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import { type SecretEncoding } from '../secret-key';
import { sameText } from '../signature-text';
import { refused } from '../verification';
import type { Scheme } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';
import { SignedHeader, type SignedHeaderSpec } from './signed-header';
import type { TemplateValues } from './template';

/** `md5` is for old senders that are set up as `custom`. No forgery of HMAC-MD5 is known, unlike collisions of MD5 itself. */
export type HmacAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface HmacSpec extends SignedHeaderSpec {
  kind: 'hmac';
  /** Default `sha256`. Always from this configuration, never from the request. */
  algorithm?: HmacAlgorithm;
  /** Default `hex`; upper-case hex is accepted where the provider sends it (`HEX`). */
  encoding?: 'hex' | 'HEX' | 'base64' | 'base64url';
  /** Default `utf8`: the secret's own text is the key. */
  secretEncoding?: SecretEncoding;
  /** `hash`: not an HMAC but a plain digest of a template that contains `{secret}`. */
  construction?: 'hmac' | 'hash';
  /** Older signatures under the same secret that the provider sends too. `sign` makes them; they never verify anything. */
  companions?: readonly Omit<HmacSpec, 'kind' | 'companions'>[];
}

/** HMAC (RFC 2104) over a template of the request, compared as canonical text. */
export function createHmacScheme(spec: HmacSpec): Scheme {
  const header = new SignedHeader(spec);
  const algorithm = spec.algorithm ?? 'sha256';
  const encoding = spec.encoding ?? 'hex';
  const { secretEncoding } = spec;
  // Whoever knows the digest of `{secret}{body}` can compute that of a longer text: the body, then padding, then any bytes. The
  // padding begins with the byte 0x80, which cannot follow UTF-8, so a body that has been made longer so is never UTF-8.
  const extendable =
    spec.construction === 'hash' &&
    header.template.text.lastIndexOf('{body}') > header.template.text.lastIndexOf('{secret}');
  const companions = (spec.companions ?? []).map((one) => createHmacScheme({ kind: 'hmac', ...one }));

  const digest = (key: Buffer, values: TemplateValues): string => {
    const hash = spec.construction === 'hash' ? createHash(algorithm) : createHmac(algorithm, key);
    header.template.write({ ...values, secret: key }, (bytes) => hash.update(bytes));
    return encoding === 'HEX' ? hash.digest('hex').toUpperCase() : hash.digest(encoding);
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
      const keys = usableKeys(context.secrets, secretEncoding);
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
      const { headers, ...rest } = carry(digest(key, values));
      return { ...rest, headers: [...headers, ...companions.flatMap((one) => one.sign(input).headers)] };
    },
  };
}
