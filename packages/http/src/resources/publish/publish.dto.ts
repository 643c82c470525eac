import { fields } from '@paggio/core';
import { Allow } from 'class-validator';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';

export class PublishDto {
  @Doc('1 to 128 letters, digits, - _ or .')
  @Rule(fields.publish.eventType)
  event_type!: string;

  @Doc('Any JSON. Destinations receive its source text: big integers and 1.10 stay what they are.', {})
  @Allow()
  payload!: unknown;

  @Doc('Omitted: every active endpoint whose event_types match.')
  @Rule(fields.publish.endpointIds)
  endpoint_ids?: string[];

  @Doc(
    'A repetition with the same key makes nothing new. Kept for 72 hours. The header Idempotency-Key, if sent too, must be the same.',
  )
  @Rule(fields.publish.idempotencyKey)
  idempotency_key?: string | null;
}
