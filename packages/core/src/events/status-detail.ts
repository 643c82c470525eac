import { closest } from '@paggio/providers';
import {
  matchesEventType,
  wantedBy,
  type DestinationConfig,
  type EndpointConfig,
  type HandlerRule,
} from '../endpoints/endpoint-config';
import type { StoredEvent } from './event';

/** At most this many reasons are given. The rest are only counted. */
const REASONS = 3;
/** At most this many event types are listed. */
const TYPES = 5;

/**
 * Explains why an event has its status, in a sentence or two. Returns null when the status says it all. For a captured
 * event it looks at the current configuration, because no older one is stored. If the configuration has changed since,
 * it says so.
 */
export function statusDetailOf(event: StoredEvent, endpoint: EndpointConfig | null): string | null {
  switch (event.status) {
    case 'captured':
      return endpoint === null || endpoint.deleted ? 'The endpoint was deleted.' : capturedBecause(event, endpoint);
    case 'pending':
      return event.nextAttemptReason;
    case 'failed':
      return failedBecause(event);
    case 'delivered':
      return null;
  }
}

function failedBecause({ attempts, acceptedBy }: StoredEvent): string | null {
  const last = attempts.findLast(
    ({ status, trigger, destinationId }) =>
      trigger === 'scheduled' && status === 'failed' && !acceptedBy.includes(destinationId ?? ''),
  );
  return last ? `${last.destinationUrl}: ${last.reason}` : null;
}

function capturedBecause(event: StoredEvent, endpoint: EndpointConfig): string {
  const { destinations, eventTypes, handlers } = endpoint;
  const reasons = [
    ...destinations.map((one) => destinationRefuses(event, one)),
    ...handlers.map((rule) => handlerRefuses(event, rule)),
  ];
  if (reasons.length === 0) return 'The endpoint has no destination.';
  if (!matchesEventType(eventTypes, event.eventType))
    return `The endpoint delivers only ${listed(eventTypes)}, and this event has ${typeOf(event)}.${misspelt(event, eventTypes)}`;
  const known = reasons.filter((reason) => reason !== null);
  if (known.length < reasons.length)
    return 'The configuration has changed since the event arrived: a replay would deliver it now.';
  const more = known.length > REASONS ? ` And ${known.length - REASONS} more.` : '';
  return known.slice(0, REASONS).join(' ') + more;
}

/** Why a destination does not want an event, or null if it does. */
function destinationRefuses(event: StoredEvent, { eventTypes, handler, rule, url }: DestinationConfig): string | null {
  if (handler !== null)
    return rule === null ? `The handler "${handler}" is not in the code of the app.` : handlerRefuses(event, rule);
  if (matchesEventType(eventTypes, event.eventType)) return null;
  return `The destination ${url} accepts only ${listed(eventTypes)}, and this event has ${typeOf(event)}.${misspelt(event, eventTypes)}`;
}

/** Why a handler does not want an event, or null if it does. */
function handlerRefuses(event: StoredEvent, rule: HandlerRule): string | null {
  if (wantedBy(rule, event)) return null;
  const name = `The handler "${rule.name}"`;
  if (rule.source !== '*' && rule.source !== event.source)
    return `${name} accepts only events of ${rule.source}, and this one is of ${event.source}.`;
  if (!matchesEventType(rule.eventTypes, event.eventType))
    return `${name} accepts only ${listed(rule.eventTypes)}, and this event has ${typeOf(event)}.${misspelt(event, rule.eventTypes)}`;
  return `${name} accepts only verified events, and this one is not verified: set up verification, or set the option unverified of the handler.`;
}

function listed(types: readonly string[]): string {
  const more = types.length > TYPES ? ` and ${types.length - TYPES} more` : '';
  return `the event ${types.length === 1 ? 'type' : 'types'} ${types.slice(0, TYPES).join(', ')}${more}`;
}

/** Asks about a filter that is almost the type of the event, because it is most likely a typing error. */
function misspelt({ eventType }: StoredEvent, types: readonly string[]): string {
  const near = eventType === null ? undefined : types.find((one) => closest(one, [eventType]) !== undefined);
  return near === undefined ? '' : ` Is "${near}" misspelt?`;
}

function typeOf({ eventType }: StoredEvent): string {
  return eventType === null ? 'no type' : `the type ${eventType}`;
}
