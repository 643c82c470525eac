import { canonicalBase64, canonicalHex } from './signature-text';

/** How the text of a secret becomes the bytes of a key. */
export type SecretEncoding = 'utf8' | 'hex' | 'base64' | 'standard-webhooks';

/** Undefined when the text is not in that encoding: the secret cannot be used. */
export function secretKey(secret: string, encoding: SecretEncoding): Buffer | undefined {
  // An empty or blank key would make every signature forgeable.
  if (secret.trim() === '') return undefined;
  if (encoding === 'utf8') return Buffer.from(secret, 'utf8');
  if (encoding === 'hex') return canonicalHex(secret);
  if (encoding === 'base64') return canonicalBase64(secret);
  return base64Key(secret.startsWith('whsec_') ? secret.slice(6) : secret) ?? Buffer.from(secret, 'utf8');
}

/**
 * The key of a Standard Webhooks secret that Paggio issued or was given for an endpoint: the bytes behind `whsec_` when
 * they are canonical base64 of 16-64 bytes, else the UTF-8 bytes of the whole string.
 */
export function endpointSecretKey(secret: string): Buffer {
  const bytes = secret.startsWith('whsec_') ? base64Key(secret.slice(6)) : undefined;
  return bytes ?? Buffer.from(secret, 'utf8');
}

function base64Key(text: string): Buffer | undefined {
  const bytes = canonicalBase64(text);
  return bytes && bytes.length >= 16 && bytes.length <= 64 ? bytes : undefined;
}
