import {
  array,
  flag,
  integer,
  nullable,
  object,
  oneOf,
  ref,
  text,
  textMap,
  texts,
  time,
  uuid,
  type JsonSchema,
} from '../../openapi/schema';

const statuses = oneOf(['ACTIVE', 'PAUSED']);

const endpoint = {
  id: uuid,
  user_id: text(),
  name: text(),
  slug: text(),
  webhook_url: text('Where the provider sends to.'),
  destination_url: nullable(text()),
  description: nullable(text()),
  destinations: array(ref('DestinationItem')),
  event_types: texts,
  headers_json: { ...textMap, description: 'Values read *** unless the key has the scope write.' },
  timeout_seconds: integer(),
  retry: ref('RetryPolicy'),
  concurrency: integer(),
  rate_limit: nullable(integer('Deliveries per second to each destination.')),
  order_by: nullable(text()),
  acknowledgement: nullable(object({ status: integer(), content_type: nullable(text()), body: text() })),
  verification: nullable(
    object({
      provider: text(),
      scheme: nullable(text()),
      secrets_count: integer(),
      secrets_last_four: texts,
      public_url: nullable(text()),
      settings: { type: 'object', additionalProperties: true },
      replay_secrets_last_four: {
        ...textMap,
        description: 'The last four characters of the secrets that replays to an environment are signed with.',
      },
    }),
  ),
  methods: nullable({ ...texts, description: 'Methods that are taken in; null: all.' }),
  forward_identity_headers: {
    ...flag,
    description: 'Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them.',
  },
  status: statuses,
  paused_at: nullable(time),
  pause_reason: nullable(text('manual, or why Paggio paused it.')),
  mode: oneOf(['live', 'test']),
  health: object({
    label: {
      ...oneOf(['healthy', 'degraded', 'unhealthy', 'failing', 'waiting', 'capturing']),
      description:
        'failing: a destination is failing. Else by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the same, and there is no destination.',
    },
    success_rate: nullable({ type: 'number', minimum: 0, maximum: 1 }),
    delivered: integer(),
    failed: integer(),
    'failing_since?': {
      ...time,
      description: 'Present while the label is failing: when the longest of its outages began.',
    },
  }),
  created_at: time,
  updated_at: time,
};

export const endpointSchemas: Readonly<Record<string, JsonSchema>> = {
  Endpoint: object(endpoint),
  EndpointCreated: object({ ...endpoint, secret: text('whsec_...: shown here, and by reveal and rotation only.') }),
};
