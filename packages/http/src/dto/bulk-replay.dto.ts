import { IsBoolean, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';
import { EventFilterDto, BARE_ID } from './list.dto';
import { Nested } from './nested';

export class BulkReplayDto {
  @Doc('The filters of the event list; at least one.')
  @Nested(() => EventFilterDto)
  filter!: EventFilterDto;

  @Doc('Counts, and does nothing else.')
  @IfGiven()
  @IsBoolean()
  dry_run?: boolean;

  @Doc('Events per second; null: as fast as they are delivered.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  rate_per_second?: number | null;

  @Doc('Sends the events themselves to this destination, instead of copies to where their endpoints send.')
  @IsOptional()
  @Matches(BARE_ID, { message: 'destination_id must be the id of a destination.' })
  destination_id?: string | null;
}
