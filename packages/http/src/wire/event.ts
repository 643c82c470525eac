import { isUtf8 } from 'node:buffer';
import type { Attempt, EventDetail, EventSummary, Page, Principal, ReplayedAttempt } from '@paggio/core';
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
    ...toReplayed(event),
    next_attempt_at: event.nextAttemptAt?.toISOString() ?? null,
    received_at: event.receivedAt.toISOString(),
  };
}

export function toEvent(detail: EventDetail, principal: Principal): object {
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

function toReplayed({ replayedStatus }: EventSummary): object {
  return replayedStatus === null ? {} : { replayed_status: replayedStatus };
}

export function toReplayedAttempt(attempt: ReplayedAttempt): object {
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

export function toAttempt(attempt: Attempt): object {
  return {
    id: attempt.id,
    number: attempt.number,
    trigger: attempt.trigger,
    destination_id: attempt.destinationId,
    destination_url: attempt.destinationUrl,
    status: attempt.status,
    response_status: attempt.responseStatus,
    ...toBody(attempt.responseBody, attempt.responseTruncated),
    response_body_truncated: attempt.responseTruncated,
    response_headers: attempt.responseHeaders,
    latency_ms: attempt.latencyMs,
    error: attempt.error,
    reason: attempt.reason,
    created_at: attempt.createdAt.toISOString(),
  };
}

/**
 * Text where it is text; other bytes are given in base64 beside it.
 * @param isCut only the beginning: a character at the end may be split, and is then left out
 */
export function toBody(
  body: Buffer | null,
  isCut = false,
): { response_body: string | null; response_body_base64?: string } {
  if (body === null) return { response_body: null };
  const whole = isCut ? withoutSplitCharacter(body) : body;
  return isUtf8(whole)
    ? { response_body: whole.toString('utf8') }
    : { response_body: null, response_body_base64: body.toString('base64') };
}

function withoutSplitCharacter(body: Buffer): Buffer {
  // The first byte of a character says how many there are; it is one of the last three when the character is split.
  for (let back = 1; back <= 3 && back <= body.length; back++) {
    const byte = body[body.length - back] as number;
    if (byte < 0x80) return body;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? body.subarray(0, body.length - back) : body;
  }
  return body;
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
