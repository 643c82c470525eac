import { fields } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Rule } from '../../dto/rule';

export class TestEventDto {
  @Doc(
    "One of the provider's samples (sample_event_types of GET /api/v1/providers), default the most typical one; any other, or without a provider, makes a plain event.",
  )
  @Rule(fields.testEvent.eventType)
  event_type?: string;
}
