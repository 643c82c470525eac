import { createHmac } from 'node:crypto';
import { isTooLargeToRead, jsonBody, jsonOf, valueAt } from '../body-value';
import { replaceJsonStrings, sourceAt } from '../json-source';
import { sameText } from '../signature-text';
import type { Path } from '../json-path';
import { refused } from '../verification';
import type { Scheme } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';

/**
 * Adyen's standard webhooks carry one signature per item inside the body, over eight fields of the item. Every
 * signature must be valid; the rest of the body is not authenticated.
 */
export interface AdyenSpec {
  kind: 'adyen';
}

const LIST: Path = ['notificationItems'];
const ITEM = 'NotificationRequestItem';
const SIGNATURE: Path = ['additionalData', 'hmacSignature'];
const SIGNED: readonly Path[] = [
  ['pspReference'],
  ['originalReference'],
  ['merchantAccountCode'],
  ['merchantReference'],
  ['amount', 'value'],
  ['amount', 'currency'],
  ['eventCode'],
  ['success'],
];

export function createAdyenScheme(): Scheme {
  const shared = sharedSecret('hex', 'HMAC key');
  return {
    kind: 'adyen',
    credentialHeaders: [],
    signingHeaders: [],
    bodyPlaces: [SIGNATURE, ...SIGNED].map((path) => ({ list: LIST, path: [ITEM, ...path] })),
    ...shared,
    verify(request, context) {
      const items = itemsOf(jsonBody(request));
      if (!items) return refused(isTooLargeToRead(request) ? 'body_too_large_to_read' : 'malformed_body');
      const keys = usableKeys(context.secrets, 'hex');
      if (keys.length === 0) return refused('no_secret');
      for (const [index, item] of items.entries()) {
        const received = valueAt(item, SIGNATURE);
        if (typeof received !== 'string' || received === '') return refused('missing_signature');
        if (!keys.some((key) => sameText(received, signatureOf(item, key, request.body, index))))
          return refused('wrong_signature');
      }
      return { ok: true, proof: '', bodyAuthenticated: false, coversTimestamp: false };
    },
    sign(input) {
      const key = keyToSignWith(input.secret, 'hex');
      const items = itemsOf(jsonOf(input.body.toString('utf8')));
      if (!items) throw new TypeError('The body is not an Adyen notification.');
      const edits = items.map(
        (item, index) => [[...LIST, index, ITEM, ...SIGNATURE], signatureOf(item, key, input.body, index)] as const,
      );
      return { headers: [], body: replaceJsonStrings(input.body, edits) };
    },
  };
}

function itemsOf(value: unknown): object[] | undefined {
  const items = valueAt(value, LIST);
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const inner = items.map((item) => valueAt(item, [ITEM]));
  return inner.every((item) => typeof item === 'object' && item !== null) ? inner : undefined;
}

/** The exact digits of numbers that JavaScript cannot hold are not looked up in bodies of more bytes. */
const SEARCHED_BYTES = 1024 * 1024;

function signatureOf(item: object, key: Buffer, body: Buffer, index: number): string {
  const text = SIGNED.map((path) => {
    const value = valueAt(item, path);
    if (Number.isInteger(value) && !Number.isSafeInteger(value) && body.length <= SEARCHED_BYTES)
      return sourceAt(body, [...LIST, index, ITEM, ...path]) ?? '';
    return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
  }).join(':');
  return createHmac('sha256', key).update(text).digest('base64');
}
