import { jsonAnswer, noContent, withHeaders } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { withTag } from '../../precondition';
import { GUARDED } from '../shared/guarded';
import { idOf, locationOf } from '../shared/ids';
import { listOf } from '../shared/page.schema';
import { toWholeList } from '../shared/page.wire';
import { DestinationCreateDto, DestinationUpdateDto } from './destinations.dto';
import { toDestination, toDestinationInput } from './destinations.wire';

const PATH = '/api/v1/endpoints/:id/destinations';

/** Operations on single destinations. They show the state that the list in an endpoint leaves out. */
export const destinationOperations: readonly Operation[] = [
  operation({
    id: 'destinations.list',
    method: 'GET',
    path: PATH,
    scope: 'read',
    summary: 'Lists the destinations of an endpoint, with their state.',
    answers: { 200: { schema: listOf('Destination') } },
    async run(input) {
      const { destinations } = await input.paggio.admin.endpoints.get(input.principal, idOf(input, 'endpoint'));
      const data = destinations.map((one) => toDestination(one, input.principal));
      return jsonAnswer(200, toWholeList(data));
    },
  }),
  operation({
    id: 'destinations.create',
    method: 'POST',
    path: PATH,
    scope: 'write',
    furtherScope: GUARDED,
    summary: 'Adds a destination to an endpoint. To send earlier events to it, replay them with its id.',
    body: DestinationCreateDto,
    tagged: true,
    answers: { 201: { schema: ref('Destination') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const id = idOf(input, 'endpoint');
      const wanted = toDestinationInput(input.body);
      const destination = await input.paggio.admin.endpoints.addDestination(input.principal, id, wanted);
      const made = jsonAnswer(201, toDestination(destination, input.principal));
      return withTag(withHeaders(made, [locationOf(input, destination.id)]), destination.revision);
    },
  }),
  operation({
    id: 'destinations.get',
    method: 'GET',
    path: `${PATH}/:destination_id`,
    scope: 'read',
    summary: 'Returns a destination, with its state.',
    tagged: true,
    answers: { 200: { schema: ref('Destination') } },
    async run(input) {
      const destination = await input.paggio.admin.endpoints.destination(input.principal, ...idsOf(input));
      return withTag(jsonAnswer(200, toDestination(destination, input.principal)), destination.revision);
    },
  }),
  operation({
    id: 'destinations.update',
    method: 'PATCH',
    path: `${PATH}/:destination_id`,
    scope: 'write',
    furtherScope: GUARDED,
    summary: 'Changes the fields that are given. The status ACTIVE resumes a paused destination.',
    body: DestinationUpdateDto,
    tagged: true,
    answers: { 200: { schema: ref('Destination') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run(input) {
      const { body, paggio, precondition, principal } = input;
      const change = toDestinationInput(body);
      const ids = idsOf(input);
      const destination = await paggio.admin.endpoints.updateDestination(principal, ...ids, change, precondition);
      return withTag(jsonAnswer(200, toDestination(destination, principal)), destination.revision);
    },
  }),
  operation({
    id: 'destinations.delete',
    method: 'DELETE',
    path: `${PATH}/:destination_id`,
    scope: 'write',
    summary: 'Deletes a destination and cancels its pending deliveries.',
    tagged: true,
    answers: { 204: null },
    errors: ['CONFLICT'],
    async run(input) {
      await input.paggio.admin.endpoints.deleteDestination(input.principal, ...idsOf(input), input.precondition);
      return noContent;
    },
  }),
];

function idsOf(input: { params: Readonly<Record<string, string>> }): [string, string] {
  return [idOf(input, 'endpoint'), idOf(input, 'destination', 'destination_id')];
}
