import { fields } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';

export class TestEventDto {
  @Doc(
    "One of the provider's samples (sample_event_types of GET /api/v1/providers). Default: its most typical one. Any other type, or an endpoint without a provider, gets a generic event.",
  )
  @Rule(fields.testEvent.eventType)
  event_type?: string;
}
