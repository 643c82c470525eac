import { textAt } from './body-value';
import { readableRequest } from './inflated-body';
import type { Provider } from './provider';
import type { WebhookRequest } from './webhook-request';

/** Event types with more characters are cut: they are labels, and the exact text stays in the body. */
export const EVENT_TYPE_LIMIT = 256;

/**
 * The event type of a request, at most `EVENT_TYPE_LIMIT` characters: by the provider's rule, else the text at `type`,
 * `event_type` or `event` of a JSON body. Null when the request names no type.
 */
export function eventTypeOf(request: WebhookRequest, provider: Provider | undefined): string | null {
  const read = readableRequest(request);
  const found =
    provider?.eventType(request) ?? textAt(read, 'type') ?? textAt(read, 'event_type') ?? textAt(read, 'event');
  return found ? storable(found).slice(0, EVENT_TYPE_LIMIT) : null;
}

// Text columns hold neither NUL nor lone surrogates.
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
