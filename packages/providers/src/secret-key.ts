import { canonicalBase64, canonicalHex } from './signature-text';

/**
 * How the text of a secret becomes the bytes of a key:
 *
 * - `utf8`: the text itself.
 * - `hex`, `base64`: the decoded text.
 * - `whsec`: the base64 after `whsec_`, decoded; else the text itself.
 * - `text-or-whsec`: the text itself, and also the base64 after `whsec_`, decoded.
 * - `standard-webhooks`: like `whsec`, but a text without the prefix is first read as base64, as the libraries of the
 *   standard do.
 */
export type SecretEncoding = 'utf8' | 'hex' | 'base64' | 'whsec' | 'text-or-whsec' | 'standard-webhooks';

const PREFIX = 'whsec_';

/** The first key of a secret. Undefined when the text is not in that encoding, so that the secret cannot be used. */
export function secretKey(secret: string, encoding: SecretEncoding): Buffer | undefined {
  return secretKeys(secret, encoding)[0];
}

/**
 * Every key that one configured text holds. There are several for `text-or-whsec`, and where a sender shows a list, as
 * Supabase does: `v1,whsec_<new>|v1,whsec_<old>`.
 * @returns an empty list when the text is not in that encoding
 */
export function secretKeys(secret: string, encoding: SecretEncoding): Buffer[] {
  // An empty or blank key would make every signature forgeable.
  if (secret.trim() === '') return [];
  if (encoding === 'utf8') return [Buffer.from(secret, 'utf8')];
  if (encoding === 'text-or-whsec') return [Buffer.from(secret, 'utf8'), endpointSecretKey(secret)];
  if (encoding === 'hex' || encoding === 'base64') {
    const bytes = encoding === 'hex' ? canonicalHex(secret) : canonicalBase64(secret);
    return bytes ? [bytes] : [];
  }
  return listed(secret).map((one) => {
    const bare = encoding === 'standard-webhooks' && !one.startsWith(PREFIX) ? base64Bytes(one) : undefined;
    return bare ?? endpointSecretKey(one);
  });
}

/** A sentence when the libraries of Standard Webhooks refuse a secret, else null. */
export function standardSecretProblem(secret: string): string | null {
  for (const one of listed(secret)) {
    if (!one.startsWith(PREFIX) || base64Bytes(one.slice(PREFIX.length))) continue;
    return (
      `The text after ${PREFIX} must be base64 (A-Z, a-z, 0-9, + and /), as the sender shows it. ` +
      'If the sender uses the whole text as its key, use provider "custom" with secret_encoding "utf8".'
    );
  }
  return null;
}

/**
 * The key of an endpoint's own secret, which signs deliveries (Standard Webhooks): the bytes after `whsec_` when the
 * rest is base64 of the standard alphabet, with or without padding and of any length; else the UTF-8 bytes of the whole
 * text, so that every non-blank text is a secret.
 */
export function endpointSecretKey(secret: string): Buffer {
  const bytes = secret.startsWith(PREFIX) ? base64Bytes(secret.slice(PREFIX.length)) : undefined;
  return bytes ?? Buffer.from(secret, 'utf8');
}

/** The items of a list, each without the version before it. Any other text becomes a list of one. */
function listed(secret: string): string[] {
  const items = secret.split('|').map((item) => item.replace(/^v1,(?=whsec_)/, ''));
  return items.length === 1 || items.every((item) => item.startsWith(PREFIX)) ? items : [secret];
}

/**
 * Decodes base64 as leniently as every library of the standard: padding may be missing, and spare bits of the last
 * character may be set. That is safe, because a secret comes from the owner and never with a request.
 */
function base64Bytes(text: string): Buffer | undefined {
  const [, digits = '', padding = ''] = /^([A-Za-z0-9+/]+)(={0,2})$/.exec(text) ?? [];
  const spare = digits.length % 4;
  if (digits === '' || spare === 1 || (padding !== '' && (spare + padding.length) % 4 !== 0)) return undefined;
  return Buffer.from(digits, 'base64');
}
