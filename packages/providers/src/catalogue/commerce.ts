import type { ProviderSpec } from '../provider';
import { hmac, jwt, token } from '../scheme/scheme-spec';
import { first, form, header, join } from '../value-rule';
import { textAnswer, queryToken } from './forms';

/** Shops. */
export const commerce: readonly ProviderSpec[] = [
  {
    name: 'shopify',
    title: 'Shopify',
    category: 'commerce',
    confidence: 'A',
    documentation: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
    detect: [{ header: 'x-shopify-topic' }, { header: 'x-shopify-hmac-sha256' }, { header: 'shopify-hmac-sha256' }],
    schemes: { sha256: hmac({ header: ['x-shopify-hmac-sha256', 'shopify-hmac-sha256'], encoding: 'base64' }) },
    eventType: first(header('x-shopify-topic'), header('shopify-topic')),
    deliveryId: first(header('x-shopify-webhook-id'), header('shopify-webhook-id')),
    secret: "the app's client secret (or the secret under Settings, Notifications, Webhooks)",
    setup: 'Subscribe in the app configuration, with the Admin API, or under Settings > Notifications > Webhooks.',
    notes: [
      { text: 'Shopify waits 5 s for an answer and retries 8 times in 4 hours.', confidence: 'B' },
      {
        text: 'Shopify may take up to an hour to use a rotated secret: keep both secrets for that time.',
        confidence: 'B',
      },
    ],
  },
  {
    name: 'gumroad',
    title: 'Gumroad',
    category: 'commerce',
    confidence: 'C',
    documentation: 'https://gumroad.com/ping',
    detect: [],
    schemes: { query: token({ query: 'token' }) },
    eventType: form('resource_name'),
    deliveryId: join(':', form('sale_id'), form('resource_name')),
    secret: 'a token of your own in the URL: webhook_url?token=...',
    setup: 'Settings > Advanced > Ping endpoint, with ?token=... after the URL.',
    notes: [
      { text: 'Nothing is signed. The token in the URL takes the place of a signature.', confidence: 'B' },
      queryToken,
    ],
  },
  {
    name: 'wix',
    title: 'Wix',
    category: 'commerce',
    confidence: 'C',
    documentation:
      'https://dev.wix.com/docs/build-apps/develop-your-app/api-integrations/events-and-webhooks/about-webhooks',
    detect: [],
    schemes: { jwt: jwt({ algorithm: 'RS256' }) },
    secret: "the app's public key (PEM)",
    setup: 'Custom Apps > your app > Webhooks > Create webhook. The public key is next to it.',
    notes: [{ text: 'The whole body is a token. Paggio forwards it as it arrived.', confidence: 'B' }],
  },
  {
    name: 'woocommerce',
    title: 'WooCommerce',
    category: 'commerce',
    confidence: 'C',
    documentation: 'https://woocommerce.com/document/webhooks/',
    detect: [{ header: 'x-wc-webhook-topic' }, { header: 'x-wc-webhook-signature' }],
    schemes: { sha256: hmac({ header: 'x-wc-webhook-signature', encoding: 'base64' }) },
    eventType: header('x-wc-webhook-topic'),
    deliveryId: header('x-wc-webhook-delivery-id'),
    handshakes: [
      // The first ping is an unsigned form.
      {
        condition: { method: 'POST', present: form('webhook_id'), absent: header('x-wc-webhook-signature') },
        signed: false,
        reply: { kind: 'fixed', answer: textAnswer('') },
      },
    ],
    secret: 'the secret of the webhook',
    setup: 'WooCommerce > Settings > Advanced > Webhooks > Add webhook.',
    notes: [
      {
        text: 'When you save the webhook, WooCommerce sends an unsigned ping `webhook_id=...`. Paggio answers it and stores no event.',
        confidence: 'D',
      },
    ],
  },
];
