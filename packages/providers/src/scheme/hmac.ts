import { createHmac } from 'node:crypto';
import { secretKey, type SecretEncoding } from '../secret-key';
import { sameText } from '../signature-text';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme, SchemeContext, SigningInput } from './scheme';
import { formatSignature } from './signature-header';
import { SignedHeader, type SignedHeaderOptions } from './signed-header';
import type { TemplateValues } from './template';

export type HmacAlgorithm = 'sha1' | 'sha256' | 'sha512';

export interface HmacOptions extends SignedHeaderOptions {
  /** Default `sha256`. Always from this configuration, never from the request. */
  algorithm?: HmacAlgorithm;
  /** Default `hex`; upper-case hex is not accepted. */
  encoding?: 'hex' | 'base64';
  secretEncoding?: SecretEncoding;
}

/** HMAC (RFC 2104) over a template of the request, compared as canonical text. */
export function hmac(options: HmacOptions): Scheme {
  const header = new SignedHeader(options);
  const algorithm = options.algorithm ?? 'sha256';
  const encoding = options.encoding ?? 'hex';
  const secretEncoding = options.secretEncoding ?? 'utf8';

  const digest = (key: Buffer, values: TemplateValues): string => {
    const mac = createHmac(algorithm, key);
    header.template.write(values, (bytes) => mac.update(bytes));
    return mac.digest(encoding);
  };

  return {
    kind: 'hmac',
    credentialHeaders: [],
    secretProblem: (secret) =>
      secretKey(secret, secretEncoding) ? null : `The secret must be a non-empty ${secretEncoding} text.`,
    verify(request: WebhookRequest, context: SchemeContext): Verification {
      const signed = header.read(request, context);
      if (!('candidates' in signed)) return signed;
      let usable = false;
      for (const secret of context.secrets) {
        const key = secretKey(secret, secretEncoding);
        if (!key) continue;
        usable = true;
        const expected = digest(key, signed.values);
        if (signed.candidates.some((candidate) => sameText(candidate, expected))) {
          return {
            ok: true,
            proof: expected,
            bodyAuthenticated: header.template.uses('body'),
            coversTimestamp: header.coversTimestamp,
          };
        }
      }
      return refused(usable ? 'wrong_signature' : 'no_secret');
    },
    sign(input: SigningInput) {
      const key = secretKey(input.secret, secretEncoding);
      if (!key) throw new TypeError('The secret cannot be used with this scheme.');
      const { values, timestamp, headers } = header.prepare(input);
      return [...headers, [header.name, formatSignature(digest(key, values), timestamp, header.value)]];
    },
  };
}
