import type { VerificationSettings } from '../verification-settings';
import { isUtf8 } from 'node:buffer';
import { createHash, type KeyObject } from 'node:crypto';
import { jsonOf } from '../body-value';
import { publicKeyOf, type KeyKind } from '../key-text';
import { repeated } from '../header-list';
import type { SecretEncoding } from '../secret-key';
import { sameText } from '../signature-text';
import { DEFAULT_TOLERANCE_SECONDS, toleranceOf } from '../timestamp';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import { jwtHolds, parseJwt, signJwt, type JwtAlgorithm } from './json-web-token';
import { privateKey, privateKeyProblem, remembered, testPair } from './public-key';
import type { Scheme } from './scheme';
import { signedUrl } from './signed-header';
import { SigningProblem } from './signing-problem';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';

/** A JSON Web Token (RFC 7519) in a header, or as the whole body. */
export interface JwtSpec {
  kind: 'jwt';
  /** The header that carries the token. Left out when the body is the token. */
  header?: string;
  /** Text before the token, such as `Bearer `. */
  prefix?: string;
  /** Whether a token without the prefix is accepted too. If so, `sign` leaves the prefix out. */
  prefixOptional?: boolean;
  algorithm: JwtAlgorithm;
  /** Further algorithms of the same kind of key that the provider's libraries accept. `sign` uses the first one. */
  alsoAccepted?: readonly JwtAlgorithm[];
  /** How the secret becomes a key, for HS256, HS384 and HS512. @default 'utf8' */
  secretEncoding?: SecretEncoding;
  /** The claim that holds the SHA-256 of the body. Without it the token says nothing about the body. */
  bodyHash?: {
    claim: string;
    encoding: 'hex' | 'base64';
    /** The provider leaves the claim out where there is no body. */
    omittedWhenEmpty?: boolean;
  };
  /** The claim that holds the hex SHA-256 of the URL. It is compared if the endpoint has a public URL. */
  urlHashClaim?: string;
  /** Whether `sign` adds the time from which the token is valid (`nbf`). */
  notBefore?: boolean;
  /** Tolerance of `iat`, in both directions, and of `exp` and `nbf`, if the token has them. @default 300 */
  toleranceSeconds?: number;
  /** The required issuer (`iss`), if it is the same for all users of the provider. */
  issuer?: string;
  /** The setting in `verification.settings` that has the required issuer. Signing needs it, verification does not. */
  issuerSetting?: string;
}

const keyKinds: Readonly<Record<JwtAlgorithm, KeyKind | null>> = {
  HS256: null,
  HS384: null,
  HS512: null,
  RS256: 'rsa',
  ES256: 'ec',
};

export function createJwtScheme(spec: JwtSpec): Scheme {
  const kind = keyKinds[spec.algorithm];
  const header = spec.header?.toLowerCase();
  const shared = sharedSecret(spec.secretEncoding);
  const keyOf = remembered((text) => (kind === null ? undefined : publicKeyOf(text, kind)));
  const keysOf = (secrets: readonly string[]): (KeyObject | Buffer)[] =>
    kind === null ? usableKeys(secrets, spec.secretEncoding) : secrets.map(keyOf).filter((key) => key !== undefined);
  return {
    kind: 'jwt',
    credentialHeaders: header === undefined || spec.bodyHash ? [] : [header],
    signingHeaders: header === undefined ? [] : [header],
    ...(kind === null
      ? shared
      : {
          secretProblem: (text: string) =>
            keyOf(text) ? null : 'This is not a public key in the form the provider shows it.',
          signingKeyProblem: (text: string) => privateKeyProblem(text, kind),
          createTestSecret: () => testPair(kind, 'pem'),
        }),
    verify(request, context) {
      const token = carriedToken(request, spec, header);
      if (typeof token !== 'string') return token;
      const jwt = parseJwt(token, header === undefined ? token.length : undefined);
      if (!jwt) return refused('malformed_signature');
      const keys = keysOf(context.secrets);
      if (keys.length === 0) return refused('no_secret');
      const algorithms = [spec.algorithm, ...(spec.alsoAccepted ?? [])];
      if (!keys.some((key) => algorithms.some((algorithm) => jwtHolds(jwt, algorithm, key))))
        return refused('wrong_signature');
      const { claims } = jwt;
      if (!claims) return refused('malformed_signature');
      if (spec.urlHashClaim && context.publicUrl !== null) {
        const claimed = claims[spec.urlHashClaim];
        const url = signedUrl(request, context);
        if (typeof claimed !== 'string' || !sameText(claimed, sha256Hex(url))) return refused('wrong_signature');
      }
      const toleranceSeconds = toleranceOf(context.settings, spec.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS);
      const rules = { ...spec, issuer: issuerOf(spec, context.settings), toleranceSeconds };
      return checkClaims(claims, request, rules, jwt.signature);
    },
    sign(input) {
      const key = kind === null ? keyToSignWith(input.secret, spec.secretEncoding) : privateKey(input.secret, kind);
      const iat = Math.floor(input.timestamp / 1000);
      const iss = issuerOf(spec, input.settings ?? {});
      if (iss === undefined && spec.issuerSetting !== undefined) {
        const field = `settings.${spec.issuerSetting}`;
        throw new SigningProblem(field, `A token names its issuer, and receivers demand it: set ${field} to sign one.`);
      }
      if (spec.urlHashClaim && input.publicUrl === null) {
        throw new SigningProblem('public_url', 'A token contains the hash of the URL: set public_url to sign one.');
      }
      const times = {
        iat,
        ...(spec.notBefore ? { nbf: iat } : {}),
        exp: iat + DEFAULT_TOLERANCE_SECONDS,
        ...(iss === undefined ? {} : { iss }),
      };
      if (header === undefined) {
        const claims =
          parseJwt(input.body.toString('latin1').trim(), input.body.length)?.claims ?? jsonObject(input.body);
        if (!claims) throw new TypeError('The body is neither a token nor a JSON object.');
        return { headers: [], body: Buffer.from(signJwt({ ...claims, ...times }, spec.algorithm, key)) };
      }
      const hash = coversBody(spec, input.body)
        ? { [spec.bodyHash.claim]: createHash('sha256').update(input.body).digest(spec.bodyHash.encoding) }
        : {};
      const urlHash =
        spec.urlHashClaim && input.publicUrl !== null ? { [spec.urlHashClaim]: sha256Hex(input.publicUrl) } : {};
      const token = signJwt({ ...times, jti: input.id, ...hash, ...urlHash }, spec.algorithm, key);
      return { headers: [[header, (spec.prefixOptional ? '' : (spec.prefix ?? '')) + token]] };
    },
  };
}

/** Whether a token over this body contains its hash. */
function coversBody(spec: JwtSpec, body: Buffer): spec is JwtSpec & { bodyHash: NonNullable<JwtSpec['bodyHash']> } {
  return spec.bodyHash !== undefined && !(spec.bodyHash.omittedWhenEmpty && body.length === 0);
}

function issuerOf(spec: JwtSpec, settings: VerificationSettings): string | undefined {
  const own = spec.issuerSetting === undefined ? undefined : settings[spec.issuerSetting];
  return typeof own === 'string' && own !== '' ? own : spec.issuer;
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function carriedToken(request: WebhookRequest, spec: JwtSpec, header: string | undefined): string | Verification {
  if (header === undefined) {
    return request.body.length === 0 ? refused('missing_signature') : request.body.toString('latin1').trim();
  }
  const value = request.headers.only(header);
  if (value === repeated) return refused('repeated_header');
  if (!value) return refused('missing_signature');
  const prefix = spec.prefix ?? '';
  if (value.startsWith(prefix)) return value.slice(prefix.length);
  return spec.prefixOptional ? value : refused('malformed_signature');
}

function checkClaims(
  claims: Record<string, unknown>,
  request: WebhookRequest,
  spec: JwtSpec & { toleranceSeconds: number },
  signature: string,
): Verification {
  const { toleranceSeconds: tolerance } = spec;
  const now = Math.floor(request.receivedAt / 1000);
  const { iat, exp, nbf, iss } = claims;
  for (const time of [iat, exp, nbf]) {
    if (time !== undefined && (typeof time !== 'number' || !Number.isFinite(time)))
      return refused('malformed_timestamp');
  }
  if (typeof exp === 'number' && now - exp > tolerance) return refused('timestamp_too_old');
  if (typeof nbf === 'number' && nbf - now > tolerance) return refused('timestamp_in_future');
  if (typeof iat === 'number') {
    if (now - iat > tolerance) return refused('timestamp_too_old');
    if (iat - now > tolerance) return refused('timestamp_in_future');
  }
  if (spec.issuer !== undefined && iss !== spec.issuer) return refused('wrong_signature');
  if (spec.bodyHash && (coversBody(spec, request.body) || claims[spec.bodyHash.claim] !== undefined)) {
    const expected = createHash('sha256').update(request.body).digest(spec.bodyHash.encoding);
    const claimed = claims[spec.bodyHash.claim];
    if (typeof claimed !== 'string' || !sameText(claimed, expected)) return refused('wrong_signature');
  }
  return {
    ok: true,
    proof: signature,
    bodyAuthenticated: spec.bodyHash !== undefined || spec.header === undefined,
    coversTimestamp: typeof iat === 'number',
  };
}

function jsonObject(body: Buffer): Record<string, unknown> | undefined {
  const value = isUtf8(body) ? jsonOf(body.toString('utf8')) : undefined;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
