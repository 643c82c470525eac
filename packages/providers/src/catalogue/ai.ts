import type { ProviderSpec } from '../provider';
import { hmac, token } from '../scheme/scheme-spec';
import { body, first, header, join, when } from '../value-rule';
import { queryToken } from './forms';

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
    setup: 'Settings > Webhooks > Create webhook, with HMAC.',
    notes: [{ text: 'The tolerance is 30 minutes, as in the SDK of ElevenLabs.', confidence: 'C' }],
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
    setup: 'Settings > Webhooks, or webhook_url of the agent.',
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
    setup: 'Set the Server URL, with a credential, in the settings of the organisation or of the assistant.',
    notes: [
      {
        text: 'You can choose the header and algorithm of the HMAC at Vapi. Paggio uses the defaults.',
        confidence: 'D',
      },
    ],
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
      'Open the topic, then Create subscription, with protocol HTTPS and without raw message delivery. Paggio confirms the subscription automatically.',
    retries: {
      timestamp: 'first',
      schedule: 'as the delivery policy of the topic says, for an hour at most',
      lastsSeconds: 3600,
      source: 'https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html',
      confidence: 'B',
    },
    notes: [
      {
        text: 'Paggio accepts certificate and confirmation URLs only at hosts sns.<region>.amazonaws.com, and fetches them through the address guard.',
        confidence: 'A',
      },
      { text: 'Message attributes are not signed.', confidence: 'B' },
    ],
  },
  {
    name: 'azure-event-grid',
    title: 'Azure Event Grid',
    category: 'infrastructure',
    confidence: 'B',
    documentation: 'https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema',
    detect: [{ header: 'aeg-event-type' }, { header: 'aeg-subscription-name' }],
    schemes: { query: token({ query: 'token' }), header: token({ header: 'authorization' }) },
    // The schema of Event Grid is a list; CloudEvents is an object, a list, or headers with any body.
    eventType: first(body(0, 'eventType'), body(0, 'type'), header('ce-type'), body('type')),
    deliveryId: first(
      when({ absent: first(body(1, 'id'), body(1, 'eventType'), body(1, 'type')) }, body(0, 'id')),
      join(' ', header('ce-source'), header('ce-id')),
      when({ present: body('specversion') }, join(' ', body('source'), body('id'))),
    ),
    handshakes: [
      {
        condition: {
          method: 'POST',
          equals: [body(0, 'eventType'), 'Microsoft.EventGrid.SubscriptionValidationEvent'],
          absent: body(1, 'eventType'),
        },
        signed: false,
        reply: { kind: 'echo', challenge: body(0, 'data', 'validationCode'), member: 'validationResponse' },
      },
      {
        condition: { method: 'OPTIONS', present: header('webhook-request-origin') },
        signed: false,
        reply: {
          kind: 'allow-origin',
          origin: header('webhook-request-origin'),
          rate: header('webhook-request-rate'),
        },
      },
    ],
    secret: 'a token of your own, in the URL (webhook_url?token=...) or in the header Authorization',
    setup:
      'Open the topic, then Event Subscriptions > Add, with endpoint type Web Hook and ?token=... after the URL. For `"scheme": "header"`, add a secret delivery property Authorization instead.',
    notes: [
      { text: 'Nothing is signed. The token takes the place of a signature.', confidence: 'B' },
      queryToken,
      {
        text: 'Paggio accepts both schemas: the Event Grid schema, which validates the URL with an event, and CloudEvents 1.0, which validates it with OPTIONS. Paggio answers a validation without the token, because it may come without the delivery properties.',
        confidence: 'B',
      },
      {
        text: 'A batch of several events has the type of its first event and no delivery id.',
        confidence: 'B',
      },
      {
        text: 'Tokens of Microsoft Entra ID are not verified: use the token in the URL or the delivery property.',
        confidence: 'B',
      },
    ],
  },
];
