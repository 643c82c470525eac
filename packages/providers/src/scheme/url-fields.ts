import { createHash, createHmac } from 'node:crypto';
import { formFields, isForm } from '../form-body';
import { HeaderList, repeated } from '../header-list';
import { sameText } from '../signature-text';
import { refused } from '../verification';
import type { Scheme } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';
import { signedUrl } from './signed-header';

/**
 * HMAC-SHA1 in base64 over the configured URL followed by the sorted fields of a form body, as Twilio
 * (https://www.twilio.com/docs/usage/security) and Mandrill do it. For other bodies Twilio's URL carries the SHA-256 of
 * the body. Twilio signs the URL with or without its default port, so both are tried.
 */
export interface UrlFieldsSpec {
  kind: 'url-fields';
  header: string;
  /** The query parameter that holds the hex SHA-256 of a body that is no form. */
  bodyHash?: string;
}

export function createUrlFieldsScheme(spec: UrlFieldsSpec): Scheme {
  const digest = (key: Buffer, text: string): string => createHmac('sha1', key).update(text, 'utf8').digest('base64');
  const hashOf = (url: string): string | undefined =>
    spec.bodyHash ? new RegExp(`[?&]${spec.bodyHash}=([0-9a-f]{64})(?:&|$)`).exec(url)?.[1] : undefined;
  return {
    kind: 'url-fields',
    credentialHeaders: [],
    signingHeaders: [spec.header],
    ...sharedSecret(),
    verify(request, context) {
      const received = request.headers.only(spec.header);
      if (received === repeated) return refused('repeated_header');
      if (!received) return refused('missing_signature');
      const keys = usableKeys(context.secrets);
      if (keys.length === 0) return refused('no_secret');

      const url = signedUrl(request, context);
      const bodyHash = hashOf(url);
      if (bodyHash && !sameText(bodyHash, sha256(request.body))) return refused('wrong_signature');
      const fields = bodyHash ? '' : sortedFields(request.body, request.headers.get('content-type') ?? '');
      if (fields === undefined) return refused('malformed_body');
      if (fields === null) return refused('body_too_large_to_read');
      for (const candidate of withAndWithoutPort(url)) {
        for (const key of keys) {
          const expected = digest(key, candidate + fields);
          if (sameText(received, expected))
            return { ok: true, proof: expected, bodyAuthenticated: true, coversTimestamp: false };
        }
      }
      return refused('wrong_signature');
    },
    sign(input) {
      const key = keyToSignWith(input.secret);
      const url = input.publicUrl ?? '';
      const fields = hashOf(url)
        ? ''
        : sortedFields(input.body, new HeaderList(input.rawHeaders).get('content-type') ?? '');
      if (fields === null) throw new TypeError('The form has too many fields to be signed.');
      if (fields !== undefined) return { headers: [[spec.header, digest(key, url + fields)]] };
      if (!spec.bodyHash) throw new TypeError('Only form bodies can be signed with this scheme.');
      const query = `${spec.bodyHash}=${sha256(input.body)}`;
      return { headers: [[spec.header, digest(key, `${url}${url.includes('?') ? '&' : '?'}${query}`)]], query };
    },
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Undefined for a body that no part of the signature would cover; null when there are too many fields to be read. */
function sortedFields(body: Buffer, contentType: string): string | undefined | null {
  if (body.length === 0) return '';
  if (!isForm(contentType)) return undefined;
  const all = formFields(body);
  if (!all) return null;
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of all) {
    const values = fields.get(name);
    if (values) values.add(value);
    else fields.set(name, new Set([value]));
  }
  return [...fields.keys()]
    .sort()
    .map((name) =>
      [...(fields.get(name) as Set<string>)]
        .sort()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

function withAndWithoutPort(url: string): string[] {
  const match = /^(https?):\/\/([^/?#:]+)(:\d{1,5})?(.*)$/.exec(url);
  if (!match) return [url];
  const [, scheme, host, port, rest] = match as unknown as [string, string, string, string | undefined, string];
  const standard = scheme === 'https' ? ':443' : ':80';
  if (port === undefined) return [url, `${scheme}://${host}${standard}${rest}`];
  return port === standard ? [url, `${scheme}://${host}${rest}`] : [url];
}
