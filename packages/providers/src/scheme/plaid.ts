import { createHash, type KeyObject } from 'node:crypto';
import { jsonOf, valueAt } from '../body-value';
import { publicKeyOf } from '../key-text';
import { repeated } from '../header-list';
import { sameText } from '../signature-text';
import { checkTimestamp, DEFAULT_TOLERANCE_SECONDS, toleranceOf } from '../timestamp';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import { jwtHolds, parseJwt, signJwt } from './json-web-token';
import { privateKey, privateKeyProblem, remembered, testPair } from './public-key';
import type { Scheme, SchemeContext } from './scheme';

/**
 * Plaid (https://plaid.com/docs/api/webhooks/webhook-verification/): an ES256 token with the SHA-256 of the body. Its
 * keys are looked up by id with the API's credentials, or pinned: a secret is the API secret (with
 * `settings.client_id` and `settings.environment`) or a public key as JWK.
 */
export interface PlaidSpec {
  kind: 'plaid';
}

const HEADER = 'plaid-verification';
const KEY_ID = /^[A-Za-z0-9-]{8,64}$/;
const keyOf = remembered((text) => publicKeyOf(text, 'ec'));

export function createPlaidScheme(): Scheme {
  return {
    kind: 'plaid',
    credentialHeaders: [],
    signingHeaders: [HEADER],
    secretProblem: (text) => {
      if (text.trim() === '') return 'The secret must not be empty.';
      const pinned = text.startsWith('{') || text.startsWith('-----');
      return pinned && !keyOf(text) ? 'This is not a public P-256 key.' : null;
    },
    signingKeyProblem: (text) => privateKeyProblem(text, 'ec'),
    verify,
    sign(input) {
      const claims = {
        iat: Math.floor(input.timestamp / 1000),
        request_body_sha256: createHash('sha256').update(input.body).digest('hex'),
      };
      return { headers: [[HEADER, signJwt(claims, 'ES256', privateKey(input.secret, 'ec'), '00000000-test-key')]] };
    },
    createTestSecret: () => testPair('ec', 'pem'),
  };
}

async function verify(request: WebhookRequest, context: SchemeContext): Promise<Verification> {
  const token = request.headers.only(HEADER);
  if (token === repeated) return refused('repeated_header');
  if (!token) return refused('missing_signature');
  const jwt = parseJwt(token);
  const kid = jwt?.header['kid'];
  if (!jwt?.claims || jwt.header['alg'] !== 'ES256' || typeof kid !== 'string' || !KEY_ID.test(kid)) {
    return refused('malformed_signature');
  }
  const { iat, request_body_sha256: claimed } = jwt.claims;
  const stale = checkTimestamp(
    typeof iat === 'number' ? String(iat) : '',
    'seconds',
    toleranceOf(context.settings, DEFAULT_TOLERANCE_SECONDS),
    request.receivedAt,
  );
  if (stale) return stale;
  // The cheap checks come before the look-up: only a token over exactly this body is worth one.
  const expected = createHash('sha256').update(request.body).digest('hex');
  if (typeof claimed !== 'string' || !sameText(claimed, expected)) return refused('wrong_signature');
  const pinned = context.secrets.map(keyOf).filter((key) => key !== undefined);
  const found = pinned.length > 0 ? pinned : await lookUp(kid, context);
  if (found === 'unavailable') return refused('key_unavailable');
  return found.some((key) => jwtHolds(jwt, 'ES256', key))
    ? { ok: true, proof: jwt.signature, bodyAuthenticated: true, coversTimestamp: true }
    : refused('wrong_signature');
}

async function lookUp(kid: string, context: SchemeContext): Promise<KeyObject[] | 'unavailable'> {
  const environment = context.settings['environment'] === 'sandbox' ? 'sandbox' : 'production';
  const body = { client_id: context.settings['client_id'], secret: context.secrets[0], key_id: kid };
  const url = `https://${environment}.plaid.com/webhook_verification_key/get`;
  const found = await context.keys?.post(url, body, (text) => publishedKey(text) !== undefined);
  if (found === undefined || found === 'unavailable') return 'unavailable';
  if (found === 'absent') return [];
  const key = publishedKey(found.text);
  return key ? [key] : 'unavailable';
}

/** The key in Plaid's answer; undefined when the answer has no usable key. */
function publishedKey(text: string): KeyObject | undefined {
  const jwk = valueAt(jsonOf(text), ['key']);
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kty, crv, x, y } = jwk as Record<string, unknown>;
  return keyOf(JSON.stringify({ kty, crv, x, y }));
}
