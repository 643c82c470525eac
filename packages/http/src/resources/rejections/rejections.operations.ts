import { parseId } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { idOf } from '../shared/ids';
import { toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { rawAnswer } from '../shared/raw-answer';
import { visibleTo } from '../shared/visible';
import { toRejectionVerification } from '../verification/verification.wire';
import { RejectionQueryDto } from './rejections.dto';
import { toRejection, toRejectionItem } from './rejections.wire';

export const rejectionOperations: readonly Operation[] = [
  operation({
    id: 'rejections.list',
    method: 'GET',
    path: '/api/v1/rejections',
    scope: 'read',
    summary:
      'Lists requests that verification refused, newest first. They are kept for seven days: at most 100 per endpoint, and 16 MiB of bodies.',
    query: RejectionQueryDto,
    answers: { 200: { schema: listOf('RejectionItem') } },
    async run({ paggio, principal, query }) {
      const endpointId = query.endpoint_id === undefined ? null : (parseId(query.endpoint_id) ?? null);
      return jsonAnswer(
        200,
        toList(await paggio.admin.rejections.list(principal, endpointId, toPaging(query)), toRejectionItem),
      );
    },
  }),
  operation({
    id: 'rejections.get',
    method: 'GET',
    path: '/api/v1/rejections/:id',
    scope: 'read',
    summary: 'Returns a refused request.',
    answers: { 200: { schema: ref('Rejection') } },
    async run(input) {
      const rejection = await input.paggio.admin.rejections.get(input.principal, idOf(input, 'rejection'));
      return jsonAnswer(200, toRejection(rejection, input.principal));
    },
  }),
  operation({
    id: 'rejections.raw',
    method: 'GET',
    path: '/api/v1/rejections/:id/raw',
    scope: 'read',
    summary:
      'Downloads the exact bytes of a refused body. X-Paggio-Content-Type is the content type as received. If the body was cut, Paggio-Body-Truncated is true and Paggio-Body-Size is the size of the whole body in bytes.',
    answers: {
      200: { mediaType: 'application/octet-stream', description: 'The body as received, or the beginning of it.' },
    },
    async run(input) {
      const rejection = await input.paggio.admin.rejections.get(input.principal, idOf(input, 'rejection'));
      const answer = rawAnswer(rejection.rawHeaders, visibleTo(input.principal, rejection).body, rejection.id);
      if (!rejection.bodyTruncated) return answer;
      const cut: [string, string][] = [
        ['paggio-body-truncated', 'true'],
        ['paggio-body-size', String(rejection.size)],
      ];
      return { ...answer, headers: [...answer.headers, ...cut] };
    },
  }),
  operation({
    id: 'rejections.verification',
    method: 'GET',
    path: '/api/v1/rejections/:id/verification',
    scope: 'read',
    summary: 'Explains why a request was refused, what would have made it valid, and what to change.',
    answers: { 200: { schema: ref('RejectionVerification') } },
    async run(input) {
      const explained = await input.paggio.admin.explanations.ofRejection(input.principal, idOf(input, 'rejection'));
      return jsonAnswer(200, toRejectionVerification(explained));
    },
  }),
];
