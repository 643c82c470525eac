import type { ErrorDetail } from '../errors';

export interface BackoffPolicy {
  /** Attempts in all, the first included (1 to 100). */
  max_attempts: number;
  /** Upper bound of the first wait (1 to 86400 s). */
  base_seconds: number;
  /** Each bound is the one before times this (1 to 10). */
  factor: number;
  /** No bound is larger (1 to 604800 s). */
  cap_seconds: number;
  /** No wait is shorter (0 to 3600 s). */
  floor_seconds: number;
}

/** The wait after each failed attempt; one more attempt than there are waits. */
export interface SchedulePolicy {
  schedule_seconds: number[];
}

export type RetryPolicy = BackoffPolicy | SchedulePolicy;

/** Twelve attempts over about three days. */
export const defaultRetryPolicy: BackoffPolicy = {
  max_attempts: 12,
  base_seconds: 10,
  factor: 3,
  cap_seconds: 43_200,
  floor_seconds: 1,
};

export function maxAttempts(policy: RetryPolicy): number {
  return 'schedule_seconds' in policy ? policy.schedule_seconds.length + 1 : policy.max_attempts;
}

/**
 * Milliseconds to wait after a number of failed attempts. Exponential with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): anywhere between the floor and the bound,
 * so that events that failed together do not come back together.
 */
export function retryDelayMs(policy: RetryPolicy, failedAttempts: number, random: () => number = Math.random): number {
  if ('schedule_seconds' in policy) return (policy.schedule_seconds[failedAttempts - 1] ?? 0) * 1000;
  const bound = Math.min(policy.cap_seconds, policy.base_seconds * policy.factor ** (failedAttempts - 1)) * 1000;
  const floor = Math.min(policy.floor_seconds * 1000, bound);
  return Math.round(floor + random() * (bound - floor));
}

/** The policy out of untrusted input, completed with the defaults, or what is wrong with it. */
export function parseRetryPolicy(input: unknown): RetryPolicy | ErrorDetail[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [{ field: 'retry', message: 'retry must be an object.' }];
  }
  const given = input as Record<string, unknown>;
  const problems: ErrorDetail[] = [];
  if ('schedule_seconds' in given) {
    const schedule = given['schedule_seconds'];
    const fits =
      Array.isArray(schedule) &&
      schedule.length >= 1 &&
      schedule.length <= 100 &&
      schedule.every((wait) => isNumber(wait, 0, 604_800));
    if (!fits)
      problems.push({
        field: 'retry.schedule_seconds',
        message: 'schedule_seconds must be 1 to 100 waits of 0 to 604800 seconds.',
      });
    for (const name of Object.keys(given)) {
      if (name !== 'schedule_seconds')
        problems.push({ field: `retry.${name}`, message: `${name} cannot stand beside schedule_seconds.` });
    }
    return problems.length > 0 ? problems : { schedule_seconds: schedule as number[] };
  }
  const ranges: Record<keyof BackoffPolicy, [number, number]> = {
    max_attempts: [1, 100],
    base_seconds: [1, 86_400],
    factor: [1, 10],
    cap_seconds: [1, 604_800],
    floor_seconds: [0, 3600],
  };
  const policy = { ...defaultRetryPolicy };
  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(ranges, name) ? ranges[name as keyof BackoffPolicy] : undefined;
    if (!range) problems.push({ field: `retry.${name}`, message: `There is no retry setting "${name}".` });
    else if (!isNumber(value, range[0], range[1]) || (name === 'max_attempts' && !Number.isInteger(value))) {
      problems.push({ field: `retry.${name}`, message: `${name} must be a number from ${range[0]} to ${range[1]}.` });
    } else policy[name as keyof BackoffPolicy] = value;
  }
  return problems.length > 0 ? problems : policy;
}

function isNumber(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
}
