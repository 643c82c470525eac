import { isTooLargeToRead, jsonBody, textOf, valueAt } from '../body-value';
import { repeated } from '../header-list';
import { replaceJsonStrings } from '../json-source';
import { sameText } from '../signature-text';
import { soleTextAt, type NoSoleText } from '../sole-text';
import type { Path } from '../json-path';
import { refused, type FailureReason } from '../verification';
import { queryOf, type WebhookRequest } from '../webhook-request';
import type { Scheme } from './scheme';
import { sharedSecret } from './shared-secret';

/** A shared token that the request carries. It says nothing about the rest of the request. */
export interface TokenSpec {
  kind: 'token';
  /** A header. A scheme has exactly one of `header`, `basic`, `query` and `body`. */
  header?: string;
  /** Text before the token in the header, such as `Bearer `. */
  prefix?: string;
  /** HTTP basic authentication (RFC 7617): the secret is `user:password`. */
  basic?: boolean;
  /** A parameter of the URL. */
  query?: string;
  /**
   * A place in the JSON body: a path, or a path in every item of a list. Without a list, the value must be a string,
   * and no name on the path may occur twice in its object.
   */
  body?: { list: Path; path: Path } | { list?: undefined; path: readonly string[] };
}

/** Tokens are compared in constant time. */
export function createTokenScheme(spec: TokenSpec): Scheme {
  const header = spec.basic ? 'authorization' : spec.header?.toLowerCase();
  const carriedBy = (secret: string): string =>
    spec.basic ? `Basic ${Buffer.from(secret, 'utf8').toString('base64')}` : (spec.prefix ?? '') + secret;
  const shared = sharedSecret('utf8', spec.basic ? 'user:password' : 'token');
  const problem = (secret: string): string | null =>
    shared.secretProblem(secret) ??
    (spec.basic && !secret.includes(':') ? 'The secret of basic authentication is user:password.' : null);
  return {
    kind: 'token',
    credentialHeaders: header === undefined ? [] : [header],
    credentialParameters: spec.query === undefined ? [] : [spec.query],
    credentialMembers: spec.body === undefined ? [] : [String(spec.body.path.at(-1))],
    signingHeaders: header === undefined ? [] : [header],
    secretPath: spec.body?.list === undefined ? spec.body?.path : undefined,
    bodyPlaces: spec.body?.list === undefined ? [] : [spec.body],
    secretProblem: problem,
    signingKeyProblem: problem,
    verify(request, context) {
      const received = carriedIn(request, spec, header);
      if (received === repeated) return refused('repeated_header');
      if (typeof received === 'string') return refused(received);
      if (spec.body?.list && isTooLargeToRead(request)) return refused('body_too_large_to_read');
      if (received.length === 0 || received.includes('')) return refused('missing_signature');
      const secrets = context.secrets.filter((secret) => secret.trim() !== '');
      if (secrets.length === 0) return refused('no_secret');
      // Every secret is compared with every token, even after a match, so that the time says nothing.
      const fits = received.map((text) => secrets.filter((secret) => sameText(text, carriedBy(secret))).length > 0);
      return fits.every(Boolean)
        ? { ok: true, proof: '', bodyAuthenticated: false, coversTimestamp: false }
        : refused('wrong_signature');
    },
    sign(input) {
      if (problem(input.secret) !== null) throw new TypeError(problem(input.secret) as string);
      if (spec.query !== undefined) return { headers: [], query: `${spec.query}=${encodeURIComponent(input.secret)}` };
      if (header !== undefined) return { headers: [[header, carriedBy(input.secret)]] };
      const { list, path } = spec.body as NonNullable<TokenSpec['body']>;
      if (list === undefined) return { headers: [], body: withSecret(input.body, path, input.secret) };
      const items = valueAt(JSON.parse(input.body.toString('utf8')), list);
      const places = Array.isArray(items) ? items.map((_, index) => [...list, index, ...path]) : [];
      const body = replaceJsonStrings(
        input.body,
        places.map((place) => [place, input.secret]),
      );
      return { headers: [], body };
    },
    createTestSecret() {
      const { secret } = shared.createTestSecret();
      const text = spec.basic ? `paggio:${secret}` : secret;
      return { secret: text, signingKey: text };
    },
  };
}

const noTextReasons: Readonly<Record<NoSoleText, FailureReason>> = {
  not_json: 'malformed_body',
  too_large: 'body_too_large_to_read',
  missing: 'missing_signature',
  no_text: 'malformed_body',
  repeated: 'malformed_body',
};

/** @throws TypeError when the body has no single place for the secret */
function withSecret(body: Buffer, path: readonly string[], secret: string): Buffer {
  const there = soleTextAt(body, path);
  if (there === 'repeated') throw new TypeError(`The body has a name of ${path.join('.')} twice.`);
  if (there === 'too_large') throw new TypeError('The body is too large to be read.');
  return replaceJsonStrings(body, [[path, secret]]);
}

/** The tokens of a request, or why it has none. */
function carriedIn(
  request: WebhookRequest,
  spec: TokenSpec,
  header: string | undefined,
): string[] | FailureReason | typeof repeated {
  if (header !== undefined) {
    const value = request.headers.only(header);
    if (value === repeated) return repeated;
    return value === undefined ? [] : [Buffer.from(value, 'latin1').toString('utf8')];
  }
  if (spec.query !== undefined) {
    const values = new URLSearchParams(queryOf(request.target)).getAll(spec.query);
    return values.length > 1 ? repeated : values;
  }
  const { list, path } = spec.body as NonNullable<TokenSpec['body']>;
  if (list === undefined) {
    const there = soleTextAt(request.body, path);
    return typeof there === 'string' ? noTextReasons[there] : [there.text];
  }
  const items = valueAt(jsonBody(request), list);
  return Array.isArray(items) ? items.map((item) => textOf(valueAt(item, path)) ?? '') : [];
}
