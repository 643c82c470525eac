import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { idOf } from '../shared/ids';
import { RotateSecretDto } from './secrets.dto';
import { toRotatedSecret, toSecret } from './secrets.wire';

export const secretOperations: readonly Operation[] = [
  operation({
    id: 'endpoints.secret',
    method: 'GET',
    path: '/api/v1/endpoints/:id/secret',
    scope: 'admin',
    summary: 'Reveals the secret. Viewing it is recorded in the audit log.',
    answers: { 200: { schema: ref('Secret') } },
    async run(input) {
      const id = idOf(input, 'endpoint');
      return jsonAnswer(200, toSecret(await input.paggio.admin.endpoints.revealSecret(input.principal, id)));
    },
  }),
  operation({
    id: 'endpoints.rotate_secret',
    method: 'POST',
    path: '/api/v1/endpoints/:id/rotate-secret',
    scope: 'admin',
    summary: 'Creates a new secret. The previous one stays valid for a while.',
    body: RotateSecretDto,
    answers: { 200: { schema: ref('RotatedSecret') } },
    async run(input) {
      const id = idOf(input, 'endpoint');
      const { overlap_seconds: overlapSeconds } = input.body;
      const rotated = await input.paggio.admin.endpoints.rotateSecret(input.principal, id, overlapSeconds);
      return jsonAnswer(200, toRotatedSecret(rotated));
    },
  }),
];
