import { IsOptional, Matches } from 'class-validator';
import type { StatsInput } from '@paggio/core';
import { parseId, parseTime } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { IsTime } from '../../dto/time';
import { ENDPOINT_ID } from '../shared/page.dto';

export class StatsQueryDto {
  @IsOptional() @Matches(ENDPOINT_ID, { message: 'endpoint_id must be the id of an endpoint.' }) endpoint_id?: string;

  @Doc('Start of the period, inclusive. It must be before to, by at most 3660 days. Default: 24 hours before to.')
  @IsOptional()
  @IsTime()
  from?: string;

  @Doc('End of the period, exclusive. Default: now.')
  @IsOptional()
  @IsTime()
  to?: string;
}

export function toStatsInput(query: StatsQueryDto): StatsInput {
  return {
    endpointId: query.endpoint_id === undefined ? undefined : parseId(query.endpoint_id),
    from: parseTime(query.from),
    to: parseTime(query.to),
  };
}
