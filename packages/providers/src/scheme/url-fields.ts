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
 * the body.
 */
export interface UrlFieldsSpec {
  kind: 'url-fields';
  header: string;
  /** The query parameter that holds the hex SHA-256 of a body that is not a form. */
  bodyHash?: string;
  /** A header such as `key=<id>,algorithm=HMAC_SHA256`, which tells SHA-256 from SHA-1. */
  algorithmHeader?: string;
}

export function createUrlFieldsScheme(spec: UrlFieldsSpec): Scheme {
  const digest = (key: Buffer, text: string, algorithm: 'sha1' | 'sha256' = 'sha1'): string =>
    createHmac(algorithm, key).update(text, 'utf8').digest('base64');
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

      // Both are an HMAC with the same secret, so a request gains nothing by choosing.
      const asked = spec.algorithmHeader === undefined ? undefined : request.headers.only(spec.algorithmHeader);
      if (asked === repeated) return refused('repeated_header');
      const algorithm = asked === undefined ? 'sha1' : algorithmIn(asked);
      if (!algorithm) return refused('malformed_signature');

      const url = signedUrl(request, context);
      const bodyHash = hashOf(url);
      if (bodyHash && !sameText(bodyHash, sha256(request.body))) return refused('wrong_signature');
      const fields = bodyHash ? '' : sortedFields(request.body, request.headers.get('content-type') ?? '');
      if (fields === undefined) return refused('malformed_body');
      if (fields === null) return refused('body_too_large_to_read');
      for (const candidate of withAndWithoutPort(url)) {
        for (const key of keys) {
          const expected = digest(key, candidate + fields, algorithm);
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

/**
 * The fields of a form as they are signed; empty for an empty body. Undefined for any other body, which the signature
 * would not cover; null when there are too many fields to be read.
 */
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
    .sort(byCodePoint)
    .map((name) =>
      [...(fields.get(name) as Set<string>)]
        .sort(byCodePoint)
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

/**
 * Compares code points, as most languages do. JavaScript compares UTF-16 code units, which sorts surrogates
 * differently.
 */
function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const a = one.charCodeAt(i);
    const b = other.charCodeAt(i);
    // Surrogates encode larger code points than U+E000 to U+FFFF.
    if (a !== b) return a >= 0xd800 && b >= 0xd800 ? ((a + 0x2000) & 0xffff) - ((b + 0x2000) & 0xffff) : a - b;
  }
  return one.length - other.length;
}

function algorithmIn(settings: string): 'sha1' | 'sha256' | undefined {
  const found = settings.split(',').flatMap((item) => /^algorithm=(.*)$/is.exec(item.trim())?.[1]?.toUpperCase() ?? []);
  if (found.length > 1) return undefined;
  if (found.length === 0 || found[0] === 'HMAC_SHA1') return 'sha1';
  return found[0] === 'HMAC_SHA256' ? 'sha256' : undefined;
}

/** Twilio may sign the URL with or without its port, so its own libraries try both. */
export function withAndWithoutPort(url: string): string[] {
  const match = /^(https?):\/\/((?:[^/?#@]*@)?)(\[[^\]/?#]*\]|[^/?#:]+)(:\d{1,5})?(.*)$/s.exec(url);
  if (!match) return [url];
  const [, scheme, user, host, port, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string | undefined,
    string,
  ];
  const standard = scheme === 'https' ? ':443' : ':80';
  return [url, `${scheme}://${user}${host}${port === undefined ? standard : ''}${rest}`];
}
