import { IsISO8601, IsOptional, Matches } from 'class-validator';
import type { StatsInput } from '@paggio/core';
import { parseId } from '@paggio/core';
import { Doc } from './doc';
import { ENDPOINT_ID, toTime, wrongParameter } from './list.dto';

export class StatsQueryDto {
  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;

  @Doc('Received at or after this; default 24 hours before to.')
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @Doc('Received before this; default now.')
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

/** @throws PaggioError `BAD_REQUEST` that names the parameter */
export function toStatsInput(query: StatsQueryDto): StatsInput {
  const time = (name: 'from' | 'to'): Date | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const at = toTime(text);
    if (at === undefined) throw wrongParameter(name, `${name} must be an ISO 8601 time.`);
    return at;
  };
  return {
    endpointId: query.endpoint_id === undefined ? undefined : parseId(query.endpoint_id),
    from: time('from'),
    to: time('to'),
  };
}
