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
    'pending: not yet forwarded, or a retry is due. captured: there is nothing to deliver to.',
  ),
  status_reason: nullable(oneOf(statusReasons)),
  response_status: nullable(
    integer(
      'What one destination answered to its latest scheduled attempt: one that failed, else one that waits, else the first.',
    ),
  ),
  latency_ms: nullable(integer()),
  'replayed_status?': integer(
    'What a destination answered when it accepted a later replay. Present on failed events only.',
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
    size: integer('Bytes of the body.'),
    remote_addr: nullable(text()),
    ...state,
    status_detail: nullable(
      text(
        'Why the event has its status, for people. For a captured event it is derived from the present configuration.',
      ),
    ),
    ...responseBody,
    attempts: {
      ...array(ref('Attempt')),
      description:
        'The newest 50, in the order in which they were made. Answers have at most 256 KiB in all: those of older attempts are cut.',
    },
    attempts_total: integer('Attempts in all. GET /api/v1/events/{id}/attempts lists them with their whole answers.'),
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
    replayed_as: { ...array(uuid), description: 'The newest 100 events that repeat this one.' },
    replayed_as_total: integer('Events that repeat this one in all.'),
    replay_to: {
      ...array(object({ destination_id: uuid, destination_url: text() })),
      description:
        'Where a replay to the environment original would go now: every destination that has not accepted the event, else the first.',
    },
    mode: oneOf(['live', 'test']),
    received_at: time,
  }),
};
