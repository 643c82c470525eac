import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import type { EventDetail, EventStatus } from '@paggio/core';
import { jsonAnswer } from '../answer';
import { ID, toFilter, toPaging } from '../dto/list.dto';
import { operation } from '../operation';
import { toPayload } from '../wire/payload';
import { visibleTo } from '../wire/visible';
import type { Dialect } from './dialect';

const statuses = ['pending', 'delivered', 'failed'] as const;
type Status = (typeof statuses)[number];

/** Nothing to deliver to is none of that product's states. */
const ours: Readonly<Record<Status, readonly EventStatus[]>> = {
  pending: ['pending', 'captured'],
  delivered: ['delivered'],
  failed: ['failed'],
};

class ListQueryDto {
  @IsOptional() @IsString() @Length(1, 256) event?: string;
  @IsOptional() @IsIn(statuses) status?: Status;
  @IsOptional() @IsISO8601({ strict: true }) since?: string;
  @IsOptional() @IsISO8601({ strict: true }) until?: string;
  @IsOptional() @Matches(ID, { message: 'starting_after must be the id of an event.' }) starting_after?: string;
  @IsOptional() @Matches(/^\d{1,3}$/, { message: 'limit must be a whole number from 1 to 100.' }) limit?: string;
}

export const bags: Dialect = {
  name: 'bags',
  errorBody: ({ message, code, hint }) => ({ status: 'error', message, code, hint }),
  operations: [
    operation({
      id: 'events.list',
      method: 'GET',
      path: '/api/events',
      scope: 'read',
      summary: 'Events, newest first.',
      query: ListQueryDto,
      answers: { 200: { schema: { type: 'object' } } },
      async run({ paggio, principal, query }) {
        const { status, limit, starting_after, ...rest } = query;
        const paging = toPaging({ limit, starting_after }, 25);
        const filter = toFilter(rest, 'query');
        const pages = await Promise.all(
          (status === undefined ? [undefined] : ours[status]).map((one) =>
            paggio.events.list(principal, { ...filter, status: one }, paging),
          ),
        );
        const found = pages.flatMap(({ items }) => items).sort((a, b) => (a.id < b.id ? 1 : -1));
        const shown = found.slice(0, paging.limit);
        const more = found.length > shown.length || pages.some(({ hasMore }) => hasMore);
        const details = await Promise.all(shown.map(({ id }) => paggio.events.get(principal, id)));
        return jsonAnswer(200, {
          status: 'success',
          data: details.map((event) => toItem(visibleTo(principal, event))),
          hasMore: more,
        });
      },
    }),
  ],
};

function toItem(event: EventDetail): object {
  return {
    id: event.id,
    endpointId: event.endpointId,
    event: event.eventType,
    payload: toPayload(event.body).payload,
    status: event.status === 'captured' ? 'pending' : event.status,
    attempts: event.attemptCount,
    responseStatus: event.responseStatus,
    lastAttemptAt: event.attempts.at(-1)?.createdAt.toISOString() ?? null,
    createdAt: event.receivedAt.toISOString(),
  };
}
