import { jsonAnswer, noContent, withHeaders } from '../answer';
import { EndpointCreateDto, EndpointUpdateDto } from '../dto/endpoint.dto';
import { PageQueryDto, toPaging } from '../dto/list.dto';
import { withTag } from '../precondition';
import { operation, type Operation } from '../operation';
import { ref } from '../openapi/schema';
import { listOf } from '../schemas';
import { toEndpoint, toEndpointChange, toEndpointInput } from '../wire/endpoint';
import { toList } from '../wire/event';
import { GUARDED } from './guarded';
import { idOf, locationOf } from './input';

export const endpointOperations: readonly Operation[] = [
  operation({
    id: 'endpoints.list',
    method: 'GET',
    path: '/api/v1/endpoints',
    scope: 'read',
    summary: 'Endpoints, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('Endpoint') } },
    async run({ paggio, principal, query }) {
      const page = await paggio.endpoints.list(principal, toPaging(query));
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
    summary: 'Makes an endpoint. The answer contains its secret.',
    body: EndpointCreateDto,
    tagged: true,
    answers: { 201: { schema: ref('EndpointCreated') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const { paggio, principal, body } = input;
      const { endpoint, secret } = await paggio.endpoints.create(principal, toEndpointInput(body));
      const made = jsonAnswer(201, { ...toEndpoint(endpoint, principal), secret });
      return withTag(withHeaders(made, [locationOf(input, endpoint.id)]), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.get',
    method: 'GET',
    path: '/api/v1/endpoints/:id',
    scope: 'read',
    summary: 'One endpoint.',
    tagged: true,
    answers: { 200: { schema: ref('Endpoint') } },
    async run(input) {
      const endpoint = await input.paggio.endpoints.get(input.principal, idOf(input, 'endpoint'));
      return withTag(jsonAnswer(200, toEndpoint(endpoint, input.principal)), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.update',
    method: 'PATCH',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    furtherScope: GUARDED,
    summary: 'Changes what is given. It takes effect on the very next request and attempt.',
    body: EndpointUpdateDto,
    tagged: true,
    answers: { 200: { schema: ref('Endpoint') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const id = idOf(input, 'endpoint');
      const { body, precondition, principal } = input;
      const endpoint = await input.paggio.endpoints.update(principal, id, toEndpointChange(body), precondition);
      return withTag(jsonAnswer(200, toEndpoint(endpoint, principal)), endpoint.revision);
    },
  }),
  operation({
    id: 'endpoints.delete',
    method: 'DELETE',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    summary: 'Removes an endpoint. Pending deliveries are cancelled; events stay readable.',
    tagged: true,
    answers: { 204: null },
    async run(input) {
      await input.paggio.endpoints.delete(input.principal, idOf(input, 'endpoint'), input.precondition);
      return noContent;
    },
  }),
];
