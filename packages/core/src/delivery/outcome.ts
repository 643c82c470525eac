import { describeDelay, maxAttempts, retryDelayMs, type RetryPolicy } from '../endpoints/retry-policy';
import { retryAfterMs } from '../transport/retry-after';
import type { TransportResult } from '../transport/transport';

/** What an attempt means for its delivery. */
export type Outcome =
  | { kind: 'delivered'; reason: string }
  | { kind: 'retry'; reason: string; delayMs: number; nextReason: string }
  | { kind: 'give_up'; statusReason: 'exhausted' | 'refused'; reason: string }
  /** The delivery ends as refused, and its destination is paused. */
  | { kind: 'pause'; reason: string; pauseReason: string };

/**
 * What an attempt says about the destination itself. `congested`: it has too much to do (429, 503, no answer in time).
 * `failing`: it cannot be reached or breaks. `none`: it works, whatever it thinks of this event.
 */
export type Strain = 'none' | 'failing' | 'congested';

/** Client errors that are retried whatever the policy says. */
const TRANSIENT_CLIENT_ERRORS: readonly number[] = [408, 425, 429];

/** A 429 with `Retry-After` holds its destination for this long at most. The delivery itself may wait longer. */
const HOLD_LIMIT_MS = 300_000;

/**
 * A 2xx counts as delivered even if the response broke off afterwards: the destination has accepted the event. A 410
 * means that the destination wants no more events at all. Everything else is retried while attempts are left, with two
 * exceptions: the policy decides about other 4xx, and a destination may ask for an event to be dropped.
 */
export function classify(
  result: TransportResult,
  attemptNumber: number,
  policy: RetryPolicy,
  nowMs: number,
  secondMs = 1_000,
): Outcome {
  const { status } = result;
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered', reason: '2xx' };
  if (status === 410) {
    return {
      kind: 'pause',
      reason: 'HTTP 410: the destination accepts no more events',
      pauseReason: 'The destination answered 410 Gone: it accepts no more events.',
    };
  }
  const reason = describe(result);
  // Standard Webhooks receivers may ask a sender to drop a message with this header.
  if (first(result.headers['webhook-delivery']) === 'abort-message') {
    return {
      kind: 'give_up',
      statusReason: 'refused',
      reason: `${reason}; the destination asked Paggio to drop the event`,
    };
  }
  const isClientError = status !== null && status >= 400 && status < 500 && !TRANSIENT_CLIENT_ERRORS.includes(status);
  if (isClientError && policy.clientErrors === 'fail') {
    return { kind: 'give_up', statusReason: 'refused', reason: `${reason}; the policy does not retry client errors` };
  }
  const limit = maxAttempts(policy);
  if (attemptNumber >= limit)
    return { kind: 'give_up', statusReason: 'exhausted', reason: `${reason}; out of attempts (limit ${limit})` };

  const backoffMs = retryDelayMs(policy, attemptNumber, Math.random, secondMs);
  const askedMs = askedDelayMs(result, nowMs);
  const delayMs = Math.max(backoffMs, askedMs);
  const why = askedMs > backoffMs ? 'the destination asked for it (Retry-After)' : describeDelay(policy);
  return {
    kind: 'retry',
    reason,
    delayMs,
    nextReason: `${reason}; attempt ${attemptNumber + 1} of ${limit} after ${formatSeconds(delayMs)}: ${why}`,
  };
}

export function strainOf(result: TransportResult): Strain {
  const { status, error } = result;
  if (status === 429 || status === 503 || status === 504) return 'congested';
  if (status !== null) return status === 408 || status >= 500 ? 'failing' : 'none';
  if (error?.code === 'timeout' || error?.code === 'connect_timeout') return 'congested';
  // A request that cannot be sent, or an event that its handler will never accept, says nothing about the destination.
  return error?.code === 'request_not_sendable' || error?.code === 'permanent_failure' ? 'none' : 'failing';
}

/** How long a destination that answered 429 wants no requests at all, in milliseconds; 0 if it does not say. */
export function holdMs(result: TransportResult, nowMs: number): number {
  return result.status === 429 ? Math.min(askedDelayMs(result, nowMs), HOLD_LIMIT_MS) : 0;
}

function askedDelayMs(result: TransportResult, nowMs: number): number {
  return retryAfterMs(first(result.headers['retry-after']), nowMs);
}

function first(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

function describe(result: TransportResult): string {
  if (result.status === null) return result.error?.message ?? 'no answer';
  if (result.status >= 300 && result.status < 400) return `HTTP ${result.status}: redirects are not followed`;
  return `HTTP ${result.status}`;
}

function formatSeconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
