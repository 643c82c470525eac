import type { EventItem } from '@paggio/client';
import { matches, toFilter } from './event-filter';

const event = {
  id: '1',
  endpoint_id: 'e',
  source: 'stripe',
  event_type: 'invoice.paid',
  status: 'delivered',
  received_at: '2026-01-02T00:00:00.000Z',
} as EventItem;

test('the filter consists of its own parameters in the address, and of no others', () => {
  expect(toFilter(new URLSearchParams('status=failed&q=a%26b&tab=x&source='))).toEqual({ status: 'failed', q: 'a&b' });
});

test.each([
  [{}, true],
  [{ status: 'delivered' }, true],
  [{ status: 'failed' }, false],
  [{ source: 'github' }, false],
  [{ endpoint_id: 'other' }, false],
  [{ event_type: 'invoice.paid' }, true],
  [{ event_type: 'invoice.*' }, true],
  [{ event_type: 'invoice' }, false],
  [{ event_type: 'inv.*' }, false],
  [{ since: '2026-01-01T00:00:00.000Z', until: '2026-01-03T00:00:00.000Z' }, true],
  [{ since: '2026-01-02T00:00:00.000Z' }, false],
  [{ until: '2026-01-02T00:00:00.000Z' }, false],
  // Only the server searches payloads.
  [{ q: 'x' }, null],
] as const)('whether the filter %j matches a new event is %s', (filter, expected) => {
  expect(matches(filter, event)).toBe(expected);
});
