import { formBody, jsonBody, textAt, valueAt } from '../body-value';
import { headerOf, type Provider } from '../provider';
import { hmac } from '../scheme/hmac';
import { token } from '../scheme/token';
import type { WebhookRequest } from '../webhook-request';

// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
export const github: Provider = {
  name: 'github',
  title: 'GitHub',
  confidence: 'A',
  detect: [{ header: 'x-github-event' }],
  schemes: { sha256: hmac({ header: 'x-hub-signature-256', value: { form: 'plain', prefix: 'sha256=' } }) },
  defaultScheme: 'sha256',
  eventType(request) {
    const event = request.headers.get('x-github-event') || null;
    const action = event && githubAction(request);
    return action ? `${event}.${action}` : event;
  },
  deliveryId: headerOf('x-github-delivery'),
};

function githubAction(request: WebhookRequest): string | null {
  const direct = textAt(request, 'action');
  if (direct) return direct;
  // A hook may be set to content type "form": the JSON then stands in the field `payload`.
  const payload = formBody(request)?.get('payload');
  if (!payload) return null;
  try {
    const action = valueAt(JSON.parse(payload), ['action']);
    return typeof action === 'string' ? action : null;
  } catch {
    return null;
  }
}

// https://docs.gitlab.com/user/project/integrations/webhooks/
export const gitlab: Provider = {
  name: 'gitlab',
  title: 'GitLab',
  confidence: 'B',
  detect: [{ header: 'x-gitlab-event' }, { header: 'x-gitlab-token' }],
  schemes: { token: token({ header: 'x-gitlab-token' }) },
  defaultScheme: 'token',
  eventType: (request) => textAt(request, 'object_kind') ?? headerOf('x-gitlab-event')(request),
  // X-Gitlab-Event-UUID is shared by recursive hooks and so cannot tell two deliveries apart.
  deliveryId: (request) => headerOf('idempotency-key')(request) ?? headerOf('webhook-id')(request),
};

export const bitbucket: Provider = {
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  confidence: 'C',
  detect: [{ header: 'x-event-key' }],
  schemes: { sha256: hmac({ header: 'x-hub-signature', value: { form: 'plain', prefix: 'sha256=' } }) },
  defaultScheme: 'sha256',
  eventType: headerOf('x-event-key'),
  deliveryId: headerOf('x-request-uuid'),
};

export const linear: Provider = {
  name: 'linear',
  title: 'Linear',
  confidence: 'A',
  detect: [{ header: 'linear-event' }, { header: 'linear-signature' }],
  schemes: { sha256: hmac({ header: 'linear-signature' }) },
  defaultScheme: 'sha256',
  eventType(request) {
    const event = request.headers.get('linear-event') || textAt(request, 'type');
    const action = textAt(request, 'action');
    return event && action ? `${event}.${action}` : event;
  },
  deliveryId: headerOf('linear-delivery'),
};

export const zendesk: Provider = {
  name: 'zendesk',
  title: 'Zendesk',
  confidence: 'B',
  detect: [{ header: 'x-zendesk-webhook-signature' }],
  schemes: {
    sha256: hmac({
      header: 'x-zendesk-webhook-signature',
      encoding: 'base64',
      template: '{timestamp}{body}',
      timestamp: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'iso8601' },
    }),
  },
  defaultScheme: 'sha256',
  eventType: (request) => textAt(request, 'type'),
  deliveryId: headerOf('x-zendesk-webhook-invocation-id'),
};

export const typeform: Provider = {
  name: 'typeform',
  title: 'Typeform',
  confidence: 'C',
  detect: [{ header: 'typeform-signature' }],
  schemes: {
    sha256: hmac({ header: 'typeform-signature', encoding: 'base64', value: { form: 'plain', prefix: 'sha256=' } }),
  },
  defaultScheme: 'sha256',
  eventType: (request) => textAt(request, 'event_type'),
  deliveryId: (request) => textAt(request, 'event_id'),
};

export const hubspot: Provider = {
  name: 'hubspot',
  title: 'HubSpot',
  confidence: 'B',
  detect: [{ header: 'x-hubspot-signature-v3' }],
  schemes: {
    v3: hmac({
      header: 'x-hubspot-signature-v3',
      encoding: 'base64',
      template: '{method}{url}{body}{timestamp}',
      timestamp: { header: 'x-hubspot-request-timestamp', unit: 'milliseconds' },
    }),
  },
  defaultScheme: 'v3',
  signsUrl: true,
  eventType: (request) => textAt(request, 0, 'subscriptionType'),
  // A batch of one repeats with the same eventId; larger batches have no id of their own.
  deliveryId: (request) => {
    const body = jsonBody(request);
    return Array.isArray(body) && body.length === 1 ? textAt(request, 0, 'eventId') : null;
  },
};
