import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import { eventStatuses, parseId, PaggioError, type EventFilter, type EventStatus, type Paging } from '@paggio/core';

const WHOLE = /^\d{1,6}$/;
export const ID = /^(?:(?:ep|evt|att|key)_)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

const limit = { message: 'limit must be a whole number from 1 to 100.' };
const offset = { message: 'offset must be a whole number from 0 to 10000.' };
const after = { message: 'starting_after must be the id of the last item of the page before.' };

export class PageQueryDto {
  @IsOptional() @Matches(WHOLE, limit) limit?: string;
  @IsOptional() @Matches(WHOLE, offset) offset?: string;
  @IsOptional() @Matches(ID, after) starting_after?: string;
}

/** What selects events, in the query of the list and in the body of a bulk replay. */
export class EventFilterDto {
  @IsOptional() @IsIn(eventStatuses) status?: EventStatus;
  @IsOptional() @IsString() @Length(1, 64) source?: string;
  @IsOptional() @IsString() @Length(1, 256) event_type?: string;
  /** Alias of `event_type`. */
  @IsOptional() @IsString() @Length(1, 256) event?: string;
  @IsOptional() @Matches(ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;
  @IsOptional() @IsISO8601({ strict: true }) since?: string;
  @IsOptional() @IsISO8601({ strict: true }) until?: string;
  @IsOptional() @IsString() @Length(1, 256) q?: string;
}

export class EventListQueryDto extends EventFilterDto implements PageQueryDto {
  @IsOptional() @Matches(WHOLE, limit) limit?: string;
  @IsOptional() @Matches(WHOLE, offset) offset?: string;
  @IsOptional() @Matches(ID, after) starting_after?: string;
}

/** @throws PaggioError `BAD_REQUEST` that names the parameter */
export function toPaging(query: PageQueryDto, fallbackLimit = 50): Paging {
  const limit = Number(query.limit ?? fallbackLimit);
  const offset = Number(query.offset ?? 0);
  if (limit < 1 || limit > 100) throw wrong('limit', 'limit must be a whole number from 1 to 100.');
  if (offset > 10_000)
    throw wrong('offset', 'offset must be a whole number from 0 to 10000; page further with starting_after.');
  if (query.offset !== undefined && query.starting_after !== undefined) {
    throw wrong('starting_after', 'Page by offset or by starting_after, not by both.');
  }
  return {
    limit,
    offset,
    startingAfter: query.starting_after === undefined ? null : (parseId(query.starting_after) as string),
  };
}

export function toFilter(query: EventFilterDto): EventFilter {
  if (query.event !== undefined && query.event_type !== undefined)
    throw wrong('event', 'event is another name of event_type: give one of them.');
  const time = (name: 'since' | 'until'): Date | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) throw wrong(name, `${name} must be an ISO 8601 time.`);
    return at;
  };
  return {
    status: query.status,
    source: query.source,
    eventType: query.event_type ?? query.event,
    endpointId: query.endpoint_id === undefined ? undefined : parseId(query.endpoint_id),
    since: time('since'),
    until: time('until'),
    q: query.q,
  };
}

function wrong(field: string, message: string): PaggioError {
  return new PaggioError('BAD_REQUEST', `Wrong query parameter: ${field}`, {
    hint: message,
    details: [{ field, message }],
  });
}
