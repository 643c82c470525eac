import { integer, nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';
import { headers } from '../shared/request.schema';

/** If a body is not UTF-8, `response_body` is null, and `response_body_base64` has the bytes. */
export const responseBody = {
  response_body: nullable(text('Up to 64 KiB. Null when it is not UTF-8.')),
  'response_body_base64?': { type: 'string', contentEncoding: 'base64' },
} satisfies Record<string, JsonSchema>;

const number: JsonSchema = integer('Counts from 1.');

export const attemptSchemas: Readonly<Record<string, JsonSchema>> = {
  Attempt: object({
    id: uuid,
    number,
    trigger: oneOf(['scheduled', 'replay']),
    destination_id: nullable(uuid),
    destination_url: text(),
    status: oneOf(['delivered', 'failed']),
    response_status: nullable(integer()),
    ...responseBody,
    response_body_truncated: {
      type: 'boolean',
      description: 'True when only the beginning of the response was stored, or is shown here.',
    },
    response_headers: headers,
    latency_ms: integer(),
    error: nullable(text()),
    reason: text('Why the attempt ended as it did.'),
    created_at: time,
  }),
};
