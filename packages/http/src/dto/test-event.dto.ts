import { IsString, Matches } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';

export class TestEventDto {
  @Doc('Default test.event.')
  @IfGiven()
  @IsString()
  @Matches(/^[A-Za-z0-9_./:-]{1,128}$/, { message: 'event_type must be 1 to 128 letters, digits, and _ . / : -' })
  event_type?: string;
}
