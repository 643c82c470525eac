import type { RetryPolicy } from './retry-policy';
import { maxAttempts, retryDelayMs } from './retry-policy';
import { retryAfterMs } from './retry-after';
import type { TransportResult } from './transport';

/** What an attempt means for its delivery. */
export type Outcome =
  | { kind: 'delivered'; reason: string }
  | { kind: 'retry'; reason: string; delayMs: number; nextReason: string }
  | { kind: 'give_up'; statusReason: 'exhausted' | 'refused'; reason: string };

/**
 * 2xx is a delivery, also when the response broke off afterwards: the destination has accepted. 410 says that it wants
 * no more. Everything else is tried again, other 4xx too: receivers misconfigure themselves.
 */
export function classify(result: TransportResult, attemptNumber: number, policy: RetryPolicy, nowMs: number): Outcome {
  if (result.status !== null && result.status >= 200 && result.status < 300)
    return { kind: 'delivered', reason: '2xx' };
  if (result.status === 410)
    return { kind: 'give_up', statusReason: 'refused', reason: 'HTTP 410: the destination wants no more of it' };

  const reason = describe(result);
  const limit = maxAttempts(policy);
  if (attemptNumber >= limit)
    return { kind: 'give_up', statusReason: 'exhausted', reason: `${reason}; no attempts left of ${limit}` };

  const backoffMs = retryDelayMs(policy, attemptNumber);
  const askedMs = retryAfterMs(first(result.headers['retry-after']), nowMs);
  const delayMs = Math.max(backoffMs, askedMs);
  const why =
    askedMs > backoffMs
      ? 'the destination asked for it (Retry-After)'
      : 'schedule_seconds' in policy
        ? 'schedule'
        : 'back-off with full jitter';
  return {
    kind: 'retry',
    reason,
    delayMs,
    nextReason: `${reason}; attempt ${attemptNumber + 1} of ${limit} after ${formatSeconds(delayMs)}: ${why}`,
  };
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
