import type { ProviderSpec } from '../provider';
import { hmac, token } from '../scheme/scheme-spec';
import { body } from '../value-rule';

/** Voices and models (OpenAI and Replicate send Standard Webhooks). */
export const ai: readonly ProviderSpec[] = [
  {
    name: 'elevenlabs',
    title: 'ElevenLabs',
    category: 'ai',
    confidence: 'C',
    documentation: 'https://elevenlabs.io/docs/overview/administration/webhooks',
    detect: [{ header: 'elevenlabs-signature' }],
    schemes: {
      v0: hmac({
        header: 'elevenlabs-signature',
        value: { form: 'fields', separator: ',', signature: 'v0', timestamp: 't' },
        template: '{timestamp}.{body}',
        timestamp: { toleranceSeconds: 1800 },
      }),
    },
    eventType: body('type'),
    secret: 'the webhook secret (wsec_...)',
    setup: 'Settings, Webhooks, Create webhook, HMAC.',
    notes: [{ text: 'Half an hour of tolerance, as in its own SDK.', confidence: 'C' }],
  },
  {
    name: 'retell',
    title: 'Retell AI',
    category: 'ai',
    confidence: 'A',
    documentation: 'https://docs.retellai.com/features/secure-webhook',
    detect: [{ header: 'x-retell-signature' }],
    schemes: {
      v: hmac({
        header: 'x-retell-signature',
        value: { form: 'fields', separator: ',', signature: 'd', timestamp: 'v' },
        template: '{body}{timestamp}',
        timestamp: { unit: 'milliseconds' },
      }),
    },
    eventType: body('event'),
    secret: 'the API key that has the webhook badge',
    setup: 'Settings, Webhooks, or webhook_url of the agent.',
  },
  {
    name: 'vapi',
    title: 'Vapi',
    category: 'ai',
    confidence: 'C',
    documentation: 'https://docs.vapi.ai/server-url/server-authentication',
    detect: [{ header: 'x-vapi-signature' }, { header: 'x-vapi-secret' }],
    schemes: { sha256: hmac({ header: 'x-vapi-signature' }), token: token({ header: 'x-vapi-secret' }) },
    eventType: body('message', 'type'),
    secret: 'the HMAC secret of the credential, or the secret for `"scheme": "token"`',
    setup: 'Organisation settings or the assistant, Server URL, with a credential.',
    notes: [{ text: 'Header and algorithm of the HMAC can be chosen there: this is the default.', confidence: 'D' }],
  },
];

export const infrastructure: readonly ProviderSpec[] = [
  {
    name: 'aws-sns',
    title: 'Amazon SNS',
    category: 'infrastructure',
    confidence: 'A',
    documentation: 'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
    detect: [{ header: 'x-amz-sns-message-type' }],
    schemes: { rsa: { kind: 'sns' } },
    eventType: body('Type'),
    deliveryId: body('MessageId'),
    handshakes: [
      {
        condition: { equals: [body('Type'), 'SubscriptionConfirmation'] },
        signed: true,
        reply: { kind: 'confirm', url: body('SubscribeURL') },
      },
    ],
    secret: 'the ARN of the topic: messages of other topics are refused',
    setup:
      'The topic, Create subscription, protocol HTTPS, without raw message delivery. The subscription is confirmed by itself.',
    retries: {
      timestamp: 'first',
      schedule: 'as the delivery policy of the topic says, for an hour at most',
      lastsSeconds: 3600,
      source: 'https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html',
      confidence: 'B',
    },
    notes: [
      {
        text: 'Certificate and confirmation URLs are taken from sns.<region>.amazonaws.com hosts only, and fetched through the address guard.',
        confidence: 'A',
      },
      { text: 'Message attributes are not signed.', confidence: 'B' },
    ],
  },
];
