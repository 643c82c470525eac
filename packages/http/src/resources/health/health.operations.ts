import { jsonAnswer } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { toReadiness } from './health.wire';

export const healthOperations: readonly Operation[] = [
  operation({
    id: 'health.live',
    method: 'GET',
    path: '/health/live',
    part: 'health',
    scope: null,
    summary: 'Liveness: answers even when the database is down.',
    answers: { 200: { schema: ref('Liveness') } },
    run: async () => jsonAnswer(200, { status: 'ok' } satisfies Wire.Liveness),
  }),
  operation({
    id: 'health.ready',
    method: 'GET',
    path: '/health',
    part: 'health',
    scope: null,
    summary: 'Readiness: whether this process can do its work.',
    answers: { 200: { schema: ref('Readiness') }, 503: { schema: ref('Readiness') } },
    async run({ paggio }) {
      const readiness = await paggio.readiness();
      return jsonAnswer(readiness.ready ? 200 : 503, toReadiness(readiness));
    },
  }),
];
