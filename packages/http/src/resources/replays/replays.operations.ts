import { parseId, revisionOf } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { withTag } from '../../precondition';
import { toFilter } from '../events/events.dto';
import { idOf } from '../shared/ids';
import { PageQueryDto, toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { BulkReplayDto } from './replays.dto';
import { toBulkReplay } from './replays.wire';

export const replayOperations: readonly Operation[] = [
  operation({
    id: 'replays.list',
    method: 'GET',
    path: '/api/v1/replays',
    scope: 'read',
    summary: 'Lists bulk replays, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('BulkReplay') } },
    async run({ paggio, principal, query }) {
      return jsonAnswer(200, toList(await paggio.admin.bulkReplays.list(principal, toPaging(query)), toBulkReplay));
    },
  }),
  operation({
    id: 'replays.create',
    method: 'POST',
    path: '/api/v1/replays',
    scope: 'write',
    summary: 'Replays all events that match a filter. A dry run only counts them.',
    idempotent: true,
    body: BulkReplayDto,
    answers: { 200: { schema: ref('BulkReplay') }, 202: { schema: ref('BulkReplay') } },
    async run({ paggio, principal, body, idempotencyKey }) {
      const replay = await paggio.admin.bulkReplays.create(principal, {
        filter: toFilter(body.filter, 'body'),
        destinationId: body.destination_id ? parseId(body.destination_id) : null,
        ratePerSecond: body.rate_per_second,
        dryRun: body.dry_run,
        idempotencyKey,
      });
      return jsonAnswer(replay.id === null ? 200 : 202, toBulkReplay(replay));
    },
  }),
  operation({
    id: 'replays.get',
    method: 'GET',
    path: '/api/v1/replays/:id',
    scope: 'read',
    summary: 'Returns a bulk replay and its progress.',
    tagged: true,
    answers: { 200: { schema: ref('BulkReplay') } },
    async run(input) {
      const replay = toBulkReplay(await input.paggio.admin.bulkReplays.get(input.principal, idOf(input, 'replay')));
      return withTag(jsonAnswer(200, replay), revisionOf(replay));
    },
  }),
  operation({
    id: 'replays.cancel',
    method: 'POST',
    path: '/api/v1/replays/:id/cancel',
    scope: 'write',
    summary: 'Cancels a bulk replay: no more events are queued, and queued deliveries are cancelled.',
    answers: { 200: { schema: ref('BulkReplay') } },
    errors: ['CONFLICT'],
    async run(input) {
      const replay = await input.paggio.admin.bulkReplays.cancel(input.principal, idOf(input, 'replay'));
      return jsonAnswer(200, toBulkReplay(replay));
    },
  }),
];
