import { IsBoolean, IsInt, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';
import { IfGiven } from './given';
import { ID } from './list.dto';

export class BulkReplayDto {
  /** The filters of the event list. */
  @IsObject() filter!: object;
  @IfGiven() @IsBoolean() dry_run?: boolean;
  @IsOptional() @IsInt() @Min(1) @Max(10_000) rate_per_second?: number | null;
  @IsOptional() @Matches(ID, { message: 'destination_id must be the id of a destination.' }) destination_id?:
    string | null;
}
