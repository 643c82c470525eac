import type { KeyObject } from 'node:crypto';
import { publicKeyOf } from '../key-text';
import type { KeyDirectory } from './key-directory';
import { remembered } from './public-key';

const parse = remembered((text) => publicKeyOf(text, 'rsa'));
const isCertificate = (text: string): boolean => parse(text) !== undefined;

/**
 * The key of a certificate at a URL that the request names.
 * @param allowed matches the whole text of the URLs that belong to the provider. It is compared with the text itself and
 *   not with parsed parts, so that it leaves no room for user names, ports, escapes or a parser's repairs.
 * @returns `refused` when the URL is not allowed or has no certificate, `unavailable` when it cannot be fetched now
 */
export async function keyAtUrl(
  url: string,
  allowed: RegExp,
  keys: KeyDirectory | null,
): Promise<KeyObject | 'refused' | 'unavailable'> {
  if (!allowed.test(url)) return 'refused';
  const found = (await keys?.fetch(url, isCertificate)) ?? 'unavailable';
  if (found === 'absent') return 'refused';
  return (found === 'unavailable' ? undefined : parse(found.text)) ?? 'unavailable';
}
