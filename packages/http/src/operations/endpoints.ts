import { jsonAnswer, noContent } from '../answer';
import { EndpointCreateDto, EndpointUpdateDto } from '../dto/endpoint.dto';
import { PageQueryDto, toPaging } from '../dto/list.dto';
import type { Operation } from '../operation';
import { parse, parseJson } from '../parse';
import { toEndpoint, toEndpointChange, toEndpointInput } from '../wire/endpoint';
import { toList } from '../wire/event';
import { idOf, noQuery } from './input';

export const endpointOperations: readonly Operation[] = [
  {
    id: 'endpoints.list',
    method: 'GET',
    path: '/api/v1/endpoints',
    scope: 'read',
    async run({ paggio, principal, query }) {
      const page = await paggio.endpoints.list(principal, toPaging(parse(PageQueryDto, query, 'query')));
      return jsonAnswer(
        200,
        toList(page, (endpoint) => toEndpoint(endpoint, principal)),
      );
    },
  },
  {
    id: 'endpoints.create',
    method: 'POST',
    path: '/api/v1/endpoints',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const dto = parse(EndpointCreateDto, parseJson(input.body), 'body');
      const { endpoint, secret } = await input.paggio.endpoints.create(input.principal, toEndpointInput(dto));
      return jsonAnswer(201, { ...toEndpoint(endpoint, input.principal), secret });
    },
  },
  {
    id: 'endpoints.get',
    method: 'GET',
    path: '/api/v1/endpoints/:id',
    scope: 'read',
    async run(input) {
      noQuery(input);
      const endpoint = await input.paggio.endpoints.get(input.principal, idOf(input, 'endpoint'));
      return jsonAnswer(200, toEndpoint(endpoint, input.principal));
    },
  },
  {
    id: 'endpoints.update',
    method: 'PATCH',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const id = idOf(input, 'endpoint');
      const dto = parse(EndpointUpdateDto, parseJson(input.body), 'body');
      return jsonAnswer(
        200,
        toEndpoint(await input.paggio.endpoints.update(input.principal, id, toEndpointChange(dto)), input.principal),
      );
    },
  },
  {
    id: 'endpoints.delete',
    method: 'DELETE',
    path: '/api/v1/endpoints/:id',
    scope: 'write',
    async run(input) {
      noQuery(input);
      await input.paggio.endpoints.delete(input.principal, idOf(input, 'endpoint'));
      return noContent;
    },
  },
];
