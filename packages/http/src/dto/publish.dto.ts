import { Allow, ArrayMaxSize, ArrayNotEmpty, IsArray, IsOptional, IsString, Matches } from 'class-validator';
import { Doc } from './doc';
import { IfGiven } from './given';
import { ENDPOINT_ID } from './list.dto';

export class PublishDto {
  @Doc('1 to 128 letters, digits, - _ or .')
  @IsString()
  @Matches(/^[A-Za-z0-9_.-]{1,128}$/, { message: 'event_type must be 1 to 128 letters, digits, - _ or .' })
  event_type!: string;

  @Doc('Any JSON. Destinations receive its source text: big integers and 1.10 stay what they are.', {})
  @Allow()
  payload!: unknown;

  @Doc('Omitted: every active endpoint whose event_types match.')
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(1000)
  @Matches(ENDPOINT_ID, { each: true, message: 'endpoint_ids must be ids of endpoints.' })
  endpoint_ids?: string[];

  @Doc(
    'A repetition with the same key makes nothing new. Kept for 72 hours. The header Idempotency-Key, if sent too, must be the same.',
  )
  @IsOptional()
  @Matches(/^[\x21-\x7e]{1,255}$/, { message: 'idempotency_key must be 1 to 255 visible ASCII characters.' })
  idempotency_key?: string | null;
}
