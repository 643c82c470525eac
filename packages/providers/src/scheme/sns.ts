import { sign as signBytes, verify as verifySignature } from 'node:crypto';
import { isTooLargeToRead, jsonBody, textOf, valueAt } from '../body-value';
import { replaceJsonStrings } from '../json-source';
import { canonicalBase64, sameText } from '../signature-text';
import { checkTimestamp, toleranceOf } from '../timestamp';
import { refused, type Verification } from '../verification';
import type { Path } from '../json-path';
import type { WebhookRequest } from '../webhook-request';
import { keyAtUrl } from './certificate-url';
import { privateKey, privateKeyProblem, testPair } from './public-key';
import type { Scheme, SchemeContext } from './scheme';

/**
 * Amazon SNS (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html): an RSA signature over
 * fields of the body, with a certificate that the message names. Anybody with an AWS account can send a signed message,
 * so the endpoint's `secrets` are the ARNs of the topics that it accepts.
 */
export interface SnsSpec {
  kind: 'sns';
}

// A region such as eu-central-1 or us-gov-west-1. A looser pattern would also fit names that customers of AWS can own,
// such as sns.s3-us-west-2.amazonaws.com, which is a bucket called "sns".
const ORIGIN = 'https:\\/\\/sns\\.[a-z]{2}(?:-[a-z]+)+-\\d\\.amazonaws\\.com(?:\\.cn)?';
const CERTIFICATE_URL = new RegExp(`^${ORIGIN}\\/[A-Za-z0-9_-]{1,128}\\.pem$`);
/** The URL at which a subscription is confirmed: the root of the service, with a query. */
export const SNS_CONFIRMATION_URL = new RegExp(`^${ORIGIN}\\/\\?[\\w%.~:=&+*!'(),;@$/?-]{1,2048}$`);
const ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;
/** Retries repeat the time of publication, and a delivery policy may let them go on for an hour. */
export const SNS_TOLERANCE_SECONDS = 2 * 3600;

export function createSnsScheme(): Scheme {
  return {
    kind: 'sns',
    credentialHeaders: [],
    signingHeaders: [],
    bodyPlaces: [...SIGNATURE, ...NOTIFICATION, ...SUBSCRIPTION].map((path) => ({ path })),
    secretProblem: (text) => (ARN.test(text) ? null : 'The secret of SNS is the ARN of the topic: arn:aws:sns:...'),
    signingKeyProblem: (text) => privateKeyProblem(text, 'rsa'),
    verify,
    sign(input) {
      const key = privateKey(input.secret, 'rsa');
      const timestamp = new Date(input.timestamp).toISOString();
      const stamped = replaceJsonStrings(input.body, [[['Timestamp'], timestamp]]);
      const message: unknown = JSON.parse(stamped.toString('utf8'));
      const algorithm = valueAt(message, ['SignatureVersion']) === '2' ? 'sha256' : 'sha1';
      const signature = signBytes(algorithm, Buffer.from(signedText(message) ?? ''), key).toString('base64');
      return { headers: [], body: replaceJsonStrings(stamped, [[['Signature'], signature]]) };
    },
    createTestSecret() {
      const { signingKey } = testPair('rsa', 'pem');
      return { secret: 'arn:aws:sns:eu-central-1:123456789012:paggio-test', signingKey };
    },
  };
}

async function verify(request: WebhookRequest, context: SchemeContext): Promise<Verification> {
  const message = jsonBody(request);
  const topic = textOf(valueAt(message, ['TopicArn']));
  const received = textOf(valueAt(message, ['Signature']));
  const text = signedText(message);
  if (isTooLargeToRead(request)) return refused('body_too_large_to_read');
  if (received === null) return refused('missing_signature');
  if (topic === null || text === undefined) return refused('malformed_body');
  const timestamp = textOf(valueAt(message, ['Timestamp'])) ?? '';
  const stale = checkTimestamp(
    timestamp,
    'iso8601',
    toleranceOf(context.settings, SNS_TOLERANCE_SECONDS),
    request.receivedAt,
  );
  if (stale) return stale;
  if (!context.secrets.some((arn) => sameText(topic, arn))) return refused('wrong_signature');
  const version = valueAt(message, ['SignatureVersion']);
  const signature = canonicalBase64(received);
  if (!signature || (version !== '1' && version !== '2')) return refused('malformed_signature');
  const url = textOf(valueAt(message, ['SigningCertURL'])) ?? '';
  const key = await keyAtUrl(url, CERTIFICATE_URL, context.keys);
  if (key === 'refused') return refused('malformed_signature');
  if (key === 'unavailable') return refused('key_unavailable');
  // The request may name either version: both are RSA with the same key, and SNS still sends both.
  const holds = verifySignature(version === '2' ? 'sha256' : 'sha1', Buffer.from(text), key, signature);
  return holds
    ? { ok: true, proof: received, bodyAuthenticated: false, coversTimestamp: true }
    : refused('wrong_signature');
}

const SIGNATURE: readonly Path[] = [['Signature'], ['SignatureVersion'], ['SigningCertURL']];
const NOTIFICATION: readonly Path[] = [['Message'], ['MessageId'], ['Subject'], ['Timestamp'], ['TopicArn'], ['Type']];
const SUBSCRIPTION: readonly Path[] = [
  ['Message'],
  ['MessageId'],
  ['SubscribeURL'],
  ['Timestamp'],
  ['Token'],
  ['TopicArn'],
  ['Type'],
];

/** `Key\nValue\n` for each signed field; only Subject may be missing. */
function signedText(message: unknown): string | undefined {
  const notification = valueAt(message, ['Type']) === 'Notification';
  let text = '';
  for (const path of notification ? NOTIFICATION : SUBSCRIPTION) {
    const value = valueAt(message, path);
    if (value === undefined && path[0] === 'Subject') continue;
    if (typeof value !== 'string') return undefined;
    text += `${String(path[0])}\n${value}\n`;
  }
  return text;
}
