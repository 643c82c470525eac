import type { PublishedDelivery } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toPublished(deliveries: readonly PublishedDelivery[]): Wire.Published {
  return {
    deliveries: deliveries.map(({ endpointId, eventId, created }) => ({
      endpoint_id: endpointId,
      event_id: eventId,
      created,
    })),
  };
}
