import { metricsOf } from '../../metrics';
import { operation, type Operation } from '../../operation';

export const metricsOperations: readonly Operation[] = [
  operation({
    id: 'metrics.get',
    method: 'GET',
    path: '/metrics',
    part: 'metrics',
    scope: 'operator',
    summary: 'Metrics of this process, for Prometheus.',
    answers: { 200: { mediaType: 'text/plain', description: 'Metrics in the Prometheus text format.' } },
    async run({ paggio }) {
      const metrics = metricsOf(paggio);
      const headers: [string, string][] = [
        ['content-type', metrics.contentType],
        ['cache-control', 'no-store'],
      ];
      return { status: 200, headers, body: await metrics.text() };
    },
  }),
];
