import { randomBytes } from 'node:crypto';
import { secretKey, secretKeys, standardSecretProblem, type SecretEncoding } from '../secret-key';
import type { Scheme } from './scheme';

const forms: Readonly<Record<SecretEncoding, string>> = {
  utf8: 'non-empty',
  hex: 'hexadecimal',
  base64: 'base64',
  whsec: 'non-empty',
  'text-or-whsec': 'non-empty',
  'standard-webhooks': 'non-empty',
};

/** The parts that schemes with one secret on both sides have in common. */
export function sharedSecret(
  encoding: SecretEncoding = 'utf8',
  what = 'secret',
): Pick<Scheme, 'secretProblem' | 'secretAdvice' | 'signingKeyProblem' | 'createTestSecret'> {
  const standard = encoding === 'whsec' || encoding === 'standard-webhooks';
  const problem = (secret: string): string | null =>
    secretKey(secret, encoding) ? null : `The ${what} must be a ${forms[encoding]} string.`;
  const advice = (secret: string): string | null => (standard ? standardSecretProblem(secret) : null);
  return {
    secretProblem: problem,
    secretAdvice: advice,
    signingKeyProblem: (secret) => problem(secret) ?? advice(secret),
    createTestSecret() {
      const bytes = randomBytes(32);
      const secret = standard
        ? `whsec_${bytes.toString('base64')}`
        : bytes.toString(encoding === 'base64' ? 'base64' : 'hex');
      return { secret, signingKey: secret };
    },
  };
}

/** The keys of the secrets that can be used. */
export function usableKeys(secrets: readonly string[], encoding: SecretEncoding = 'utf8'): Buffer[] {
  return secrets.flatMap((secret) => secretKeys(secret, encoding));
}

export function keyToSignWith(secret: string, encoding: SecretEncoding = 'utf8'): Buffer {
  const key = secretKey(secret, encoding);
  if (!key) throw new TypeError('The secret cannot be used with this scheme.');
  return key;
}
