import type { Make, SampleParts, Samples } from './sample-parts';

const hubspot =
  (subscriptionType: string, more: Record<string, unknown> = {}): ((make: Make) => SampleParts) =>
  (make) => ({
    body: [
      {
        eventId: Number(make.digits(9)),
        subscriptionId: Number(make.digits(7)),
        portalId: Number(make.digits(8)),
        appId: Number(make.digits(6)),
        occurredAt: make.now.getTime(),
        subscriptionType,
        attemptNumber: 0,
        objectId: Number(make.digits(11)),
        changeSource: 'CRM_UI',
        ...more,
      },
    ],
  });

const user =
  (type: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      type,
      object: 'event',
      timestamp: make.now.getTime(),
      instance_id: make.id('ins_', 27),
      data: {
        id: make.id('user_', 27),
        object: 'user',
        first_name: 'Ada',
        last_name: 'Example',
        email_addresses: [{ id: make.id('idn_', 27), email_address: 'ada@example.com' }],
        created_at: make.now.getTime(),
        updated_at: make.now.getTime(),
      },
    },
  });

const standard =
  (type: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: { type, timestamp: make.now.toISOString(), data: { id: make.uuid(), email: 'ada@example.com', plan: 'pro' } },
  });

const calendly =
  (event: string, status: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      created_at: make.now.toISOString(),
      created_by: `https://api.calendly.com/users/${make.uuid()}`,
      event,
      payload: {
        uri: `https://api.calendly.com/scheduled_events/${make.uuid()}/invitees/${make.uuid()}`,
        name: 'Ada Example',
        email: 'ada@example.com',
        status,
        timezone: 'Europe/Berlin',
        questions_and_answers: [],
      },
    },
  });

const notion =
  (type: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      id: make.uuid(),
      timestamp: make.now.toISOString(),
      workspace_id: make.uuid(),
      subscription_id: make.uuid(),
      integration_id: make.uuid(),
      type,
      authors: [{ id: make.uuid(), type: 'person' }],
      attempt_number: 1,
      entity: { id: make.uuid(), type: 'page' },
      data: { parent: { id: make.uuid(), type: 'database' } },
    },
  });

const workos =
  (event: string, data: (make: Make) => object): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      id: `event_01${make.id('', 24).toUpperCase()}`,
      object: 'event',
      event,
      data: data(make),
      created_at: make.now.toISOString(),
      context: {},
    },
  });

const workosUser = (make: Make): object => ({
  object: 'user',
  id: `user_01${make.id('', 24).toUpperCase()}`,
  email: 'ada@example.com',
  email_verified: true,
  first_name: 'Ada',
  last_name: 'Example',
  profile_picture_url: null,
  last_sign_in_at: null,
  external_id: null,
  metadata: {},
  locale: 'en',
  created_at: make.now.toISOString(),
  updated_at: make.now.toISOString(),
});

const workosOrganization = (make: Make): object => ({
  object: 'organization',
  id: `org_01${make.id('', 24).toUpperCase()}`,
  name: 'Example',
  domains: [],
  external_id: null,
  metadata: {},
  created_at: make.now.toISOString(),
  updated_at: make.now.toISOString(),
});

export const aboutWork: Readonly<Record<string, Samples>> = {
  hubspot: {
    'contact.creation': hubspot('contact.creation'),
    'contact.propertyChange': hubspot('contact.propertyChange', {
      propertyName: 'lifecyclestage',
      propertyValue: 'customer',
    }),
    'deal.creation': hubspot('deal.creation'),
  },
  clerk: {
    'user.created': user('user.created'),
    'user.updated': user('user.updated'),
    'user.deleted': user('user.deleted'),
  },
  svix: { 'user.created': standard('user.created'), 'invoice.paid': standard('invoice.paid') },
  'standard-webhooks': { 'user.created': standard('user.created'), 'invoice.paid': standard('invoice.paid') },
  typeform: {
    form_response: (make) => ({
      body: {
        event_id: make.id('', 26),
        event_type: 'form_response',
        form_response: {
          form_id: make.id('', 8),
          token: make.id('', 32).toLowerCase(),
          submitted_at: make.now.toISOString(),
          definition: {
            id: make.id('', 8),
            title: 'Feedback',
            fields: [{ id: 'a1', title: 'How was it?', type: 'short_text' }],
          },
          answers: [{ type: 'text', text: 'Quick and exact.', field: { id: 'a1', type: 'short_text' } }],
        },
      },
    }),
  },
  calendly: {
    'invitee.created': calendly('invitee.created', 'active'),
    'invitee.canceled': calendly('invitee.canceled', 'canceled'),
  },
  workos: {
    'user.created': workos('user.created', workosUser),
    'user.updated': workos('user.updated', workosUser),
    'organization.created': workos('organization.created', workosOrganization),
  },
  notion: {
    'page.created': notion('page.created'),
    'page.content_updated': notion('page.content_updated'),
    'comment.created': notion('comment.created'),
  },
};
