import { matchesEventType, type DestinationConfig, type EndpointConfig } from '../endpoints/endpoint-config';
import type { StoredEvent } from './event';

/**
 * The destinations of a replay to the environment `original`. These are the ones that the event was routed to, or that
 * want its type now, and that have not accepted it. When all of them have, it is the first one. Functions of the app
 * are left out, because only a delivery can reach them.
 */
export function originalDestinations(
  { destinations }: Pick<EndpointConfig, 'destinations'>,
  event: Pick<StoredEvent, 'eventType' | 'routedTo' | 'acceptedBy'>,
): DestinationConfig[] {
  const urls = destinations.filter(({ handler }) => handler === null);
  const concerned = urls.filter(
    ({ id, eventTypes }) => event.routedTo.includes(id) || matchesEventType(eventTypes, event.eventType),
  );
  const lacking = concerned.filter(({ id }) => !event.acceptedBy.includes(id));
  return lacking.length > 0 ? lacking : (concerned.length > 0 ? concerned : urls).slice(0, 1);
}
