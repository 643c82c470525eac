import type { RetryPolicy } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** In the order of the contract: the database keeps objects in an order of its own. */
export function toRetry(policy: RetryPolicy): Wire.RetryPolicy {
  // A default is left out.
  const client_errors = policy.client_errors === 'retry' ? undefined : policy.client_errors;
  if ('schedule_seconds' in policy) return { schedule_seconds: policy.schedule_seconds, client_errors };
  const { max_attempts, base_seconds, factor, cap_seconds, floor_seconds, jitter } = policy;
  return {
    max_attempts,
    base_seconds,
    factor,
    cap_seconds,
    floor_seconds,
    jitter: jitter === 'full' ? undefined : jitter,
    client_errors,
  };
}
