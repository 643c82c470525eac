import { jsonAnswer } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { toAttempt } from '../attempts/attempts.wire';
import { ReplayDto, toReplayTarget } from '../replays/replays.dto';
import { toReplayResult } from '../replays/replays.wire';
import { idOf } from '../shared/ids';
import { PageQueryDto, toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { rawAnswer } from '../shared/raw-answer';
import { visibleTo } from '../shared/visible';
import { toEventVerification } from '../verification/verification.wire';
import { EventListQueryDto, toFilter } from './events.dto';
import { toEvent, toEventItem } from './events.wire';

export const eventOperations: readonly Operation[] = [
  operation({
    id: 'events.list',
    method: 'GET',
    path: '/api/v1/events',
    scope: 'read',
    summary: 'Lists events, newest first. An event must match all filters.',
    query: EventListQueryDto,
    answers: { 200: { schema: listOf('EventItem') } },
    async run({ paggio, principal, query }) {
      return jsonAnswer(
        200,
        toList(await paggio.admin.events.list(principal, toFilter(query, 'query'), toPaging(query)), toEventItem),
      );
    },
  }),
  operation({
    id: 'events.get',
    method: 'GET',
    path: '/api/v1/events/:id',
    scope: 'read',
    summary: 'Returns an event with its attempts.',
    answers: { 200: { schema: ref('Event') } },
    async run(input) {
      return jsonAnswer(
        200,
        toEvent(await input.paggio.admin.events.get(input.principal, idOf(input, 'event')), input.principal),
      );
    },
  }),
  operation({
    id: 'events.attempts',
    method: 'GET',
    path: '/api/v1/events/:id/attempts',
    scope: 'read',
    summary:
      'Lists the attempts of an event, newest first, with their responses. A page ends early when its responses exceed 1 MiB.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('Attempt') } },
    async run(input) {
      const page = await input.paggio.admin.events.attempts(
        input.principal,
        idOf(input, 'event'),
        toPaging(input.query),
      );
      return jsonAnswer(200, toList(page, toAttempt));
    },
  }),
  operation({
    id: 'events.raw',
    method: 'GET',
    path: '/api/v1/events/:id/raw',
    scope: 'read',
    summary: 'Downloads the exact bytes of the body. X-Paggio-Content-Type is the content type as received.',
    answers: { 200: { mediaType: 'application/octet-stream', description: 'The body as received.' } },
    async run(input) {
      const event = await input.paggio.admin.events.get(input.principal, idOf(input, 'event'));
      return rawAnswer(event.rawHeaders, visibleTo(input.principal, event).body, event.id);
    },
  }),
  operation({
    id: 'events.verification',
    method: 'GET',
    path: '/api/v1/events/:id/verification',
    scope: 'read',
    summary: 'Explains who sent an event. For an unverified event, it says what verification would find now.',
    answers: { 200: { schema: ref('EventVerification') } },
    async run(input) {
      const explained = await input.paggio.admin.explanations.ofEvent(input.principal, idOf(input, 'event'));
      return jsonAnswer(200, toEventVerification(explained));
    },
  }),
  operation({
    id: 'events.replay',
    method: 'POST',
    path: '/api/v1/events/:id/replay',
    scope: 'write',
    furtherScope: 'resign and include_credentials also need the scope `resign` or `admin`.',
    summary:
      'Sends an event again. With a body: one attempt, now, to a URL or environment. Without a body: a new event with retries.',
    idempotent: true,
    body: ReplayDto,
    answers: { 200: { schema: ref('ReplayResult') }, 202: { schema: ref('Queued') } },
    errors: ['CONFLICT', 'DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const id = idOf(input, 'event');
      const target = toReplayTarget(input.body);
      if (target === null) {
        const eventId = await input.paggio.admin.replays.redeliver(input.principal, id, input.idempotencyKey);
        return jsonAnswer(202, { id: eventId, status: 'QUEUED', message: 'Event replayed' } satisfies Wire.Queued);
      }
      const result = await input.paggio.admin.replays.send(input.principal, id, target, {
        includeCredentials: input.body.include_credentials,
        resign: input.body.resign,
      });
      const isOriginal = 'environment' in target && target.environment === 'original';
      return jsonAnswer(200, toReplayResult(result, { withAttempts: isOriginal }));
    },
  }),
  operation({
    id: 'events.cancel',
    method: 'POST',
    path: '/api/v1/events/:id/cancel',
    scope: 'write',
    summary: 'Cancels the pending deliveries of an event.',
    answers: { 200: { schema: ref('Event') } },
    async run(input) {
      const event = await input.paggio.admin.events.cancel(input.principal, idOf(input, 'event'));
      return jsonAnswer(200, toEvent(event, input.principal));
    },
  }),
];
