import { IsString, Matches } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';

export class TestEventDto {
  @Doc(
    "One of the provider's samples (sample_event_types of GET /api/v1/providers), default the most typical one; any other, or without a provider, makes a plain event.",
  )
  @IfGiven()
  @IsString()
  @Matches(/^[A-Za-z0-9_./:-]{1,128}$/, { message: 'event_type must be 1 to 128 letters, digits, and _ . / : -' })
  event_type?: string;
}
