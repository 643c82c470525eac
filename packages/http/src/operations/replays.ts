import { jsonAnswer } from '../answer';
import { BulkReplayDto } from '../dto/bulk-replay.dto';
import { EventFilterDto, PageQueryDto, toFilter, toPaging } from '../dto/list.dto';
import type { Operation } from '../operation';
import { parse, parseJson } from '../parse';
import { toBulkReplay } from '../wire/bulk-replay';
import { toList } from '../wire/event';
import { idOf, noFields, noQuery } from './input';

export const replayOperations: readonly Operation[] = [
  {
    id: 'replays.list',
    method: 'GET',
    path: '/api/v1/replays',
    scope: 'read',
    async run({ paggio, principal, query }) {
      const page = await paggio.bulkReplays.list(principal, toPaging(parse(PageQueryDto, query, 'query')));
      return jsonAnswer(200, toList(page, toBulkReplay));
    },
  },
  {
    id: 'replays.create',
    method: 'POST',
    path: '/api/v1/replays',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const dto = parse(BulkReplayDto, parseJson(input.body), 'body');
      const replay = await input.paggio.bulkReplays.create(input.principal, {
        filter: toFilter(parse(EventFilterDto, dto.filter, 'body')),
        destinationId: dto.destination_id,
        ratePerSecond: dto.rate_per_second,
        dryRun: dto.dry_run,
        idempotencyKey: input.idempotencyKey,
      });
      return jsonAnswer(replay.id === null ? 200 : 202, toBulkReplay(replay));
    },
  },
  {
    id: 'replays.get',
    method: 'GET',
    path: '/api/v1/replays/:id',
    scope: 'read',
    async run(input) {
      noQuery(input);
      return jsonAnswer(200, toBulkReplay(await input.paggio.bulkReplays.get(input.principal, idOf(input, 'replay'))));
    },
  },
  {
    id: 'replays.cancel',
    method: 'POST',
    path: '/api/v1/replays/:id/cancel',
    scope: 'write',
    async run(input) {
      noQuery(input);
      noFields(input);
      const replay = await input.paggio.bulkReplays.cancel(input.principal, idOf(input, 'replay'));
      return jsonAnswer(200, toBulkReplay(replay));
    },
  },
];
