import { type RetryInput, type RetryPolicy } from '@paggio/core';
import { wrongInput } from '../../wire-error';
import type * as Wire from '../../generated/wire-types';
import { snakeCase } from '../../snake-case';

/** The members of a retry policy in TypeScript. */
export const retryMembers = [
  'preset',
  'maxAttempts',
  'baseSeconds',
  'factor',
  'capSeconds',
  'floorSeconds',
  'jitter',
  'scheduleSeconds',
  'clientErrors',
] as const;
const byWireName = new Map<string, string>(retryMembers.map((name) => [snakeCase(name), name]));

/** Shows a retry policy, without the members that have their default. */
export function toRetry(policy: RetryPolicy): Wire.RetryPolicy {
  const client_errors = policy.clientErrors === 'retry' ? undefined : policy.clientErrors;
  if ('scheduleSeconds' in policy) return { schedule_seconds: [...policy.scheduleSeconds], client_errors };
  return {
    max_attempts: policy.maxAttempts,
    base_seconds: policy.baseSeconds,
    factor: policy.factor,
    cap_seconds: policy.capSeconds,
    floor_seconds: policy.floorSeconds,
    jitter: policy.jitter === 'full' ? undefined : policy.jitter,
    client_errors,
  };
}

/**
 * Reads the retry policy of a body. The core checks its values.
 * @param field the name of the policy in the body
 * @throws PaggioError `VALIDATION_FAILED` for a member that no policy has
 */
export function toRetryInput(retry: object | null | undefined, field: string): RetryInput | null | undefined {
  if (!retry) return retry;
  const members = Object.entries(retry);
  const unknown = members.filter(([name]) => !byWireName.has(name));
  if (unknown.length > 0)
    throw wrongInput(
      'body',
      unknown.map(([name]) => ({ field: `${field}.${name}`, message: `There is no retry setting "${name}".` })),
    );
  return Object.fromEntries(members.map(([name, value]) => [byWireName.get(name) as string, value]));
}
