import { notFound, PaggioError, parseId } from '@paggio/core';
import { jsonAnswer, type Answer } from './answer';
import { EndpointCreateDto, EndpointUpdateDto } from './dto/endpoint.dto';
import { KeyCreateDto } from './dto/key.dto';
import { EventListQueryDto, PageQueryDto, toFilter, toPaging } from './dto/list.dto';
import { ReplayDto, toReplayTarget } from './dto/replay.dto';
import type { Operation, OperationInput } from './operation';
import { parse, parseJson } from './parse';
import { toEndpoint, toEndpointChange, toEndpointInput } from './wire/endpoint';
import { toBody, toEvent, toEventItem, toList } from './wire/event';
import { toKey } from './wire/key';

const noContent: Answer = { status: 204, headers: [], body: null };

/** The contract as a table: every door serves exactly these. */
export const operations: readonly Operation[] = [
  {
    id: 'health.live',
    method: 'GET',
    path: '/health/live',
    scope: null,
    run: async () => jsonAnswer(200, { status: 'ok' }),
  },
  {
    id: 'health.ready',
    method: 'GET',
    path: '/health',
    scope: null,
    async run({ paggio }) {
      const { ready, reason } = await paggio.readiness();
      return jsonAnswer(ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', reason });
    },
  },
  {
    id: 'events.list',
    method: 'GET',
    path: '/api/v1/events',
    scope: 'read',
    async run({ paggio, principal, query }) {
      const dto = parse(EventListQueryDto, query, 'query');
      return jsonAnswer(200, toList(await paggio.events.list(principal, toFilter(dto), toPaging(dto)), toEventItem));
    },
  },
  {
    id: 'events.get',
    method: 'GET',
    path: '/api/v1/events/:id',
    scope: 'read',
    async run(input) {
      noQuery(input);
      return jsonAnswer(
        200,
        toEvent(await input.paggio.events.get(input.principal, idOf(input, 'event')), input.principal),
      );
    },
  },
  {
    id: 'events.raw',
    method: 'GET',
    path: '/api/v1/events/:id/raw',
    scope: 'read',
    async run(input) {
      noQuery(input);
      const event = await input.paggio.events.get(input.principal, idOf(input, 'event'));
      return rawAnswer(event.rawHeaders, event.body, event.id);
    },
  },
  {
    id: 'events.replay',
    method: 'POST',
    path: '/api/v1/events/:id/replay',
    scope: 'write',
    async run(input) {
      noQuery(input);
      const id = idOf(input, 'event');
      const dto = parse(ReplayDto, parseJson(input.body), 'body');
      const target = toReplayTarget(dto);
      if (target === null) {
        const eventId = await input.paggio.replays.redeliver(input.principal, id);
        return jsonAnswer(202, { id: eventId, status: 'QUEUED', message: 'Event replayed' });
      }
      const result = await input.paggio.replays.send(input.principal, id, target, {
        includeCredentials: dto.include_credentials,
      });
      return jsonAnswer(200, {
        id: result.id,
        status: result.status,
        response_status: result.responseStatus,
        ...toBody(result.responseBody),
        latency_ms: result.latencyMs,
        destination_url: result.destinationUrl,
        replayed_at: result.replayedAt.toISOString(),
        error: result.error,
      });
    },
  },
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
  {
    id: 'keys.list',
    method: 'GET',
    path: '/api/v1/keys',
    scope: 'admin',
    async run({ paggio, principal, query }) {
      return jsonAnswer(
        200,
        toList(await paggio.keys.list(principal, toPaging(parse(PageQueryDto, query, 'query'))), toKey),
      );
    },
  },
  {
    id: 'keys.create',
    method: 'POST',
    path: '/api/v1/keys',
    scope: 'admin',
    async run(input) {
      noQuery(input);
      const dto = parse(KeyCreateDto, parseJson(input.body), 'body');
      const { apiKey, key } = await input.paggio.keys.create(input.principal, {
        name: dto.name,
        mode: dto.mode,
        scopes: dto.scopes,
        expiresAt: dto.expires_at ? new Date(dto.expires_at) : null,
        userId: dto.user_id,
      });
      return jsonAnswer(201, { ...toKey(apiKey), key });
    },
  },
  {
    id: 'keys.delete',
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    scope: 'admin',
    async run(input) {
      noQuery(input);
      await input.paggio.keys.revoke(input.principal, idOf(input, 'API key'));
      return noContent;
    },
  },
];

/** A malformed id is the same 404 as an unknown one: ids are no oracle. */
function idOf(input: OperationInput, what: string): string {
  const id = parseId(input.params['id'] ?? '');
  if (id === undefined) throw notFound(what);
  return id;
}

function noQuery(input: OperationInput): void {
  const details = Object.keys(input.query).map((field) => ({ field, message: `There is no "${field}" here.` }));
  if (details.length > 0) {
    throw new PaggioError('BAD_REQUEST', `Wrong query parameter: ${details.map((detail) => detail.field).join(', ')}`, {
      hint: details[0]?.message,
      details,
    });
  }
}

/** The exact bytes. A browser must neither render nor guess them: they are a stranger's. */
function rawAnswer(rawHeaders: readonly string[], body: Buffer, id: string): Answer {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  const received = at < 0 ? undefined : rawHeaders[at + 1];
  return {
    status: 200,
    headers: [
      ['content-type', received || 'application/octet-stream'],
      ['content-disposition', `attachment; filename="${id}"`],
      ['x-content-type-options', 'nosniff'],
      ['content-security-policy', "sandbox; default-src 'none'"],
      ['cache-control', 'no-store'],
    ],
    body,
  };
}
