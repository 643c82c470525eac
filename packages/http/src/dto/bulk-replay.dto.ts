import { fields, rules } from '@paggio/core';
import { Doc } from './doc';
import { Rule } from './rule';
import { EventFilterDto } from './list.dto';
import { Nested } from './nested';

export class BulkReplayDto {
  @Doc('The filters of the event list; at least one.')
  @Nested(() => EventFilterDto, rules.object)
  filter!: EventFilterDto;

  @Doc('Counts, and does nothing else.')
  @Rule(fields.bulkReplay.dryRun)
  dry_run?: boolean;

  @Doc('Events per second; null: as fast as they are delivered.')
  @Rule(fields.bulkReplay.ratePerSecond)
  rate_per_second?: number | null;

  @Doc('Sends the events themselves to this destination, instead of copies to where their endpoints send.')
  @Rule(fields.bulkReplay.destinationId)
  destination_id?: string | null;
}
