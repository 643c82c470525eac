import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { StatsQueryDto, toStatsInput } from './stats.dto';
import { toStats } from './stats.wire';

export const statsOperations: readonly Operation[] = [
  operation({
    id: 'stats.get',
    method: 'GET',
    path: '/api/v1/stats',
    scope: 'read',
    summary: 'Counts the events received in a period by their current status, in total and as a time series.',
    query: StatsQueryDto,
    answers: { 200: { schema: ref('Stats') } },
    errors: ['NOT_FOUND'],
    async run({ paggio, principal, query }) {
      return jsonAnswer(200, toStats(await paggio.admin.stats.read(principal, toStatsInput(query))));
    },
  }),
];
