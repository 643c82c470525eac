import { eventStatuses, statusReasons } from '@paggio/core';
import {
  array,
  flag,
  integer,
  nullable,
  object,
  oneOf,
  ref,
  text,
  time,
  uuid,
  type JsonSchema,
} from '../../openapi/schema';
import { responseBody } from '../attempts/attempts.schema';
import { headers, payload } from '../shared/request.schema';

const state = {
  status: oneOf(
    eventStatuses,
    'pending: a delivery or retry is due. delivered, failed: every delivery has ended. captured: the event has no destination.',
  ),
  status_reason: nullable(oneOf(statusReasons)),
  response_status: nullable(
    integer(
      'HTTP status of the latest scheduled attempt to one destination. It is a destination whose delivery failed if there is one, otherwise one whose delivery is pending, otherwise the first.',
    ),
  ),
  latency_ms: nullable(integer()),
  'replayed_status?': integer(
    'HTTP status of the later replay that a destination accepted. Only failed events have it.',
  ),
};

export const eventSchemas: Readonly<Record<string, JsonSchema>> = {
  EventItem: object({
    id: uuid,
    endpoint_id: uuid,
    source: text("The provider's name, api, or unknown."),
    event_type: nullable(text()),
    method: text(),
    ...state,
    attempt_count: integer(),
    next_attempt_at: nullable(time),
    received_at: time,
  }),
  Event: object({
    id: uuid,
    endpoint_id: uuid,
    user_id: text(),
    source: text("The provider's name, api, or unknown."),
    event_type: nullable(text()),
    method: text(),
    path: text(),
    query: text(),
    headers,
    ...payload,
    size: integer('Size of the body in bytes.'),
    remote_addr: nullable(text()),
    ...state,
    status_detail: nullable(
      text(
        'Why the event has its status, in plain words. For a captured event, it follows from the current configuration.',
      ),
    ),
    ...responseBody,
    attempts: {
      ...array(ref('Attempt')),
      description:
        'The newest 50 attempts, oldest first. Their responses have at most 256 KiB together: those of older attempts are cut.',
    },
    attempts_total: integer(
      'Number of all attempts. GET /api/v1/events/{id}/attempts lists them with their full responses.',
    ),
    next_attempt_at: nullable(time),
    next_attempt_reason: nullable(text()),
    verification: object({
      status: oneOf(['verified', 'unverified']),
      provider: nullable(text()),
      reason: nullable(text()),
      body_authenticated: flag,
    }),
    correlation_id: nullable(text()),
    dedup: nullable(object({ key: text(), duplicates: integer(), id_conflict: flag })),
    replay_of: nullable(uuid),
    replayed_as: { ...array(uuid), description: 'Ids of the newest 100 events that replay this one.' },
    replayed_as_total: integer('Number of all events that replay this one.'),
    replay_to: {
      ...array(object({ destination_id: uuid, destination_url: text() })),
      description:
        'Where a replay to the environment original would go now: every destination that has not accepted the event, or the first if all have.',
    },
    mode: oneOf(['live', 'test']),
    received_at: time,
  }),
};
