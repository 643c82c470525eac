import type { RetryPolicy } from '@paggio/core';

/** In the order of the contract: the database keeps objects in an order of its own. */
export function toRetry(policy: RetryPolicy): object {
  const { client_errors } = policy;
  const choices = client_errors === undefined || client_errors === 'retry' ? {} : { client_errors };
  if ('schedule_seconds' in policy) return { schedule_seconds: policy.schedule_seconds, ...choices };
  const { max_attempts, base_seconds, factor, cap_seconds, floor_seconds, jitter } = policy;
  return {
    max_attempts,
    base_seconds,
    factor,
    cap_seconds,
    floor_seconds,
    ...(jitter === undefined || jitter === 'full' ? {} : { jitter }),
    ...choices,
  };
}
