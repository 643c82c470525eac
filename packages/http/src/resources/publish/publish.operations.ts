import { memberSources, PaggioError, parseId, type PublishedDelivery } from '@paggio/core';
import { wrongInput } from '../../wire-error';
import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation, type OperationInput } from '../../operation';
import { PublishDto } from './publish.dto';
import { toPublished } from './publish.wire';

export const publishOperations: readonly Operation[] = [
  operation({
    id: 'events.publish',
    method: 'POST',
    path: '/api/v1/events',
    scope: 'ingest',
    summary: 'Publishes an event to several endpoints at once. Either all of them get it or none does.',
    idempotent: true,
    body: PublishDto,
    opaque: ['payload'],
    answers: { 202: { schema: ref('Published') } },
    errors: ['NOT_FOUND'],
    async run(input) {
      return jsonAnswer(202, toPublished(await publish(input)));
    },
  }),
];

/** @throws PaggioError as publishing does, and for a missing payload or two different idempotency keys */
export async function publish({
  paggio,
  principal,
  body,
  source,
  idempotencyKey,
}: OperationInput<object, PublishDto>): Promise<PublishedDelivery[]> {
  const [payload] = memberSources(source, 'payload');
  if (payload === undefined) throw wrongInput('body', [{ field: 'payload', message: 'payload is required.' }]);
  const inBody = body.idempotency_key ?? null;
  if (inBody !== null && idempotencyKey !== null && inBody !== idempotencyKey) {
    throw new PaggioError('BAD_REQUEST', 'The request has two different idempotency keys', {
      hint: 'Send either idempotency_key or the header Idempotency-Key.',
      details: [{ field: 'idempotency_key', message: 'It differs from the header Idempotency-Key.' }],
    });
  }
  return paggio.host.publishing.publish(principal, {
    eventType: body.event_type,
    payload,
    endpointIds: body.endpoint_ids?.map((id) => parseId(id) as string),
    idempotencyKey: inBody ?? idempotencyKey,
  });
}
