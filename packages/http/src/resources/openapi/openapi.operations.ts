import { jsonAnswer } from '../../answer';
import { operation, type Operation } from '../../operation';

export const openapiOperations: readonly Operation[] = [
  operation({
    id: 'openapi.get',
    method: 'GET',
    path: '/openapi.json',
    part: 'openapi',
    scope: null,
    summary: 'The OpenAPI document of this server.',
    answers: { 200: { schema: { type: 'object', additionalProperties: true } } },
    run: async ({ document }) => jsonAnswer(200, document()),
  }),
];
