import { isUtf8 } from 'node:buffer';
import type { Attempt } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toAttempt(attempt: Attempt): Wire.Attempt {
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
 * A body as text if it is UTF-8, otherwise in base64.
 * @param isCut whether this is only the beginning; a character that is split at its end is then left out
 */
export function toBody(
  body: Buffer | null,
  isCut = false,
): Pick<Wire.Attempt, 'response_body' | 'response_body_base64'> {
  if (body === null) return { response_body: null };
  const whole = isCut ? withoutSplitCharacter(body) : body;
  return isUtf8(whole)
    ? { response_body: whole.toString('utf8') }
    : { response_body: null, response_body_base64: body.toString('base64') };
}

function withoutSplitCharacter(body: Buffer): Buffer {
  // The first byte of a character says how many bytes it has. In a split character, it is one of the last three bytes.
  for (let back = 1; back <= 3 && back <= body.length; back++) {
    const byte = body[body.length - back] as number;
    if (byte < 0x80) return body;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? body.subarray(0, body.length - back) : body;
  }
  return body;
}
