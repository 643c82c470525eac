import { createAdyenScheme, type AdyenSpec } from './adyen';
import { createBodyFieldsScheme, type BodyFieldsSpec } from './body-fields';
import { createHmacScheme, type HmacSpec } from './hmac';
import { createJwtScheme, type JwtSpec } from './jwt';
import { createPaypalScheme, type PaypalSpec } from './paypal';
import { createPlaidScheme, type PlaidSpec } from './plaid';
import { createPublicKeyScheme, type PublicKeySpec } from './public-key';
import type { Scheme } from './scheme';
import { createSnsScheme, SNS_TOLERANCE_SECONDS, type SnsSpec } from './sns';
import { createTokenScheme, type TokenSpec } from './token';
import { DEFAULT_TOLERANCE_SECONDS } from '../timestamp';
import { createUrlFieldsScheme, type UrlFieldsSpec } from './url-fields';

/** How a provider proves who it is, as data. */
export type SchemeSpec =
  | HmacSpec
  | TokenSpec
  | PublicKeySpec
  | JwtSpec
  | UrlFieldsSpec
  | BodyFieldsSpec
  | AdyenSpec
  | SnsSpec
  | PaypalSpec
  | PlaidSpec;

/** An HMAC. By default it is over the body, in hex, and its key is the secret's own text. */
export const hmac = (spec: Omit<HmacSpec, 'kind'>): HmacSpec => ({ kind: 'hmac', ...spec });
/** A shared token in a header, in the URL, in the body or as basic authentication. */
export const token = (spec: Omit<TokenSpec, 'kind'>): TokenSpec => ({ kind: 'token', ...spec });
export const ed25519 = (spec: Omit<PublicKeySpec, 'kind'>): PublicKeySpec => ({ kind: 'ed25519', ...spec });
export const ecdsa = (spec: Omit<PublicKeySpec, 'kind'>): PublicKeySpec => ({ kind: 'ecdsa', ...spec });
export const rsa = (spec: Omit<PublicKeySpec, 'kind'>): PublicKeySpec => ({ kind: 'rsa', ...spec });
export const jwt = (spec: Omit<JwtSpec, 'kind'>): JwtSpec => ({ kind: 'jwt', ...spec });

/** Makes the scheme that a spec describes. */
export function createScheme(spec: SchemeSpec): Scheme {
  switch (spec.kind) {
    case 'hmac':
      return createHmacScheme(spec);
    case 'token':
      return createTokenScheme(spec);
    case 'ed25519':
    case 'ecdsa':
    case 'rsa':
      return createPublicKeyScheme(spec);
    case 'jwt':
      return createJwtScheme(spec);
    case 'url-fields':
      return createUrlFieldsScheme(spec);
    case 'body-fields':
      return createBodyFieldsScheme(spec);
    case 'adyen':
      return createAdyenScheme();
    case 'sns':
      return createSnsScheme();
    case 'paypal':
      return createPaypalScheme();
    case 'plaid':
      return createPlaidScheme();
  }
}

/** Whether the URL as configured at the provider is part of what it signs. */
export function signsUrl(spec: SchemeSpec): boolean {
  return spec.kind === 'url-fields' || ('template' in spec && spec.template?.includes('{url}') === true);
}

/**
 * How old, or how far in the future, a signed timestamp may be, in seconds. `null` means that the age is not checked
 * unless `settings.tolerance_seconds` is given, `undefined` that the scheme signs no timestamp.
 */
export function toleranceSeconds(spec: SchemeSpec): number | null | undefined {
  switch (spec.kind) {
    case 'hmac':
    case 'ed25519':
    case 'ecdsa':
    case 'rsa': {
      const signed = spec.timestamp?.path !== undefined || spec.template?.includes('{timestamp}') === true;
      return signed ? (spec.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS) : undefined;
    }
    case 'jwt':
      return spec.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
    case 'body-fields':
      return spec.toleranceSeconds;
    case 'sns':
      return SNS_TOLERANCE_SECONDS;
    case 'plaid':
      return DEFAULT_TOLERANCE_SECONDS;
    case 'paypal':
      return null;
    case 'token':
    case 'url-fields':
    case 'adyen':
      return undefined;
  }
}
