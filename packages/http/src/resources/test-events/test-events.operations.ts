import { jsonAnswer } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { idOf } from '../shared/ids';
import { TestEventDto } from './test-events.dto';

export const testEventOperations: readonly Operation[] = [
  operation({
    id: 'endpoints.test',
    method: 'POST',
    path: '/api/v1/endpoints/:id/test',
    scope: 'write',
    summary: 'Sends a sample event through capture, verification and delivery.',
    body: TestEventDto,
    answers: { 202: { schema: ref('TestQueued') } },
    async run(input) {
      const id = await input.paggio.admin.testEvents.send(
        input.principal,
        idOf(input, 'endpoint'),
        input.body.event_type,
      );
      return jsonAnswer(202, { id, status: 'QUEUED' } satisfies Wire.TestQueued);
    },
  }),
];
