import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { toSystem } from './system.wire';

export const systemOperations: readonly Operation[] = [
  operation({
    id: 'system.get',
    method: 'GET',
    path: '/api/v1/system',
    scope: 'operator',
    summary: 'Server configuration and queue status.',
    answers: { 200: { schema: ref('System') } },
    async run({ paggio }) {
      return jsonAnswer(200, await toSystem(paggio));
    },
  }),
];
