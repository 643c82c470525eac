import type { KeyObject } from 'node:crypto';
import { publicKeyOf } from '../key-text';
import type { KeyDirectory } from './key-directory';
import { remembered } from './public-key';

const parse = remembered((text) => publicKeyOf(text, 'rsa'));

/**
 * The key of a certificate at a URL that the request names: only from an https URL without port, user or fragment whose
 * host the provider owns. `refused`: the URL is not one of those; `unavailable`: it cannot be had now.
 */
export async function keyAtUrl(
  url: string,
  host: RegExp,
  path: RegExp,
  keys: KeyDirectory | null,
): Promise<KeyObject | 'refused' | 'unavailable'> {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'refused';
  }
  const plain = parsed.port === '' && parsed.username === '' && parsed.password === '' && parsed.hash === '';
  if (parsed.protocol !== 'https:' || !plain || !host.test(parsed.hostname) || !path.test(parsed.pathname))
    return 'refused';
  const found = (await keys?.fetch(parsed.href)) ?? 'unavailable';
  if (found === 'absent') return 'refused';
  return (found === 'unavailable' ? undefined : parse(found.text)) ?? 'unavailable';
}
