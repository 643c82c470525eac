import { randomBytes } from 'node:crypto';
import { secretKey, type SecretEncoding } from '../secret-key';
import type { Scheme } from './scheme';

const forms: Readonly<Record<SecretEncoding, string>> = {
  utf8: 'non-empty',
  hex: 'hexadecimal',
  base64: 'base64',
  'standard-webhooks': 'non-empty',
};

/** The parts that schemes with one secret on both sides have in common. */
export function sharedSecret(
  encoding: SecretEncoding = 'utf8',
  what = 'secret',
): Pick<Scheme, 'secretProblem' | 'signingKeyProblem' | 'createTestSecret'> {
  const problem = (secret: string): string | null =>
    secretKey(secret, encoding) ? null : `The ${what} must be a ${forms[encoding]} text.`;
  return {
    secretProblem: problem,
    signingKeyProblem: problem,
    createTestSecret() {
      const bytes = randomBytes(32);
      const secret =
        encoding === 'standard-webhooks'
          ? `whsec_${bytes.toString('base64')}`
          : bytes.toString(encoding === 'base64' ? 'base64' : 'hex');
      return { secret, signingKey: secret };
    },
  };
}

/** The keys of the secrets that can be used. */
export function usableKeys(secrets: readonly string[], encoding: SecretEncoding = 'utf8'): Buffer[] {
  return secrets.map((secret) => secretKey(secret, encoding)).filter((key) => key !== undefined);
}

export function keyToSignWith(secret: string, encoding: SecretEncoding = 'utf8'): Buffer {
  const key = secretKey(secret, encoding);
  if (!key) throw new TypeError('The secret cannot be used with this scheme.');
  return key;
}
