import {
  array,
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

const FAILING_SINCE =
  'Time of the first failed attempt in the current outage. A destination is failing once its circuit has opened, or after five failed attempts in a row over at least a minute.';

const certificate = object({
  subject: text(),
  issuer: text(),
  fingerprint: text('SHA-256 of the DER certificate, in lower-case hex.'),
  expires_at: time,
});

const tls = {
  ...object({ certificate: nullable(certificate), certificate_authorities: array(certificate) }),
  description:
    'Present only when the destination has a client certificate or certificate authorities. The private key is never shown.',
};

const destination = {
  id: uuid,
  name: text(),
  url: text('The URL, or handler:<name> for a function of the app.'),
  event_types: texts,
  headers_json: { ...textMap, description: 'Values are masked as *** unless the key has the scope write.' },
  timeout_seconds: integer(),
  retry: nullable(ref('RetryPolicy')),
  status: statuses,
};

export const destinationSchemas: Readonly<Record<string, JsonSchema>> = {
  DestinationItem: object({
    ...destination,
    'tls?': tls,
    'failing_since?': { ...time, description: `${FAILING_SINCE} Present only while it is failing.` },
  }),
  Destination: object({
    ...destination,
    'tls?': tls,
    paused_at: nullable(time),
    pause_reason: nullable(text()),
    circuit: object({ state: oneOf(['closed', 'open', 'half_open']), retry_at: nullable(time) }),
    failing_since: nullable({ ...time, description: FAILING_SINCE }),
  }),
};
