import { IsOptional, Matches } from 'class-validator';
import { fields, parseId, parseTime, rules, type EventFilter, type EventStatus, type PaggioError } from '@paggio/core';
import { wrongInput } from '../../wire-error';
import { Doc } from '../../dto/doc';
import { Also, given } from '../../dto/forms';
import { Rule } from '../../dto/rule';
import { IsTime } from '../../dto/time';
import { ENDPOINT_ID, IsCursor, IsLimit, IsOffset, wrongParameter, type PageQueryDto } from '../shared/page.dto';

/** Filters for events, in the query of the list and in the body of a bulk replay, where null counts as left out. */
@Also({ not: { type: 'object', ...given('event', 'event_type') } })
export class EventFilterDto {
  @Rule(rules.nullable(fields.filter.status))
  status?: EventStatus;

  @Doc("A provider's name, api, or unknown.")
  @Rule(rules.nullable(fields.filter.source))
  source?: string;

  @Doc('An exact event type, or a prefix that ends with .*')
  @Rule(rules.nullable(fields.filter.eventType))
  event_type?: string;

  @Doc('Alias of event_type. Only one of them can be given.')
  @Rule(rules.nullable(fields.filter.eventType))
  event?: string;

  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;

  @Doc('Events received after this time.')
  @IsOptional()
  @IsTime()
  since?: string;

  @Doc('Events received before this time.')
  @IsOptional()
  @IsTime()
  until?: string;

  @Doc('Text to find in the id, event type or payload. It is matched literally.')
  @Rule(rules.nullable(fields.filter.q))
  q?: string;
}

export class EventListQueryDto extends EventFilterDto implements PageQueryDto {
  @IsLimit() limit?: string;
  @IsOffset() offset?: string;
  @IsCursor() starting_after?: string;
}

/** @throws PaggioError `BAD_REQUEST` for a query and `VALIDATION_FAILED` for a body; it names the field */
export function toFilter(dto: EventFilterDto, kind: 'query' | 'body'): EventFilter {
  // In a body, null counts as left out.
  const input = Object.fromEntries(Object.entries(dto).filter(([, value]) => value !== null)) as EventFilterDto;
  const wrong = (field: string, message: string): PaggioError =>
    kind === 'query' ? wrongParameter(field, message) : wrongInput('body', [{ field: `filter.${field}`, message }]);
  if (input.event !== undefined && input.event_type !== undefined)
    throw wrong('event', 'event is an alias of event_type: give only one of them.');
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
