import { sign as signBytes, verify as verifySignature } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { HeaderList, repeated } from '../header-list';
import { canonicalBase64 } from '../signature-text';
import { refused, type Verification } from '../verification';
import { checkTimestamp, DEFAULT_TOLERANCE_SECONDS, toleranceOf, TOLERANCE_SETTING } from '../timestamp';
import type { WebhookRequest } from '../webhook-request';
import { keyAtUrl } from './certificate-url';
import { privateKey, privateKeyProblem, testPair } from './public-key';
import type { Scheme, SchemeContext } from './scheme';

/**
 * PayPal (https://developer.paypal.com/api/rest/webhooks/rest/): RSA-SHA256 over transmission id, time, webhook id and
 * the CRC-32 of the body, with a certificate whose URL a header names. The endpoint's secret is the webhook id, which
 * says for which webhook PayPal signed. A CRC is not a cryptographic hash: anyone who can choose a body can make
 * another with the same CRC, so the body is authenticated only as well as PayPal's scheme can.
 */
export interface PaypalSpec {
  kind: 'paypal';
}

const CERTIFICATE_URL =
  /^https:\/\/api(?:-m)?(?:\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9_-]{1,128}$/;
const names = {
  id: 'paypal-transmission-id',
  time: 'paypal-transmission-time',
  signature: 'paypal-transmission-sig',
  url: 'paypal-cert-url',
  algorithm: 'paypal-auth-algo',
} as const;
const TEST_CERTIFICATE = 'https://api.paypal.com/v1/notifications/certs/CERT-test';

export function createPaypalScheme(): Scheme {
  const problem = (text: string): string | null =>
    /^[A-Za-z0-9-]{8,64}$/.test(text) ? null : "The secret of PayPal is the webhook's ID, as its dashboard shows it.";
  return {
    kind: 'paypal',
    credentialHeaders: [],
    signingHeaders: Object.values(names),
    secretProblem: problem,
    signingKeyProblem: (text) => {
      const [id, pem] = splitKey(text);
      return problem(id) ?? privateKeyProblem(pem, 'rsa');
    },
    verify,
    sign(input) {
      const [webhookId, pem] = splitKey(input.secret);
      const time = new Date(input.timestamp).toISOString();
      const id = new HeaderList(input.rawHeaders).get(names.id) ?? input.id;
      const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(input.body)}`);
      return {
        headers: [
          [names.id, id],
          [names.time, time],
          [names.url, new HeaderList(input.rawHeaders).get(names.url) ?? TEST_CERTIFICATE],
          [names.algorithm, 'SHA256withRSA'],
          [names.signature, signBytes('sha256', signed, privateKey(pem, 'rsa')).toString('base64')],
        ],
      };
    },
    createTestSecret() {
      const secret = '0TEST0WEBHOOK0ID0';
      return { secret, signingKey: `${secret}:${testPair('rsa', 'pem').signingKey}` };
    },
  };
}

/** A signing key is the webhook's ID and a private key: `<id>:<PEM>`. */
function splitKey(text: string): [string, string] {
  const mark = text.indexOf(':');
  return mark < 0 ? ['', text] : [text.slice(0, mark), text.slice(mark + 1)];
}

async function verify(request: WebhookRequest, context: SchemeContext): Promise<Verification> {
  const values: Record<string, string> = {};
  for (const name of Object.values(names)) {
    const value = request.headers.only(name);
    if (value === repeated) return refused('repeated_header');
    values[name] = value ?? '';
  }
  if (values[names.signature] === '') return refused('missing_signature');
  const signature = canonicalBase64(values[names.signature] as string);
  // There is only one algorithm. The header must name it and cannot choose another.
  if (!signature || values[names.algorithm] !== 'SHA256withRSA') return refused('malformed_signature');
  if (values[names.id] === '' || values[names.time] === '') return refused('malformed_timestamp');
  // PayPal names no tolerance, so the age is checked only if the endpoint has a setting for it.
  if (context.settings[TOLERANCE_SETTING] !== undefined) {
    const tolerance = toleranceOf(context.settings, DEFAULT_TOLERANCE_SECONDS);
    const stale = checkTimestamp(values[names.time] as string, 'iso8601', tolerance, request.receivedAt);
    if (stale) return stale;
  }
  if (context.secrets.length === 0) return refused('no_secret');
  const key = await keyAtUrl(values[names.url] as string, CERTIFICATE_URL, context.keys);
  if (key === 'refused') return refused('malformed_signature');
  if (key === 'unavailable') return refused('key_unavailable');
  const crc = crc32(request.body);
  const holds = context.secrets.some((webhookId) =>
    verifySignature(
      'sha256',
      Buffer.from(`${values[names.id]}|${values[names.time]}|${webhookId}|${crc}`, 'latin1'),
      key,
      signature,
    ),
  );
  return holds
    ? { ok: true, proof: values[names.signature] as string, bodyAuthenticated: true, coversTimestamp: true }
    : refused('wrong_signature');
}
