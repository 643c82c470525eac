import { createHmac } from 'node:crypto';
import { formBody, textAt, valueAt, jsonBody } from '../body-value';
import { headerOf, json, plainText, type Provider } from '../provider';
import { hmac } from '../scheme/hmac';
import { mailgunScheme } from '../scheme/mailgun';
import { ecdsaSha256, ed25519, ed25519Key, spkiKey } from '../scheme/public-key';
import { token } from '../scheme/token';
import { twilioScheme } from '../scheme/twilio';
import { canonicalHex, sameText } from '../signature-text';
import { queryOf, type WebhookRequest } from '../webhook-request';

// Zoom and X answer a challenge with an HMAC under the same secret that signs events. A challenge that could contain
// `:` or `{` would let anybody have an event of their own signed, so only plain tokens are answered.
const PLAIN_TOKEN = /^[A-Za-z0-9_+/=.-]{1,256}$/;

// https://docs.slack.dev/authentication/verifying-requests-from-slack
export const slack: Provider = {
  name: 'slack',
  title: 'Slack',
  confidence: 'A',
  detect: [{ header: 'x-slack-signature' }],
  schemes: {
    v0: hmac({
      header: 'x-slack-signature',
      value: { form: 'plain', prefix: 'v0=' },
      template: 'v0:{timestamp}:{body}',
      timestamp: { header: 'x-slack-request-timestamp' },
    }),
  },
  defaultScheme: 'v0',
  eventType(request) {
    const form = formBody(request);
    if (form) {
      const payload = form.get('payload');
      if (!payload) return form.get('command');
      try {
        const type = valueAt(JSON.parse(payload), ['type']);
        return typeof type === 'string' ? type : null;
      } catch {
        return null;
      }
    }
    const type = textAt(request, 'type');
    return type === 'event_callback' ? (textAt(request, 'event', 'type') ?? type) : type;
  },
  deliveryId: (request) => textAt(request, 'event_id'),
  handshake: {
    signed: true,
    answer(request) {
      const challenge = textAt(request, 'challenge');
      return textAt(request, 'type') === 'url_verification' && challenge ? plainText(challenge) : undefined;
    },
  },
};

// https://discord.com/developers/docs/events/webhook-events
export const discord: Provider = {
  name: 'discord',
  title: 'Discord',
  confidence: 'A',
  detect: [{ header: 'x-signature-ed25519' }],
  schemes: {
    ed25519: ed25519({
      header: 'x-signature-ed25519',
      encoding: 'hex',
      template: '{timestamp}{body}',
      timestamp: { header: 'x-signature-timestamp' },
      key: (text) => ed25519Key(canonicalHex(text.trim())),
    }),
  },
  defaultScheme: 'ed25519',
  eventType: (request) => textAt(request, 'event', 'type') ?? textAt(request, 'type'),
  deliveryId: (request) => textAt(request, 'id'),
  handshake: {
    signed: true,
    answer(request) {
      const body = jsonBody(request);
      const type = valueAt(body, ['type']);
      if (type === 1) return json({ type: 1 });
      if (type === 0) return { status: 204, contentType: null, body: '' };
      return undefined;
    },
  },
};

export const twilio: Provider = {
  name: 'twilio',
  title: 'Twilio',
  confidence: 'A',
  detect: [{ header: 'x-twilio-signature' }],
  schemes: { sha1: twilioScheme() },
  defaultScheme: 'sha1',
  signsUrl: true,
  eventType(request) {
    const form = formBody(request);
    return form?.get('MessageStatus') ?? form?.get('SmsStatus') ?? form?.get('CallStatus') ?? null;
  },
  deliveryId: headerOf('i-twilio-idempotency-token'),
};

export const sendgrid: Provider = {
  name: 'sendgrid',
  title: 'SendGrid Event Webhook',
  confidence: 'A',
  detect: [{ header: 'x-twilio-email-event-webhook-signature' }],
  schemes: {
    ecdsa: ecdsaSha256({
      header: 'x-twilio-email-event-webhook-signature',
      encoding: 'base64',
      template: '{timestamp}{body}',
      timestamp: { header: 'x-twilio-email-event-webhook-timestamp', toleranceSeconds: 600 },
      key: spkiKey,
    }),
  },
  defaultScheme: 'ecdsa',
  eventType: (request) => textAt(request, 0, 'event'),
  deliveryId: (request) => {
    const body = jsonBody(request);
    return Array.isArray(body) && body.length === 1 ? textAt(request, 0, 'sg_event_id') : null;
  },
};

export const mailgun: Provider = {
  name: 'mailgun',
  title: 'Mailgun',
  confidence: 'C',
  detect: [],
  schemes: { body: mailgunScheme() },
  defaultScheme: 'body',
  eventType: (request) => textAt(request, 'event-data', 'event'),
  deliveryId: (request) => textAt(request, 'signature', 'token'),
};

export const meta: Provider = {
  name: 'meta',
  title: 'Meta: WhatsApp, Messenger, Instagram, Pages',
  confidence: 'C',
  detect: [{ header: 'x-hub-signature-256', also: ['!x-github-event'] }],
  schemes: { sha256: hmac({ header: 'x-hub-signature-256', value: { form: 'plain', prefix: 'sha256=' } }) },
  defaultScheme: 'sha256',
  eventType: (request) => textAt(request, 'entry', 0, 'changes', 0, 'field') ?? textAt(request, 'object'),
  deliveryId: (request) => textAt(request, 'entry', 0, 'changes', 0, 'value', 'messages', 0, 'id'),
  handshake: {
    signed: false,
    answer(request, context) {
      if (request.method !== 'GET') return undefined;
      const query = new URLSearchParams(queryOf(request.target));
      if (query.get('hub.mode') !== 'subscribe') return undefined;
      const expected = context.settings['verify_token'];
      const given = query.get('hub.verify_token') ?? '';
      const holds = typeof expected === 'string' && expected !== '' && sameText(given, expected);
      return holds ? plainText(query.get('hub.challenge') ?? '') : { ...plainText('Forbidden'), status: 403 };
    },
  },
};

export const x: Provider = {
  name: 'x',
  title: 'X (Twitter)',
  confidence: 'C',
  detect: [{ header: 'x-twitter-webhooks-signature' }],
  schemes: {
    sha256: hmac({
      header: 'x-twitter-webhooks-signature',
      encoding: 'base64',
      value: { form: 'plain', prefix: 'sha256=' },
    }),
  },
  defaultScheme: 'sha256',
  eventType: (request) => {
    const body = jsonBody(request);
    const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    return keys.find((key) => key.endsWith('_events')) ?? null;
  },
  deliveryId: () => null,
  handshake: {
    signed: false,
    answer(request, context) {
      if (request.method !== 'GET') return undefined;
      const crc = new URLSearchParams(queryOf(request.target)).get('crc_token');
      const secret = context.secrets[0];
      if (!crc || !secret || !PLAIN_TOKEN.test(crc)) return undefined;
      return json({ response_token: `sha256=${createHmac('sha256', secret).update(crc).digest('base64')}` });
    },
  },
};

export const twitch: Provider = {
  name: 'twitch',
  title: 'Twitch EventSub',
  confidence: 'B',
  detect: [{ header: 'twitch-eventsub-message-signature' }],
  schemes: {
    sha256: hmac({
      header: 'twitch-eventsub-message-signature',
      value: { form: 'plain', prefix: 'sha256=' },
      template: '{id}{timestamp}{body}',
      timestamp: { header: 'twitch-eventsub-message-timestamp', unit: 'iso8601', toleranceSeconds: 600 },
      id: { header: 'twitch-eventsub-message-id' },
    }),
  },
  defaultScheme: 'sha256',
  eventType: headerOf('twitch-eventsub-subscription-type'),
  deliveryId: headerOf('twitch-eventsub-message-id'),
  handshake: {
    signed: true,
    answer(request) {
      const challenge = textAt(request, 'challenge');
      const kind = request.headers.get('twitch-eventsub-message-type');
      return kind === 'webhook_callback_verification' && challenge ? plainText(challenge) : undefined;
    },
  },
};

// https://core.telegram.org/bots/api#setwebhook
export const telegram: Provider = {
  name: 'telegram',
  title: 'Telegram Bot API',
  confidence: 'B',
  detect: [{ header: 'x-telegram-bot-api-secret-token' }],
  schemes: { token: token({ header: 'x-telegram-bot-api-secret-token' }) },
  defaultScheme: 'token',
  eventType: (request: WebhookRequest) => {
    const body = jsonBody(request);
    const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    return keys.find((key) => key !== 'update_id') ?? null;
  },
  deliveryId: (request) => textAt(request, 'update_id'),
};

export const zoom: Provider = {
  name: 'zoom',
  title: 'Zoom',
  confidence: 'B',
  detect: [{ header: 'x-zm-signature' }],
  schemes: {
    v0: hmac({
      header: 'x-zm-signature',
      value: { form: 'plain', prefix: 'v0=' },
      template: 'v0:{timestamp}:{body}',
      timestamp: { header: 'x-zm-request-timestamp' },
    }),
  },
  defaultScheme: 'v0',
  eventType: (request) => textAt(request, 'event'),
  deliveryId: () => null,
  handshake: {
    signed: false,
    answer(request, context) {
      if (textAt(request, 'event') !== 'endpoint.url_validation') return undefined;
      const plainToken = textAt(request, 'payload', 'plainToken');
      const secret = context.secrets[0];
      if (!plainToken || !secret || !PLAIN_TOKEN.test(plainToken)) return undefined;
      return json({ plainToken, encryptedToken: createHmac('sha256', secret).update(plainToken).digest('hex') });
    },
  },
};

// https://developer.okta.com/docs/concepts/event-hooks/
export const okta: Provider = {
  name: 'okta',
  title: 'Okta event hooks',
  confidence: 'C',
  detect: [{ header: 'x-okta-verification-challenge' }],
  schemes: { token: token({ header: 'authorization' }) },
  defaultScheme: 'token',
  eventType: (request) => textAt(request, 'data', 'events', 0, 'eventType'),
  deliveryId: (request) => textAt(request, 'eventId'),
  handshake: {
    signed: false,
    answer(request) {
      const challenge = request.headers.get('x-okta-verification-challenge');
      return request.method === 'GET' && challenge ? json({ verification: challenge }) : undefined;
    },
  },
};
