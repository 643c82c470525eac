import { IsOptional, Matches } from 'class-validator';
import {
  fields,
  rules,
  memberSources,
  parseId,
  type EventDetail,
  type EventFilter,
  type EventStatus,
  type EventSummary,
  type Paggio,
  type Principal,
} from '@paggio/core';
import { Rule } from '../dto/rule';
import { jsonAnswer } from '../answer';
import { ENDPOINT_ID, PageQueryDto, toPaging } from '../resources/shared/page.dto';
import { operation } from '../operation';
import { admitIngest } from '../resources/ingest/ingest.operations';
import { idOf } from '../resources/shared/ids';
import { toBody } from '../resources/attempts/attempts.wire';
import { JsonText } from '../json-text';
import { toPayload, type Payload } from '../resources/shared/payload';
import { visibleTo } from '../resources/shared/visible';
import type { Dialect } from './dialect';
import { prefixed } from './prefixed-id';

const statuses = ['QUEUED', 'PROCESSING', 'RETRYING', 'DELIVERED', 'EXPIRED', 'FAILED', 'REPLAYED'] as const;
type Status = (typeof statuses)[number];

/** The statuses that events have in Paggio, for each status of that product. */
const ours: Readonly<Record<Status, readonly EventStatus[]>> = {
  QUEUED: ['pending'],
  PROCESSING: ['pending'],
  RETRYING: ['pending'],
  DELIVERED: ['delivered', 'captured'],
  EXPIRED: ['failed'],
  FAILED: ['failed'],
  REPLAYED: ['delivered', 'failed', 'captured', 'pending'],
};
/**
 * Paggio cannot filter by a status of that product, so it searches this many of the newest events of each matching
 * status.
 */
const SEARCHED = 1_000;

class ListQueryDto extends PageQueryDto {
  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;
  @Rule(rules.optional(rules.oneOf(statuses))) status?: Status;
  @Rule(fields.filter.eventType) event_type?: string;
}

export const promptjang: Dialect = {
  name: 'promptjang',
  errorBody: ({ message, hint }) => ({ detail: hint === '' ? message : `${message}. ${hint}` }),
  operations: [
    operation({
      id: 'ingest',
      method: 'POST',
      path: '/e/:endpoint_id',
      part: 'ingest',
      scope: 'ingest',
      summary: 'Captures an event that your own producer signs with the secret of the endpoint.',
      answers: { 202: { schema: { type: 'object' } } },
      admit: admitIngest,
      async run({ paggio, principal, params, request, source }) {
        const endpoint = await paggio.host.ingest.route(principal, params['endpoint_id'] ?? '');
        const { method, fullPath: path, query, rawHeaders, remoteAddr } = request;
        const id = await paggio.host.ingest.receive(endpoint, {
          method,
          path,
          query,
          rawHeaders,
          remoteAddr,
          body: source,
        });
        const message = 'Event received and queued for delivery';
        return jsonAnswer(202, { id: prefixed('evt', id), status: 'QUEUED', message });
      },
    }),
    operation({
      id: 'events.list',
      method: 'GET',
      path: '/api/v1/events',
      scope: 'read',
      summary: 'Lists events, newest first.',
      query: ListQueryDto,
      answers: { 200: { schema: { type: 'object' } } },
      async run({ paggio, principal, query }) {
        const { limit, offset } = toPaging(query);
        const filter = {
          endpointId: query.endpoint_id === undefined ? undefined : parseId(query.endpoint_id),
          eventType: query.event_type,
        };
        const found =
          query.status === undefined
            ? await paggio.admin.events.list(principal, filter, { limit, offset, startingAfter: null })
            : await byStatus(paggio, principal, filter, query.status, limit, offset);
        return jsonAnswer(200, { events: found.items.map(toItem), total: found.total, limit, offset });
      },
    }),
    operation({
      id: 'events.get',
      method: 'GET',
      path: '/api/v1/events/:id',
      scope: 'read',
      summary: 'Returns an event.',
      answers: { 200: { schema: { type: 'object' } } },
      async run(input) {
        const event = await input.paggio.admin.events.get(input.principal, idOf(input, 'event'));
        return jsonAnswer(200, toDetail(visibleTo(input.principal, event)));
      },
    }),
    operation({
      id: 'events.replay',
      method: 'POST',
      path: '/api/v1/events/:id/replay',
      scope: 'write',
      summary: 'Delivers an event again, as a new event with retries.',
      idempotent: true,
      answers: { 202: { schema: { type: 'object' } } },
      async run(input) {
        const id = idOf(input, 'event');
        const copy = await input.paggio.admin.replays.redeliver(input.principal, id, input.idempotencyKey);
        return jsonAnswer(202, { id: prefixed('evt', copy), status: 'QUEUED', message: 'Event replayed' });
      },
    }),
  ],
};

/** Searches the newest events of the statuses that may correspond to this one. */
async function byStatus(
  paggio: Paggio,
  principal: Principal,
  filter: EventFilter,
  status: Status,
  limit: number,
  offset: number,
): Promise<{ items: EventSummary[]; total: number }> {
  const found: EventSummary[] = [];
  for (const one of ours[status]) {
    let after: string | null = null;
    for (let searched = 0; searched < SEARCHED; searched += 100) {
      const page = await paggio.admin.events.list(
        principal,
        { ...filter, status: one },
        { limit: 100, offset: 0, startingAfter: after },
      );
      found.push(...page.items.filter((event) => statusOf(event) === status));
      after = page.items.at(-1)?.id ?? null;
      if (!page.hasMore) break;
    }
  }
  found.sort((a, b) => (a.id < b.id ? 1 : -1));
  return { items: found.slice(offset, offset + limit), total: found.length };
}

function statusOf(event: EventSummary): Status {
  if (event.replayed) return 'REPLAYED';
  if (event.status === 'delivered' || event.status === 'captured') return 'DELIVERED';
  if (event.status === 'failed') return event.statusReason === 'exhausted' ? 'EXPIRED' : 'FAILED';
  if (event.leased) return 'PROCESSING';
  return event.attemptCount === 0 ? 'QUEUED' : 'RETRYING';
}

function toItem(event: EventSummary): object {
  return {
    id: prefixed('evt', event.id),
    endpoint_id: prefixed('ep', event.endpointId),
    event_type: event.eventType,
    status: statusOf(event),
    created_at: event.receivedAt.toISOString(),
  };
}

function toDetail(event: EventDetail): object {
  const { id, endpoint_id, event_type, status, created_at } = toItem(event) as Record<string, unknown>;
  return {
    id,
    org_id: event.userId,
    endpoint_id,
    event_type,
    status,
    payload: innerPayload(event.body),
    attempts: event.attempts.map((attempt) => ({
      id: prefixed('dat', attempt.id),
      status_code: attempt.responseStatus,
      response_body: toBody(attempt.responseBody).response_body,
      duration_ms: attempt.latencyMs,
      created_at: attempt.createdAt.toISOString(),
    })),
    created_at,
  };
}

/**
 * The source text of the member `payload` of the body, which producers of that product send, or else the whole body.
 */
function innerPayload(body: Buffer): Payload['payload'] {
  const { payload } = toPayload(body);
  if (!(payload instanceof JsonText)) return payload;
  // If the member is repeated, the last one counts, as it does for `JSON.parse`.
  const inner = memberSources(body, 'payload').at(-1);
  return inner === undefined ? payload : new JsonText(inner);
}
