import { causes, eventStatuses } from '@paggio/core';
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
} from '../openapi/schema';

const statusReasons = ['no_destination', 'filtered', 'paused', 'exhausted', 'cancelled', 'refused', 'endpoint_deleted'];

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

export const headers: JsonSchema = {
  type: 'object',
  description: 'Lower-case names; a repeated header is an array.',
  additionalProperties: { anyOf: [{ type: 'string' }, array(text())] },
};

export const payload = {
  payload: {
    description:
      'The body. With payload_format json it stands here byte for byte, so numbers are as precise as they were sent and names may repeat; text: a string; binary: null. The exact bytes are always at /raw.',
  },
  payload_format: oneOf(
    ['json', 'text', 'binary'],
    'json: JSON of RFC 8259 in UTF-8, up to 1 MiB and 512 levels of objects and arrays. text: other UTF-8. binary: other bytes.',
  ),
} satisfies Record<string, JsonSchema>;

/** Where a body is not UTF-8, its base64 stands beside a null. */
export const responseBody = {
  response_body: nullable(text('Up to 64 KiB; null where it is not UTF-8.')),
  'response_body_base64?': { type: 'string', contentEncoding: 'base64' },
} satisfies Record<string, JsonSchema>;

const number: JsonSchema = integer('From 1.');

/** What would have made a signature hold, or what was seen. */
const finding = object({
  cause: oneOf(causes, 'A stable word.'),
  message: text('What would have matched, or was seen. Never a secret or a signature.'),
  fix: text('What to change.'),
});

export function verification(statuses: readonly string[]): Record<string, JsonSchema> {
  return {
    status: oneOf(statuses),
    provider: nullable(text()),
    reason: nullable(text('A stable word.')),
    explanation: text('For people.'),
    body_authenticated: flag,
    matches: array(finding),
    hints: array(finding),
  };
}

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
      description: 'Only the beginning of the answer was kept, or is shown here.',
    },
    response_headers: headers,
    latency_ms: integer(),
    error: nullable(text()),
    reason: text('What the outcome was decided by.'),
    created_at: time,
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
  Published: object({
    deliveries: array(
      object({
        endpoint_id: uuid,
        event_id: uuid,
        created: { type: 'boolean', description: 'False: an earlier request with the same key made it.' },
      }),
    ),
  }),
  EventVerification: object({ event_id: uuid, ...verification(['verified', 'unverified']) }),
  TestQueued: object({ id: uuid, status: oneOf(['QUEUED']) }),
  Queued: object({ id: uuid, status: oneOf(['QUEUED']), message: text() }),
  ReplayResult: object({
    ...replayedAttempt,
    'attempts?': {
      ...array(object({ ...replayedAttempt, destination_id: nullable(uuid) })),
      description:
        'Present for the environment original: one attempt for each destination. The first is the answer itself.',
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
    matched: integer('Events that matched when it began.'),
    created: integer('Events that were queued so far.'),
    skipped: integer('Events with nowhere to go, or sent there already.'),
    done: integer('Queued events that were delivered.'),
    failed: integer('Queued events that ended without.'),
    created_at: time,
    finished_at: nullable(time),
  }),
};
