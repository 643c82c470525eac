import type { BulkReplay } from '@paggio/core';

export function toBulkReplay(replay: BulkReplay): object {
  const { filter } = replay;
  return {
    id: replay.id,
    status: replay.status,
    filter: {
      status: filter.status,
      source: filter.source,
      event_type: filter.eventType,
      endpoint_id: filter.endpointId,
      since: filter.since?.toISOString(),
      until: filter.until?.toISOString(),
      q: filter.q,
    },
    destination_id: replay.destinationId,
    rate_per_second: replay.ratePerSecond,
    matched: replay.matched,
    created: replay.created,
    skipped: replay.skipped,
    done: replay.done,
    failed: replay.failed,
    created_at: replay.createdAt.toISOString(),
    finished_at: replay.finishedAt?.toISOString() ?? null,
  };
}
