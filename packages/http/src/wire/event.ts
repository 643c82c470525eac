import { isUtf8 } from 'node:buffer';
import type { Attempt, EventDetail, EventSummary, Page, Principal } from '@paggio/core';
import { toHeaders } from './headers';
import { toPayload } from './payload';
import { visibleTo } from './visible';

/** A list item, section 3 of the contract. */
export function toEventItem(event: EventSummary): object {
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
    next_attempt_at: event.nextAttemptAt?.toISOString() ?? null,
    received_at: event.receivedAt.toISOString(),
  };
}

export function toEvent(detail: EventDetail, principal: Principal): object {
  const event = visibleTo(principal, detail);
  const first = event.attempts.filter((attempt) => attempt.trigger === 'scheduled' && attempt.destinationId !== null);
  const firstDestination = first.map((attempt) => attempt.destinationId as string).sort()[0];
  const latest = first.filter((attempt) => attempt.destinationId === firstDestination).at(-1);
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
    response_status: event.responseStatus,
    ...toBody(latest?.responseBody ?? null),
    latency_ms: event.latencyMs,
    attempts: event.attempts.map(toAttempt),
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
    mode: event.mode,
    received_at: event.receivedAt.toISOString(),
  };
}

function toAttempt(attempt: Attempt): object {
  return {
    id: attempt.id,
    number: attempt.number,
    trigger: attempt.trigger,
    destination_id: attempt.destinationId,
    destination_url: attempt.destinationUrl,
    status: attempt.status,
    response_status: attempt.responseStatus,
    ...toBody(attempt.responseBody),
    response_body_truncated: attempt.responseTruncated,
    response_headers: attempt.responseHeaders,
    latency_ms: attempt.latencyMs,
    error: attempt.error,
    reason: attempt.reason,
    created_at: attempt.createdAt.toISOString(),
  };
}

/** Text where it is text; bytes that are none stand beside it. */
export function toBody(body: Buffer | null): { response_body: string | null; response_body_base64?: string } {
  if (body === null) return { response_body: null };
  // A cut at 64 KiB may have split the last character.
  return isUtf8(body)
    ? { response_body: body.toString('utf8') }
    : { response_body: null, response_body_base64: body.toString('base64') };
}

export function toList<T>(page: Page<T>, item: (value: T) => object): object {
  return {
    data: page.items.map(item),
    meta: {
      total: page.total,
      ...(page.totalCapped ? { total_capped: true } : {}),
      limit: page.limit,
      offset: page.offset,
      has_more: page.hasMore,
      ...(page.searchComplete === undefined ? {} : { search_complete: page.searchComplete }),
    },
  };
}
