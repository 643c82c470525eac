import { jsonAnswer } from '../answer';
import { RotateSecretDto } from '../dto/secret.dto';
import { TestEventDto } from '../dto/test-event.dto';
import { operation, type Operation } from '../operation';
import { ref } from '../openapi/schema';
import { idOf } from './input';

/** What is done with one endpoint besides changing it. */
export const endpointActions: readonly Operation[] = [
  operation({
    id: 'endpoints.secret',
    method: 'GET',
    path: '/api/v1/endpoints/:id/secret',
    scope: 'admin',
    summary: 'The secret in clear. The look is kept in the audit log.',
    answers: { 200: { schema: ref('Secret') } },
    async run(input) {
      const id = idOf(input, 'endpoint');
      const { secret, verificationSecret } = await input.paggio.endpoints.revealSecret(input.principal, id);
      return jsonAnswer(200, {
        secret,
        ...(verificationSecret === null ? {} : { verification_secret: verificationSecret }),
      });
    },
  }),
  operation({
    id: 'endpoints.rotate_secret',
    method: 'POST',
    path: '/api/v1/endpoints/:id/rotate-secret',
    scope: 'admin',
    summary: 'A new secret; the previous one stays valid for a while.',
    body: RotateSecretDto,
    answers: { 200: { schema: ref('RotatedSecret') } },
    async run(input) {
      const id = idOf(input, 'endpoint');
      const { overlap_seconds: overlapSeconds } = input.body;
      const rotated = await input.paggio.endpoints.rotateSecret(input.principal, id, overlapSeconds);
      return jsonAnswer(200, {
        secret: rotated.secret,
        previous_expires_at: rotated.previousExpiresAt.toISOString(),
      });
    },
  }),
  operation({
    id: 'endpoints.test',
    method: 'POST',
    path: '/api/v1/endpoints/:id/test',
    scope: 'write',
    summary: 'A sample event through the whole path.',
    body: TestEventDto,
    answers: { 202: { schema: ref('TestQueued') } },
    async run(input) {
      const id = await input.paggio.testEvents.send(input.principal, idOf(input, 'endpoint'), input.body.event_type);
      return jsonAnswer(202, { id, status: 'QUEUED' });
    },
  }),
];
