import { fields } from '@paggio/core';
import { Allow } from 'class-validator';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';

export class PublishDto {
  @Doc('1 to 128 letters, digits, - _ or .')
  @Rule(fields.publish.eventType)
  event_type!: string;

  @Doc('Any JSON. Destinations receive its exact source text, so large integers and 1.10 stay unchanged.', {})
  @Allow()
  payload!: unknown;

  @Doc('Default: every active endpoint whose event_types match.')
  @Rule(fields.publish.endpointIds)
  endpoint_ids?: string[];

  @Doc(
    'A request that repeats an earlier one with the same key creates nothing new. Keys are kept for 72 hours. If the header Idempotency-Key is also sent, it must be the same.',
  )
  @Rule(fields.publish.idempotencyKey)
  idempotency_key?: string | null;
}
