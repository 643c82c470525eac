import { IsOptional, Matches } from 'class-validator';
import {
  invalid,
  parseId,
  parseTime,
  PaggioError,
  type EventFilter,
  type EventStatus,
  type Paging,
  fields,
  rules,
} from '@paggio/core';
import { Doc } from './doc';
import { Also, given } from './forms';
import { Rule } from './rule';
import { IsTime } from './time';

const WHOLE = /^\d{1,6}$/;
const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
/** The id of any object. */
export const ID = new RegExp(`^(?:(?:ep|evt|att|key)_)?${UUID}$`);
/** The id of an endpoint: a prefix of another kind is another kind. */
export const ENDPOINT_ID = new RegExp(`^(?:ep_)?${UUID}$`);
/** The id of an object whose kind has no prefix. */
export const BARE_ID = new RegExp(`^${UUID}$`);

const LIMIT = { message: 'limit must be a whole number from 1 to 100.' };
const OFFSET = { message: 'offset must be a whole number from 0 to 10000.' };
const AFTER = { message: 'starting_after must be the id of the last item of the page before.' };

const limitSchema = { type: 'integer', minimum: 1, maximum: 100, default: 50 } as const;
const offsetSchema = { type: 'integer', minimum: 0, maximum: 10_000, default: 0 } as const;

/** Several decorators as one. */
const all =
  (...decorators: PropertyDecorator[]): (() => PropertyDecorator) =>
  () =>
  (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };

const IsLimit = all(Doc('Items of a page.', limitSchema), IsOptional(), Matches(WHOLE, LIMIT));
const IsOffset = all(
  Doc('Items to skip. Not together with starting_after.', offsetSchema),
  IsOptional(),
  Matches(WHOLE, OFFSET),
);
const IsCursor = all(Doc('Id of the last item of the page before.'), IsOptional(), Matches(ID, AFTER));

export class PageQueryDto {
  @IsLimit() limit?: string;
  @IsOffset() offset?: string;
  @IsCursor() starting_after?: string;
}

/** What selects events, in the query of the list and in the body of a bulk replay, where null counts as left out. */
@Also({ not: { type: 'object', ...given('event', 'event_type') } })
export class EventFilterDto {
  @Rule(rules.nullable(fields.filter.status))
  status?: EventStatus;

  @Doc("A provider's name, api, or unknown.")
  @Rule(rules.nullable(fields.filter.source))
  source?: string;

  @Doc('Exact, or a prefix with a trailing .*')
  @Rule(rules.nullable(fields.filter.eventType))
  event_type?: string;

  @Doc('Another name of event_type. Only one of them can be given.')
  @Rule(rules.nullable(fields.filter.eventType))
  event?: string;

  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;

  @Doc('Received later than this.')
  @IsOptional()
  @IsTime()
  since?: string;

  @Doc('Received earlier than this.')
  @IsOptional()
  @IsTime()
  until?: string;

  @Doc('Text in id, event type or payload, taken literally.')
  @Rule(rules.nullable(fields.filter.q))
  q?: string;
}

export class EventListQueryDto extends EventFilterDto implements PageQueryDto {
  @IsLimit() limit?: string;
  @IsOffset() offset?: string;
  @IsCursor() starting_after?: string;
}

/** @throws PaggioError `BAD_REQUEST` that names the parameter */
export function toPaging(query: PageQueryDto, fallbackLimit = 50): Paging {
  const limit = Number(query.limit ?? fallbackLimit);
  const offset = Number(query.offset ?? 0);
  if (limit < 1 || limit > 100) throw wrongParameter('limit', 'limit must be a whole number from 1 to 100.');
  if (offset > 10_000)
    throw wrongParameter('offset', 'offset must be a whole number from 0 to 10000; page further with starting_after.');
  if (query.offset !== undefined && query.starting_after !== undefined) {
    throw wrongParameter('starting_after', 'Page by offset or by starting_after, not by both.');
  }
  return {
    limit,
    offset,
    startingAfter: query.starting_after === undefined ? null : (parseId(query.starting_after) as string),
  };
}

/** @throws PaggioError `BAD_REQUEST` for a query and `VALIDATION_FAILED` for a body, that names the field */
export function toFilter(dto: EventFilterDto, kind: 'query' | 'body'): EventFilter {
  // In a body null is as good as left out.
  const input = Object.fromEntries(Object.entries(dto).filter(([, value]) => value !== null)) as EventFilterDto;
  const wrong = (field: string, message: string): PaggioError =>
    kind === 'query' ? wrongParameter(field, message) : invalid([{ field: `filter.${field}`, message }]);
  if (input.event !== undefined && input.event_type !== undefined)
    throw wrong('event', 'event is another name of event_type: give one of them.');
  return {
    status: input.status,
    source: input.source,
    eventType: input.event_type ?? input.event,
    endpointId: input.endpoint_id === undefined ? undefined : parseId(input.endpoint_id),
    since: parseTime(input.since),
    until: parseTime(input.until),
    q: input.q,
  };
}

export function wrongParameter(field: string, message: string): PaggioError {
  return new PaggioError('BAD_REQUEST', `Wrong query parameter: ${field}`, {
    hint: message,
    details: [{ field, message }],
  });
}
