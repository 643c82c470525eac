import type { EventDetail, EventSummary, Principal } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { toAttempt, toBody } from '../attempts/attempts.wire';
import { toHeaders } from '../shared/headers';
import { toPayload } from '../shared/payload';
import { visibleTo } from '../shared/visible';

/** An item of the list. */
export function toEventItem(event: EventSummary): Wire.EventItem {
  return {
    id: event.id,
    endpoint_id: event.endpointId,
    source: event.source,
    event_type: event.eventType,
    method: event.method,
    status: event.status,
    status_reason: event.statusReason,
    response_status: event.responseStatus,
    latency_ms: event.latencyMs,
    attempt_count: event.attemptCount,
    ...toReplayed(event),
    next_attempt_at: event.nextAttemptAt?.toISOString() ?? null,
    received_at: event.receivedAt.toISOString(),
  };
}

export function toEvent(detail: EventDetail, principal: Principal): Wire.Event {
  const event = visibleTo(principal, detail);
  return {
    id: event.id,
    endpoint_id: event.endpointId,
    user_id: event.userId,
    source: event.source,
    event_type: event.eventType,
    method: event.method,
    path: event.path,
    query: event.query,
    headers: toHeaders(event.rawHeaders),
    ...toPayload(event.body),
    size: event.body.length,
    remote_addr: event.remoteAddr,
    status: event.status,
    status_reason: event.statusReason,
    status_detail: event.statusDetail,
    ...toReplayed(event),
    response_status: event.responseStatus,
    ...toBody(event.responseBody),
    latency_ms: event.latencyMs,
    attempts: event.attempts.map(toAttempt),
    attempts_total: event.attemptsTotal,
    next_attempt_at: event.nextAttemptAt?.toISOString() ?? null,
    next_attempt_reason: event.nextAttemptReason,
    verification: {
      status: event.verifiedBy === null ? 'unverified' : 'verified',
      provider: event.verifiedBy,
      reason: null,
      body_authenticated: event.bodyAuthenticated,
    },
    correlation_id: event.correlationId,
    dedup: event.dedup && {
      key: event.dedup.key,
      duplicates: event.dedup.duplicates,
      id_conflict: event.dedup.idConflict,
    },
    replay_of: event.replayOf,
    replayed_as: event.replayedAs,
    replayed_as_total: event.replayedAsTotal,
    replay_to: event.replayTo.map(({ destinationId, url }) => ({
      destination_id: destinationId,
      destination_url: url,
    })),
    mode: event.mode,
    received_at: event.receivedAt.toISOString(),
  };
}

function toReplayed({ replayedStatus }: EventSummary): Pick<Wire.EventItem, 'replayed_status'> {
  return replayedStatus === null ? {} : { replayed_status: replayedStatus };
}
