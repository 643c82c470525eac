import { jsonAnswer, noContent } from '../answer';
import { DestinationCreateDto, DestinationUpdateDto } from '../dto/destination.dto';
import type { Operation, OperationInput } from '../operation';
import { parse, parseJson } from '../parse';
import { toDestination, toDestinationInput } from '../wire/destination';
import { idOf, noQuery } from './input';

/** Destinations one by one, with the state that the endpoint's own list leaves out. */
export const destinationOperations: readonly Operation[] = [
  {
    id: 'destinations.list',
    method: 'GET',
    path: '/api/v1/endpoints/:id/destinations',
    scope: 'read',
    async run(input) {
      noQuery(input);
      const { destinations } = await input.paggio.endpoints.get(input.principal, idOf(input, 'endpoint'));
      const data = destinations.map((one) => toDestination(one, input.principal));
      return jsonAnswer(200, { data, meta: { total: data.length, limit: data.length, offset: 0, has_more: false } });
    },
  },
  {
    id: 'destinations.create',
    method: 'POST',
    path: '/api/v1/endpoints/:id/destinations',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const id = idOf(input, 'endpoint');
      const dto = parse(DestinationCreateDto, parseJson(input.body), 'body');
      const destination = await input.paggio.endpoints.addDestination(input.principal, id, toDestinationInput(dto));
      return jsonAnswer(201, toDestination(destination, input.principal));
    },
  },
  {
    id: 'destinations.get',
    method: 'GET',
    path: '/api/v1/endpoints/:id/destinations/:destination_id',
    scope: 'read',
    async run(input) {
      noQuery(input);
      const destination = await input.paggio.endpoints.destination(input.principal, ...idsOf(input));
      return jsonAnswer(200, toDestination(destination, input.principal));
    },
  },
  {
    id: 'destinations.update',
    method: 'PATCH',
    path: '/api/v1/endpoints/:id/destinations/:destination_id',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const ids = idsOf(input);
      const dto = parse(DestinationUpdateDto, parseJson(input.body), 'body');
      const destination = await input.paggio.endpoints.updateDestination(
        input.principal,
        ...ids,
        toDestinationInput(dto),
      );
      return jsonAnswer(200, toDestination(destination, input.principal));
    },
  },
  {
    id: 'destinations.delete',
    method: 'DELETE',
    path: '/api/v1/endpoints/:id/destinations/:destination_id',
    scope: 'write',
    async run(input) {
      noQuery(input);
      await input.paggio.endpoints.deleteDestination(input.principal, ...idsOf(input));
      return noContent;
    },
  },
];

function idsOf(input: OperationInput): [string, string] {
  return [idOf(input, 'endpoint'), idOf(input, 'destination', 'destination_id')];
}
