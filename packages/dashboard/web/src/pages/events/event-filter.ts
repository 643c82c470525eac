import type { BulkReplay, EventItem, Operations } from '@paggio/client';

export type EventQuery = NonNullable<Operations['events.list']['query']>;
export type EventFilter = BulkReplay['filter'];

export const statuses = ['pending', 'delivered', 'failed', 'captured'] as const;

const names = ['status', 'source', 'event_type', 'endpoint_id', 'since', 'until', 'q'] as const;

/** Reads the filter from the page's URL. Values that the API does not know are left for the API to reject. */
export function toFilter(search: URLSearchParams): EventFilter {
  const given = names.map((name) => [name, search.get(name) ?? ''] as const).filter(([, value]) => value !== '');
  return Object.fromEntries(given);
}

/** Whether the filter shows an event that just arrived; null if only the server can tell. */
export function matches(filter: EventFilter, event: EventItem): boolean | null {
  if (filter.q !== undefined) return null;
  const at = Date.parse(event.received_at);
  const type = event.event_type ?? '';
  const wanted = filter.event_type;
  return (
    (filter.status === undefined || filter.status === event.status) &&
    (filter.source === undefined || filter.source === event.source) &&
    (filter.endpoint_id === undefined || filter.endpoint_id === event.endpoint_id) &&
    (wanted === undefined || (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted)) &&
    (filter.since === undefined || at > Date.parse(filter.since)) &&
    (filter.until === undefined || at < Date.parse(filter.until))
  );
}
