import { createHmac } from 'node:crypto';
import { jsonBody, valueAt } from '../body-value';
import { secretKey } from '../secret-key';
import { sameText } from '../signature-text';
import { refused } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme } from './scheme';

type Item = Record<string, unknown>;

/**
 * Adyen's standard webhooks carry one signature per item inside the body, over eight of its fields. Every item must
 * hold; the rest of the body is not authenticated.
 */
export function adyenScheme(): Scheme {
  return {
    kind: 'adyen',
    credentialHeaders: [],
    secretProblem: (secret) => (secretKey(secret, 'hex') ? null : 'The HMAC key is the hex text that Adyen shows.'),
    verify(request, context) {
      const items = adyenItems(request);
      if (!items) return refused('malformed_body');
      const keys = context.secrets.map((secret) => secretKey(secret, 'hex')).filter((key) => key !== undefined);
      if (keys.length === 0) return refused('no_secret');
      for (const item of items) {
        const received = valueAt(item, ['additionalData', 'hmacSignature']);
        if (typeof received !== 'string' || received === '') return refused('missing_signature');
        const text = signedText(item);
        const holds = keys.some((key) => sameText(received, createHmac('sha256', key).update(text).digest('base64')));
        if (!holds) return refused('wrong_signature');
      }
      return { ok: true, proof: '', bodyAuthenticated: false, coversTimestamp: false };
    },
  };
}

export function adyenItems(request: WebhookRequest): Item[] | undefined {
  const items = valueAt(jsonBody(request), ['notificationItems']);
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const inner = items.map((item) => valueAt(item, ['NotificationRequestItem']));
  return inner.every((item) => typeof item === 'object' && item !== null) ? (inner as Item[]) : undefined;
}

function signedText(item: Item): string {
  const paths = [
    ['pspReference'],
    ['originalReference'],
    ['merchantAccountCode'],
    ['merchantReference'],
    ['amount', 'value'],
    ['amount', 'currency'],
    ['eventCode'],
    ['success'],
  ];
  return paths
    .map((path) => valueAt(item, path))
    .map((value) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? String(value as string | number | boolean) : '',
    )
    .join(':');
}
