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
} from '../openapi/schema';

const number: JsonSchema = { type: 'number' };
const statuses = oneOf(['ACTIVE', 'PAUSED']);

const FAILING_SINCE =
  'First failed attempt of the present outage. A destination counts as failing once its circuit has opened, or after five failed attempts in a row over at least a minute.';

const certificate = object({
  subject: text(),
  issuer: text(),
  fingerprint: text('SHA-256 of the certificate in DER, in lower-case hex.'),
  expires_at: time,
});

const tls = {
  ...object({ certificate: nullable(certificate), certificate_authorities: array(certificate) }),
  description:
    'Present when the destination has a client certificate or certificate authorities. The private key is never shown.',
};

const destination = {
  id: uuid,
  name: text(),
  url: text('handler:<name> for a function of the app.'),
  event_types: texts,
  headers_json: { ...textMap, description: 'Values read *** unless the key has the scope write.' },
  timeout_seconds: integer(),
  retry: nullable(ref('RetryPolicy')),
  status: statuses,
};

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

/** As it is stored and shown. */
const retryPolicy: JsonSchema = {
  anyOf: [
    object({
      max_attempts: integer(),
      base_seconds: number,
      factor: number,
      cap_seconds: number,
      floor_seconds: number,
      'jitter?': oneOf(['full', 'equal', 'none']),
      'client_errors?': oneOf(['retry', 'fail']),
    }),
    object({ schedule_seconds: array(number), 'client_errors?': oneOf(['retry', 'fail']) }),
  ],
};

export const endpointSchemas: Readonly<Record<string, JsonSchema>> = {
  RetryPolicy: retryPolicy,
  DestinationItem: object({
    ...destination,
    'tls?': tls,
    'failing_since?': { ...time, description: `${FAILING_SINCE} Present while it is failing.` },
  }),
  Destination: object({
    ...destination,
    'tls?': tls,
    paused_at: nullable(time),
    pause_reason: nullable(text()),
    circuit: object({ state: oneOf(['closed', 'open', 'half_open']), retry_at: nullable(time) }),
    failing_since: nullable({ ...time, description: FAILING_SINCE }),
  }),
  Endpoint: object(endpoint),
  EndpointCreated: object({ ...endpoint, secret: text('whsec_...: shown here, and by reveal and rotation only.') }),
  Secret: object({
    secret: text(),
    'verification_secret?': text('What the provider handed over in a handshake (Notion, Asana).'),
  }),
  RotatedSecret: object({
    secret: text(),
    previous_expires_at: { ...time, description: 'Until then signatures under the previous secret are accepted too.' },
  }),
};
