import { query, until, type TestGateway } from './index';

// Reading an event with all its attempts costs as much as delivering it. With many events, these ask the database once
// for all of them.

/** Resolves when no delivery of the endpoint is pending. */
export function drained(gateway: TestGateway, endpointId: string): Promise<true> {
  return nonePending(gateway, `endpoint_id = '${endpointId}'`);
}

/** Resolves when no delivery of these events is pending. */
export function allSettled(gateway: TestGateway, eventIds: readonly string[]): Promise<true> {
  return nonePending(gateway, `event_id = any('{${eventIds.join()}}')`);
}

function nonePending({ paggio, database }: TestGateway, condition: string): Promise<true> {
  const pending = `select 1 from paggio.deliveries where state = 'pending' and ${condition} limit 1`;
  return until(paggio, async () => ((await query(database.url, pending)).length === 0 ? true : undefined));
}
