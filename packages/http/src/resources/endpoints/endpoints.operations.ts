import { jsonAnswer, noContent, withHeaders } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { withTag } from '../../precondition';
import { GUARDED } from '../shared/guarded';
import { idOf, locationOf } from '../shared/ids';
import { PageQueryDto, toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { EndpointCreateDto, EndpointUpdateDto } from './endpoints.dto';
import { toEndpoint, toEndpointChange, toEndpointInput } from './endpoints.wire';

export const endpointOperations: readonly Operation[] = [
  operation({
    id: 'endpoints.list',
    method: 'GET',
    path: '/api/v1/endpoints',
    scope: 'read',
    summary: 'Lists endpoints, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('Endpoint') } },
    async run({ paggio, principal, query }) {
      const page = await paggio.admin.endpoints.list(principal, toPaging(query));
      return jsonAnswer(
        200,
        toList(page, (endpoint) => toEndpoint(endpoint, principal)),
      );
    },
  }),
  operation({
    id: 'endpoints.create',
    method: 'POST',
    path: '/api/v1/endpoints',
    scope: 'write',
    summary: 'Creates an endpoint. The answer contains its secret.',
    body: EndpointCreateDto,
    tagged: true,
    answers: { 201: { schema: ref('EndpointCreated') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const { paggio, principal, body } = input;
      const { endpoint, secret } = await paggio.admin.endpoints.create(principal, toEndpointInput(body));
      const made = jsonAnswer(201, { ...toEndpoint(endpoint, principal), secret } satisfies Wire.EndpointCreated);
      return withTag(withHeaders(made, [locationOf(input, endpoint.id)]), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.get',
    method: 'GET',
    path: '/api/v1/endpoints/:id',
    scope: 'read',
    summary: 'Returns an endpoint.',
    tagged: true,
    answers: { 200: { schema: ref('Endpoint') } },
    async run(input) {
      const endpoint = await input.paggio.admin.endpoints.get(input.principal, idOf(input, 'endpoint'));
      return withTag(jsonAnswer(200, toEndpoint(endpoint, input.principal)), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.update',
    method: 'PATCH',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    furtherScope: GUARDED,
    summary: 'Changes the fields that are given. The next request and the next attempt already use them.',
    body: EndpointUpdateDto,
    tagged: true,
    answers: { 200: { schema: ref('Endpoint') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const id = idOf(input, 'endpoint');
      const { body, precondition, principal } = input;
      const endpoint = await input.paggio.admin.endpoints.update(principal, id, toEndpointChange(body), precondition);
      return withTag(jsonAnswer(200, toEndpoint(endpoint, principal)), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.delete',
    method: 'DELETE',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    summary: 'Deletes an endpoint and cancels its pending deliveries. Its events stay readable.',
    tagged: true,
    answers: { 204: null },
    async run(input) {
      await input.paggio.admin.endpoints.delete(input.principal, idOf(input, 'endpoint'), input.precondition);
      return noContent;
    },
  }),
];
