import { type Endpoint, type Page, type Principal, fields, rules } from '@paggio/core';
import { wrongInput } from '../wire-error';
import { jsonAnswer, noContent, textAnswer, withHeaders } from '../answer';
import { headersInput, maskedHeaders } from '../resources/shared/custom-headers';
import { Doc } from '../dto/doc';
import { Rule } from '../dto/rule';
import { PublishDto } from '../resources/publish/publish.dto';
import { operation } from '../operation';
import { idOf, locationOf } from '../resources/shared/ids';
import { publish } from '../resources/publish/publish.operations';
import { destinationUrlOf } from '../resources/endpoints/endpoints.wire';
import type { Dialect } from './dialect';
import { prefixed } from './prefixed-id';

class EndpointSettingsDto {
  @Doc('Sent with every delivery.', headersInput)
  @Rule(fields.endpoint.headers)
  headers_json?: Record<string, string>;
  @Rule(fields.endpoint.timeoutSeconds)
  timeout_seconds?: number;
  @Doc('The signing secret. No answer contains it.')
  @Rule(fields.endpoint.secret)
  secret?: string;
}

class EndpointCreateDto extends EndpointSettingsDto {
  @Rule(fields.endpoint.name)
  name!: string;
  @Rule(fields.destination.url)
  url!: string;
}

class EndpointUpdateDto extends EndpointSettingsDto {
  @Rule(rules.optional(fields.endpoint.name))
  name?: string;
  @Rule(rules.optional(fields.destination.url))
  url?: string;
  @Rule(fields.endpoint.status)
  status?: 'ACTIVE' | 'PAUSED';
}

const PATH = '/v1/endpoints';
const any = { schema: { type: 'object' } } as const;

export const deliverant: Dialect = {
  name: 'deliverant',
  errorBody: ({ code, message, details }) => ({ error: { code, message, details } }),
  operations: [
    operation({
      id: 'endpoints.create',
      method: 'POST',
      path: PATH,
      scope: 'write',
      summary: 'Creates an endpoint.',
      body: EndpointCreateDto,
      answers: { 201: any },
      async run(input) {
        const { paggio, principal, body } = input;
        const { endpoint } = await paggio.admin.endpoints.create(principal, {
          name: body.name,
          destinationUrl: body.url,
          headers: body.headers_json,
          timeoutSeconds: body.timeout_seconds,
          secret: body.secret,
        });
        const made = jsonAnswer(201, toEndpoint(endpoint, principal));
        return withHeaders(made, [locationOf(input, prefixed('ep', endpoint.id))]);
      },
    }),
    operation({
      id: 'endpoints.list',
      method: 'GET',
      path: PATH,
      scope: 'read',
      summary: 'Lists all endpoints.',
      answers: { 200: any },
      async run({ paggio, principal }) {
        const page = (after: string | null): Promise<Page<Endpoint>> =>
          paggio.admin.endpoints.list(principal, { limit: 100, offset: 0, startingAfter: after });
        // The first page is read before the answer begins, so that a failure can still become an error answer.
        const first = await page(null);
        return textAnswer(200, arrayOf(first, page, principal));
      },
    }),
    operation({
      id: 'endpoints.get',
      method: 'GET',
      path: `${PATH}/:id`,
      scope: 'read',
      summary: 'Returns an endpoint.',
      answers: { 200: any },
      async run(input) {
        const endpoint = await input.paggio.admin.endpoints.get(input.principal, idOf(input, 'endpoint'));
        return jsonAnswer(200, toEndpoint(endpoint, input.principal));
      },
    }),
    operation({
      id: 'endpoints.update',
      method: 'PATCH',
      path: `${PATH}/:id`,
      scope: 'write',
      furtherScope: 'secret needs the scope `admin`.',
      summary: 'Changes the fields that are given.',
      body: EndpointUpdateDto,
      answers: { 200: any },
      async run(input) {
        const { name, url, headers_json, timeout_seconds, secret, status } = input.body;
        const endpoint = await input.paggio.admin.endpoints.update(input.principal, idOf(input, 'endpoint'), {
          name,
          destinationUrl: url,
          headers: headers_json,
          timeoutSeconds: timeout_seconds,
          secret,
          status,
        });
        return jsonAnswer(200, toEndpoint(endpoint, input.principal));
      },
    }),
    operation({
      id: 'endpoints.delete',
      method: 'DELETE',
      path: `${PATH}/:id`,
      scope: 'write',
      summary: 'Deletes an endpoint and cancels its pending deliveries.',
      answers: { 204: null },
      async run(input) {
        await input.paggio.admin.endpoints.delete(input.principal, idOf(input, 'endpoint'));
        return noContent;
      },
    }),
    operation({
      id: 'events.publish',
      method: 'POST',
      path: '/v1/events',
      scope: 'ingest',
      summary: 'Publishes an event to several endpoints at once.',
      idempotent: true,
      body: PublishDto,
      opaque: ['payload'],
      answers: { 202: any },
      async run(input) {
        const deliveries = await publish(input);
        const [first] = deliveries;
        if (!first)
          throw wrongInput('body', [{ field: 'endpoint_ids', message: 'No active endpoint accepts this event type.' }]);
        return jsonAnswer(202, {
          // Each endpoint has an event of its own. That product shows one id, so it gets the first.
          event_id: prefixed('evt', first.eventId),
          deliveries: deliveries.map(({ endpointId, eventId, created }) => ({
            delivery_id: prefixed('del', eventId),
            endpoint_id: prefixed('ep', endpointId),
            created,
          })),
        });
      },
    }),
  ],
};

/**
 * The endpoints as one array, because that product has no pages. It is written page by page, so it is never in memory
 * as a whole.
 */
async function* arrayOf(
  first: Page<Endpoint>,
  next: (after: string) => Promise<Page<Endpoint>>,
  principal: Principal,
): AsyncGenerator<string, void, void> {
  let separator = '[';
  for (let page = first; ; page = await next(page.items.at(-1)?.id as string)) {
    for (const endpoint of page.items) {
      yield separator + JSON.stringify(toEndpoint(endpoint, principal));
      separator = ',';
    }
    if (!page.hasMore || page.items.length === 0) break;
  }
  yield separator === '[' ? '[]' : ']';
}

function toEndpoint(endpoint: Endpoint, principal: Principal): object {
  return {
    id: prefixed('ep', endpoint.id),
    name: endpoint.name,
    url: destinationUrlOf(endpoint),
    headers_json: maskedHeaders(endpoint.headers, principal),
    timeout_seconds: endpoint.timeoutSeconds,
    status: endpoint.status,
    paused_at: endpoint.pausedAt?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}
