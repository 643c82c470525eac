import { textAt } from '../body-value';
import { headerOf, type Provider } from '../provider';
import { adyenItems, adyenScheme } from '../scheme/adyen';
import { hmac } from '../scheme/hmac';

// https://docs.stripe.com/webhooks/signature. The key is the whole `whsec_...` text, not its decoded rest.
export const stripe: Provider = {
  name: 'stripe',
  title: 'Stripe',
  confidence: 'A',
  detect: [{ header: 'stripe-signature' }],
  schemes: {
    v1: hmac({
      header: 'stripe-signature',
      value: { form: 'fields', separator: ',', signature: 'v1', timestamp: 't' },
      template: '{timestamp}.{body}',
    }),
  },
  defaultScheme: 'v1',
  eventType: (request) => textAt(request, 'type'),
  deliveryId: (request) => textAt(request, 'id'),
};

// https://shopify.dev/docs/apps/build/webhooks/subscribe/https
export const shopify: Provider = {
  name: 'shopify',
  title: 'Shopify',
  confidence: 'B',
  detect: [{ header: 'x-shopify-topic' }, { header: 'x-shopify-hmac-sha256' }, { header: 'shopify-hmac-sha256' }],
  schemes: { sha256: hmac({ header: ['x-shopify-hmac-sha256', 'shopify-hmac-sha256'], encoding: 'base64' }) },
  defaultScheme: 'sha256',
  eventType: headerOf('x-shopify-topic'),
  deliveryId: (request) => headerOf('x-shopify-webhook-id')(request) ?? headerOf('shopify-webhook-id')(request),
};

export const square: Provider = {
  name: 'square',
  title: 'Square',
  confidence: 'A',
  detect: [{ header: 'x-square-hmacsha256-signature' }],
  schemes: { sha256: hmac({ header: 'x-square-hmacsha256-signature', encoding: 'base64', template: '{url}{body}' }) },
  defaultScheme: 'sha256',
  signsUrl: true,
  eventType: (request) => textAt(request, 'type'),
  deliveryId: (request) => textAt(request, 'event_id'),
};

export const paddle: Provider = {
  name: 'paddle',
  title: 'Paddle Billing',
  confidence: 'A',
  detect: [{ header: 'paddle-signature' }],
  schemes: {
    h1: hmac({
      header: 'paddle-signature',
      value: { form: 'fields', separator: ';', signature: 'h1', timestamp: 'ts' },
      template: '{timestamp}:{body}',
    }),
  },
  defaultScheme: 'h1',
  eventType: (request) => textAt(request, 'event_type'),
  deliveryId: (request) => textAt(request, 'event_id'),
};

export const razorpay: Provider = {
  name: 'razorpay',
  title: 'Razorpay',
  confidence: 'C',
  detect: [{ header: 'x-razorpay-signature' }],
  schemes: { sha256: hmac({ header: 'x-razorpay-signature' }) },
  defaultScheme: 'sha256',
  eventType: (request) => textAt(request, 'event'),
  deliveryId: headerOf('x-razorpay-event-id'),
};

export const xero: Provider = {
  name: 'xero',
  title: 'Xero',
  confidence: 'C',
  detect: [{ header: 'x-xero-signature' }],
  schemes: { sha256: hmac({ header: 'x-xero-signature', encoding: 'base64' }) },
  defaultScheme: 'sha256',
  eventType(request) {
    const category = textAt(request, 'events', 0, 'eventCategory');
    const type = textAt(request, 'events', 0, 'eventType');
    return category && type ? `${category}.${type}` : type;
  },
  deliveryId: () => null,
  acknowledgement: { status: 200, contentType: null, body: '' },
};

// https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures
export const adyen: Provider = {
  name: 'adyen',
  title: 'Adyen',
  confidence: 'A',
  detect: [],
  schemes: { standard: adyenScheme() },
  defaultScheme: 'standard',
  eventType: (request) => {
    const code = adyenItems(request)?.[0]?.eventCode;
    return typeof code === 'string' ? code : null;
  },
  deliveryId: (request) => {
    const items = adyenItems(request);
    const item = items?.length === 1 ? items[0] : undefined;
    return item ? `${String(item.pspReference)}:${String(item.eventCode)}:${String(item.success)}` : null;
  },
  acknowledgement: { status: 200, contentType: 'text/plain; charset=utf-8', body: '[accepted]' },
};
