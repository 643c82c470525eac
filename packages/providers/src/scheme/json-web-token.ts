import { isUtf8 } from 'node:buffer';
import { createHmac, sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto';
import { jsonOf } from '../body-value';
import { sameText } from '../signature-text';

/** The supported algorithms of JWS (RFC 7518). `none` is not among them, and a token never chooses its algorithm. */
export type JwtAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'ES256';

export interface ParsedJwt {
  header: Record<string, unknown>;
  /**
   * Undefined when they are not a JSON object. They are parsed on first use, because a token in a body can be large.
   */
  readonly claims: Record<string, unknown> | undefined;
  signed: Buffer;
  signature: string;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const LENGTH_LIMIT = 64 * 1024;

/**
 * The parts of a compact JWS (RFC 7515), or undefined when the text is not one. Nothing of it is verified yet.
 * @param limit the most characters. Only a body may have more: then check the signature before you read the claims.
 */
export function parseJwt(token: string, limit = LENGTH_LIMIT): ParsedJwt | undefined {
  if (token.length > limit) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => BASE64URL.test(part))) return undefined;
  const [head, payload, signature] = parts as [string, string, string];
  const header = head.length > LENGTH_LIMIT ? undefined : objectOf(head);
  // `crit` lists extensions that a receiver must understand (RFC 7515, 4.1.11). This one understands none.
  if (!header || 'crit' in header) return undefined;
  let claims: ReturnType<typeof objectOf> | null = null;
  return {
    header,
    get claims() {
      if (claims === null) claims = objectOf(payload);
      return claims;
    },
    signed: Buffer.from(`${head}.${payload}`, 'latin1'),
    signature,
  };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const value = isUtf8(bytes) ? jsonOf(bytes.toString('utf8')) : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Whether a token's signature holds under a key for an algorithm that the caller has decided on. */
export function jwtHolds(jwt: ParsedJwt, algorithm: JwtAlgorithm, key: KeyObject | Buffer): boolean {
  if (jwt.header['alg'] !== algorithm) return false;
  if (Buffer.isBuffer(key)) return sameText(jwt.signature, hmacOf(algorithm, key, jwt.signed));
  const signature = Buffer.from(jwt.signature, 'base64url');
  // Only the canonical text of these bytes counts. A lenient decoder would accept others.
  if (signature.toString('base64url') !== jwt.signature) return false;
  return verifyBytes('sha256', jwt.signed, dsa(key), signature);
}

export function signJwt(
  claims: Record<string, unknown>,
  algorithm: JwtAlgorithm,
  key: KeyObject | Buffer,
  kid?: string,
): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = encode({ alg: algorithm, typ: 'JWT', ...(kid === undefined ? {} : { kid }) });
  const signed = `${head}.${encode(claims)}`;
  const bytes = Buffer.from(signed, 'latin1');
  const signature = Buffer.isBuffer(key)
    ? hmacOf(algorithm, key, bytes)
    : signBytes('sha256', bytes, dsa(key)).toString('base64url');
  return `${signed}.${signature}`;
}

function hmacOf(algorithm: JwtAlgorithm, key: Buffer, bytes: Buffer): string {
  return createHmac(`sha${algorithm.slice(2)}`, key)
    .update(bytes)
    .digest('base64url');
}

/** JWS wants the two numbers of an ECDSA signature side by side, not in DER. */
function dsa(key: KeyObject): { key: KeyObject; dsaEncoding?: 'ieee-p1363' } {
  return key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' } : { key };
}
