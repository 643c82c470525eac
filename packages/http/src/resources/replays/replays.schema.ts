import { eventStatuses } from '@paggio/core';
import { array, integer, nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';
import { responseBody } from '../attempts/attempts.schema';

const replayedAttempt = {
  id: { ...uuid, description: 'The id of the attempt.' },
  status: oneOf(['delivered', 'failed']),
  response_status: nullable(integer()),
  ...responseBody,
  latency_ms: integer(),
  destination_url: text(),
  replayed_at: time,
  error: nullable(text()),
} satisfies Record<string, JsonSchema>;

export const replaySchemas: Readonly<Record<string, JsonSchema>> = {
  ReplayResult: object({
    ...replayedAttempt,
    'attempts?': {
      ...array(object({ ...replayedAttempt, destination_id: nullable(uuid) })),
      description:
        'Only for the environment original: one attempt for each destination. The answer itself describes the first one.',
    },
  }),
  BulkReplay: object({
    id: { ...nullable(uuid), description: 'Null for a dry run.' },
    status: oneOf(['dry_run', 'running', 'completed', 'cancelled']),
    filter: object({
      'status?': oneOf(eventStatuses),
      'source?': text(),
      'event_type?': text(),
      'endpoint_id?': uuid,
      'since?': time,
      'until?': time,
      'q?': text(),
    }),
    destination_id: nullable(uuid),
    rate_per_second: nullable(integer()),
    matched: integer('Events that matched when the replay began.'),
    created: integer('Events queued so far.'),
    skipped: integer('Events that have no destination, or that this replay has already sent there.'),
    done: integer('Queued events that have been delivered.'),
    failed: integer('Queued events whose delivery failed.'),
    created_at: time,
    finished_at: nullable(time),
  }),
};
