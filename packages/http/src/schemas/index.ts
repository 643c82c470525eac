import { auditActions, channels, errorTable, triggers } from '@paggio/core';
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
import { endpointSchemas } from './endpoint';
import { eventSchemas } from './event';
import { keySchemas } from './key';
import { rejectionSchemas } from './rejection';
import { sessionSchemas } from './session';
import { systemSchemas } from './system';

const channel = object({ url: text('Without its secret part.'), triggers: array(oneOf(triggers)) });

/** Every shape that an answer of the API may have, by name. */
export const schemas: Readonly<Record<string, JsonSchema>> = {
  ...eventSchemas,
  ...endpointSchemas,
  ...keySchemas,
  ...rejectionSchemas,
  ...sessionSchemas,
  ...systemSchemas,
  Provider: object({
    name: text(),
    title: text(),
    category: text(),
    schemes: texts,
    default_scheme: text(),
    signs_url: { ...flag, description: 'verification.public_url is needed.' },
    handshake: { ...flag, description: 'It asks a question before it sends, which is answered.' },
    hands_over_secret: { ...flag, description: 'It sends its secret in a handshake: secrets may be left empty.' },
    secret: text('What it calls the secret, and where it shows it.'),
    setup: text('How to get there in its pages.'),
    documentation_url: text(),
    sample_event_types: { ...texts, description: 'Types of test events that there are samples of.' },
    confidence: oneOf(['A', 'B', 'C', 'D'], 'A: from its own source or a published vector. D: unconfirmed.'),
    settings: { ...textMap, description: 'Names in verification.settings with what they mean.' },
    tolerance_seconds: nullable(
      integer(
        'How old a signed timestamp may be, unless settings.tolerance_seconds says otherwise. Null: not checked.',
      ),
    ),
    retry_timestamp: nullable(
      oneOf(
        ['first', 'new', 'unknown'],
        'Whether retries carry the timestamp of the first attempt. Null: no timestamp is signed.',
      ),
    ),
  }),
  Notifications: object({
    ...Object.fromEntries(channels.map((name) => [name, nullable(channel)])),
    'failing_after_minutes?': integer('Present while a channel is set up.'),
  }),
  NotificationSent: object({
    status: oneOf(['delivered', 'failed']),
    response_status: nullable(integer()),
    latency_ms: integer(),
    error: nullable(text()),
  }),
  Stats: object({
    total_events: integer(),
    delivered: integer(),
    failed: integer(),
    pending: integer(),
    captured: integer(),
    success_rate: nullable({ type: 'number', description: 'Percent of delivered and failed.' }),
    avg_delivery_ms: nullable(integer('Of the attempts that delivered.')),
    p95_delivery_ms: nullable(integer('Of the attempts that delivered, within 5 percent.')),
    series: array(
      object({
        at: { ...time, description: 'Where the step begins.' },
        total: integer(),
        delivered: integer(),
        failed: integer(),
      }),
    ),
  }),
  AuditRecord: object({
    id: uuid,
    action: oneOf(auditActions),
    object_id: nullable(uuid),
    before: nullable({ type: 'object', additionalProperties: true }),
    after: nullable({ type: 'object', additionalProperties: true }),
    key_id: nullable(uuid),
    remote_addr: nullable(text()),
    created_at: time,
  }),
  ListMeta: object({
    total: integer('Of all pages; exact up to 10000.'),
    'total_capped?': { ...flag, description: 'There are more than 10000.' },
    limit: integer(),
    offset: integer(),
    has_more: flag,
    'search_complete?': { ...flag, description: 'With q: whether everything was searched; false: page on.' },
  }),
  Liveness: object({ status: oneOf(['ok']) }),
  Readiness: object({
    status: oneOf(['ok', 'unavailable']),
    reason: nullable(text('What is wrong.')),
    migration: nullable(integer('Number of the newest migration in the database.')),
    lag_seconds: nullable({
      type: 'number',
      description: 'How long the delivery that is most overdue has been waiting.',
    }),
  }),
  Error: object({
    status: oneOf(['error']),
    code: oneOf(Object.keys(errorTable), 'Stable.'),
    message: text('For people.'),
    hint: text('What to do next.'),
    details: array(object({ field: text(), message: text() })),
    request_id: uuid,
  }),
};

/** A page of objects. */
export function listOf(name: string): JsonSchema {
  return object({ data: array(ref(name)), meta: ref('ListMeta') });
}
