import { jsonAnswer, type Answer } from '../answer';
import { EventListQueryDto, toFilter, toPaging } from '../dto/list.dto';
import { ReplayDto, toReplayTarget } from '../dto/replay.dto';
import type { Operation } from '../operation';
import { parse, parseJson } from '../parse';
import { toBody, toEvent, toEventItem, toList } from '../wire/event';
import { idOf, noFields, noQuery } from './input';

export const eventOperations: readonly Operation[] = [
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
        const eventId = await input.paggio.replays.redeliver(input.principal, id, input.idempotencyKey);
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
    id: 'events.cancel',
    method: 'POST',
    path: '/api/v1/events/:id/cancel',
    scope: 'write',
    async run(input) {
      noQuery(input);
      noFields(input);
      return jsonAnswer(
        200,
        toEvent(await input.paggio.events.cancel(input.principal, idOf(input, 'event')), input.principal),
      );
    },
  },
];

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
