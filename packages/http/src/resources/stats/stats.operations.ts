import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { StatsQueryDto, toStatsInput } from './stats.dto';

export const statsOperations: readonly Operation[] = [
  operation({
    id: 'stats.get',
    method: 'GET',
    path: '/api/v1/stats',
    scope: 'read',
    summary: 'Events received in a stretch of time, by their state now, in all and as a series.',
    query: StatsQueryDto,
    answers: { 200: { schema: ref('Stats') } },
    errors: ['NOT_FOUND'],
    async run({ paggio, principal, query }) {
      const stats = await paggio.stats.read(principal, toStatsInput(query));
      return jsonAnswer(200, {
        total_events: stats.totalEvents,
        delivered: stats.delivered,
        failed: stats.failed,
        pending: stats.pending,
        captured: stats.captured,
        success_rate: stats.successRate,
        avg_delivery_ms: stats.avgDeliveryMs,
        p95_delivery_ms: stats.p95DeliveryMs,
        series: stats.series.map(({ at, ...counts }) => ({ at: at.toISOString(), ...counts })),
      });
    },
  }),
];
