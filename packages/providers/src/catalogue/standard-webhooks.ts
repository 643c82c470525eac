import { textAt } from '../body-value';
import { headerOf, type Provider } from '../provider';
import { hmac } from '../scheme/hmac';
import { ed25519, ed25519Key } from '../scheme/public-key';
import { canonicalBase64 } from '../signature-text';

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const v1a = ed25519({
  header: 'webhook-signature',
  value: { form: 'list', separator: ' ', prefix: 'v1a,' },
  encoding: 'base64',
  template: '{id}.{timestamp}.{body}',
  timestamp: { header: 'webhook-timestamp' },
  id: { header: 'webhook-id' },
  key: (text) => ed25519Key(text.startsWith('whpk_') ? canonicalBase64(text.slice(5)) : undefined),
});

export const standardWebhooks: Provider = {
  name: 'standard-webhooks',
  title: 'Standard Webhooks',
  confidence: 'A',
  detect: [{ header: 'webhook-signature', also: ['webhook-id'] }],
  schemes: {
    v1: hmac({
      header: 'webhook-signature',
      value: { form: 'list', separator: ' ', prefix: 'v1,' },
      encoding: 'base64',
      secretEncoding: 'standard-webhooks',
      template: '{id}.{timestamp}.{body}',
      timestamp: { header: 'webhook-timestamp' },
      id: { header: 'webhook-id' },
    }),
    v1a,
  },
  defaultScheme: 'v1',
  eventType: (request) => textAt(request, 'type'),
  deliveryId: headerOf('webhook-id'),
};

// Clerk, Resend, Brex and others that send through Svix; both header families are in use.
export const svix: Provider = {
  name: 'svix',
  title: 'Svix',
  confidence: 'A',
  detect: [{ header: 'svix-signature' }, { header: 'svix-id' }],
  schemes: {
    v1: hmac({
      header: ['svix-signature', 'webhook-signature'],
      value: { form: 'list', separator: ' ', prefix: 'v1,' },
      encoding: 'base64',
      secretEncoding: 'standard-webhooks',
      template: '{id}.{timestamp}.{body}',
      timestamp: { header: ['svix-timestamp', 'webhook-timestamp'] },
      id: { header: ['svix-id', 'webhook-id'] },
    }),
  },
  defaultScheme: 'v1',
  eventType: (request) => textAt(request, 'type') ?? textAt(request, 'event_type'),
  deliveryId: (request) => headerOf('svix-id')(request) ?? headerOf('webhook-id')(request),
};
