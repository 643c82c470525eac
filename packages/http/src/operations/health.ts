import { jsonAnswer } from '../answer';
import type { Operation } from '../operation';

export const healthOperations: readonly Operation[] = [
  {
    id: 'health.live',
    method: 'GET',
    path: '/health/live',
    scope: null,
    run: async () => jsonAnswer(200, { status: 'ok' }),
  },
  {
    id: 'health.ready',
    method: 'GET',
    path: '/health',
    scope: null,
    async run({ paggio }) {
      const { ready, reason } = await paggio.readiness();
      return jsonAnswer(ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', reason });
    },
  },
];
