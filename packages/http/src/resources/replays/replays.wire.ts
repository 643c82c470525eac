import type { BulkReplay, ReplayedAttempt, ReplayResult } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { toBody } from '../attempts/attempts.wire';

export function toBulkReplay(replay: BulkReplay): Wire.BulkReplay {
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

/** The first attempt; `withAttempts` adds the list of all. */
export function toReplayResult(result: ReplayResult, { withAttempts }: { withAttempts: boolean }): Wire.ReplayResult {
  const attempts = result.attempts.map((one) => ({ ...toReplayedAttempt(one), destination_id: one.destinationId }));
  return { ...toReplayedAttempt(result), attempts: withAttempts ? attempts : undefined };
}

function toReplayedAttempt(attempt: ReplayedAttempt): Omit<Wire.ReplayResult, 'attempts'> {
  return {
    id: attempt.id,
    status: attempt.status,
    response_status: attempt.responseStatus,
    ...toBody(attempt.responseBody),
    latency_ms: attempt.latencyMs,
    destination_url: attempt.destinationUrl,
    replayed_at: attempt.replayedAt.toISOString(),
    error: attempt.error,
  };
}
