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
  webhook_url: text('The URL to configure at the provider.'),
  destination_url: nullable(text()),
  description: nullable(text()),
  destinations: array(ref('DestinationItem')),
  event_types: texts,
  headers_json: { ...textMap, description: 'Values are masked as *** unless the key has the scope write.' },
  timeout_seconds: integer(),
  retry: ref('RetryPolicy'),
  concurrency: integer(),
  rate_limit: nullable(integer('Deliveries per second to each destination. Null: no limit.')),
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
        description: 'The last four characters of the secret that signs replays to each environment.',
      },
    }),
  ),
  methods: nullable({ ...texts, description: 'HTTP methods that are accepted. Null: all.' }),
  forward_identity_headers: {
    ...flag,
    description:
      'True when headers such as X-Forwarded-For and X-Remote-User are passed on to destinations as the sender wrote them.',
  },
  status: statuses,
  paused_at: nullable(time),
  pause_reason: nullable(text('manual, or the reason why Paggio paused the endpoint. Null when it is not paused.')),
  mode: oneOf(['live', 'test']),
  health: object({
    label: {
      ...oneOf(['healthy', 'degraded', 'unhealthy', 'failing', 'waiting', 'capturing']),
      description:
        'failing: a destination is failing. healthy, degraded, unhealthy: by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the endpoint has no destination, and no delivery has ended.',
    },
    success_rate: nullable({ type: 'number', minimum: 0, maximum: 1 }),
    delivered: integer(),
    failed: integer(),
    'failing_since?': {
      ...time,
      description: 'When the longest current outage began. Present only while the label is failing.',
    },
  }),
  created_at: time,
  updated_at: time,
};

export const endpointSchemas: Readonly<Record<string, JsonSchema>> = {
  Endpoint: object(endpoint),
  EndpointCreated: object({ ...endpoint, secret: text('Shown only here, and when it is revealed or rotated.') }),
};
