import { setImmediate } from 'node:timers/promises';
import { IsOptional, Matches } from 'class-validator';
import { fields, rules, type EventContent, type EventStatus, type EventSummary } from '@paggio/core';
import { Rule } from '../dto/rule';
import { textAnswer } from '../answer';
import { ID, toPaging } from '../resources/shared/page.dto';
import { toFilter } from '../resources/events/events.dto';
import { IsTime } from '../dto/time';
import { operation } from '../operation';
import { toJson } from '../json-text';
import { toPayload } from '../resources/shared/payload';
import { visibleTo } from '../resources/shared/visible';
import type { Dialect } from './dialect';

const statuses = ['pending', 'delivered', 'failed'] as const;
type Status = (typeof statuses)[number];

/** That product has no status for events without a destination. They count as pending. */
const ours: Readonly<Record<Status, readonly EventStatus[]>> = {
  pending: ['pending', 'captured'],
  delivered: ['delivered'],
  failed: ['failed'],
};

class ListQueryDto {
  @Rule(fields.filter.eventType) event?: string;
  @Rule(rules.optional(rules.oneOf(statuses))) status?: Status;
  @IsOptional() @IsTime() since?: string;
  @IsOptional() @IsTime() until?: string;
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
      summary: 'Lists events, newest first.',
      query: ListQueryDto,
      answers: { 200: { schema: { type: 'object' } } },
      async run({ paggio, principal, query }) {
        const { status, limit, starting_after, ...rest } = query;
        const paging = toPaging({ limit, starting_after }, 25);
        const filter = toFilter(rest, 'query');
        const pages = await Promise.all(
          (status === undefined ? [undefined] : ours[status]).map((one) =>
            paggio.admin.events.list(principal, { ...filter, status: one }, paging),
          ),
        );
        const found = pages.flatMap(({ items }) => items).sort((a, b) => (a.id < b.id ? 1 : -1));
        const shown = found.slice(0, paging.limit);
        const more = found.length > shown.length || pages.some(({ hasMore }) => hasMore);
        const contents = await paggio.admin.events.contents(
          principal,
          shown.map(({ id }) => id),
        );
        const visible = contents.map((content) => visibleTo(principal, content));
        const { items, cut } = await fittingItems(shown, visible);
        return textAnswer(200, `{"status":"success","data":[${items.join(',')}],"hasMore":${more || cut}}`);
      },
    }),
  ],
};

/** A page ends early when its items have more bytes than this; a single item may be larger. */
const PAGE_BYTES = 8 * 1024 * 1024;
/**
 * After items of this many characters, other work gets a turn, because making an item from a large body blocks the
 * process.
 */
const YIELD_BYTES = 128 * 1024;

/** The first items of a page that fit, as JSON, and whether any were left out. */
async function fittingItems(
  events: readonly EventSummary[],
  contents: readonly EventContent[],
): Promise<{ items: string[]; cut: boolean }> {
  const byId = new Map(contents.map((content) => [content.id, content]));
  const lastId = contents.at(-1)?.id ?? '';
  const items: string[] = [];
  let size = 0;
  let sinceYield = 0;
  for (const event of events) {
    const content = byId.get(event.id);
    if (!content) {
      // Contents are read newest first and may end early. So an event newer than the last one read has been removed.
      if (contents.length === 0 || event.id > lastId) continue;
      return { items, cut: true };
    }
    const item = toJson(toItem(event, content));
    size += Buffer.byteLength(item);
    if (items.length > 0 && size > PAGE_BYTES) return { items, cut: true };
    items.push(item);
    sinceYield += item.length;
    if (sinceYield < YIELD_BYTES) continue;
    sinceYield = 0;
    await setImmediate();
  }
  return { items, cut: false };
}

function toItem(event: EventSummary, { body, lastAttemptAt }: EventContent): object {
  return {
    id: event.id,
    endpointId: event.endpointId,
    event: event.eventType,
    payload: toPayload(body).payload,
    status: event.status === 'captured' ? 'pending' : event.status,
    attempts: event.attemptCount,
    responseStatus: event.responseStatus,
    lastAttemptAt: lastAttemptAt?.toISOString() ?? null,
    createdAt: event.receivedAt.toISOString(),
  };
}
