import type { ErrorDetail } from '../errors';

interface PolicyChoices {
  /**
   * Whether an answer 4xx other than 408, 410, 425 and 429 is tried again. Receivers misconfigure themselves, so by
   * default it is.
   * @default 'retry'
   */
  client_errors?: ClientErrors;
}

export interface BackoffPolicy extends PolicyChoices {
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
  /**
   * `full`: anywhere between floor and bound. `equal`: in the upper half of it. `none`: the bound itself.
   * @default 'full'
   */
  jitter?: Jitter;
}

/** The wait after each failed attempt; one more attempt than there are waits. */
export interface SchedulePolicy extends PolicyChoices {
  schedule_seconds: number[];
}

export type RetryPolicy = BackoffPolicy | SchedulePolicy;
type Jitter = 'full' | 'equal' | 'none';
type ClientErrors = 'retry' | 'fail';

/** Twelve attempts over up to two days, and three with the pauses that destinations ask for. */
export const defaultRetryPolicy: BackoffPolicy = {
  max_attempts: 12,
  base_seconds: 10,
  factor: 3,
  cap_seconds: 43_200,
  floor_seconds: 1,
};

/** Policies by name, written out when they are stored. */
export const retryPresets: Readonly<Record<string, RetryPolicy>> = {
  default: defaultRetryPolicy,
  /** Five attempts within a minute: for development, and for events that are worthless later. */
  quick: { max_attempts: 5, base_seconds: 2, factor: 2, cap_seconds: 30, floor_seconds: 1 },
  /** Twenty attempts over about a week. */
  patient: { max_attempts: 20, base_seconds: 30, factor: 3, cap_seconds: 86_400, floor_seconds: 5 },
  /** The schedule that the Standard Webhooks specification recommends to senders. */
  'standard-webhooks': { schedule_seconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] },
  /** One attempt. */
  none: { max_attempts: 1, base_seconds: 1, factor: 1, cap_seconds: 1, floor_seconds: 0 },
};

export function maxAttempts(policy: RetryPolicy): number {
  return 'schedule_seconds' in policy ? policy.schedule_seconds.length + 1 : policy.max_attempts;
}

/**
 * Milliseconds to wait after a number of failed attempts. Exponential with jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that events that failed together do
 * not come back together.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failedAttempts: number,
  random: () => number = Math.random,
  secondMs = 1_000,
): number {
  if ('schedule_seconds' in policy) return (policy.schedule_seconds[failedAttempts - 1] ?? 0) * secondMs;
  const bound = Math.min(policy.cap_seconds, policy.base_seconds * policy.factor ** (failedAttempts - 1)) * secondMs;
  const floor = Math.min(policy.floor_seconds * secondMs, bound);
  const lowest = { full: floor, equal: Math.max(floor, bound / 2), none: bound }[policy.jitter ?? 'full'];
  return Math.round(lowest + random() * (bound - lowest));
}

/** How a wait came about, for people. */
export function describeDelay(policy: RetryPolicy): string {
  if ('schedule_seconds' in policy) return 'schedule';
  return { full: 'back-off with full jitter', equal: 'back-off with equal jitter', none: 'back-off' }[
    policy.jitter ?? 'full'
  ];
}

const ranges: Readonly<Record<string, [number, number]>> = {
  max_attempts: [1, 100],
  base_seconds: [1, 86_400],
  factor: [1, 10],
  cap_seconds: [1, 604_800],
  floor_seconds: [0, 3600],
};
const choices: Readonly<Record<string, readonly string[]>> = {
  jitter: ['full', 'equal', 'none'],
  client_errors: ['retry', 'fail'],
};

/** The policy out of untrusted input, completed with the defaults, or what is wrong with it. */
export function parseRetryPolicy(input: unknown, field = 'retry'): RetryPolicy | ErrorDetail[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [{ field, message: `${field} must be an object.` }];
  }
  const problems: ErrorDetail[] = [];
  const wrong = (name: string, message: string): void => void problems.push({ field: `${field}.${name}`, message });
  const { preset, schedule_seconds: schedule, ...given } = input as Record<string, unknown>;

  if (preset !== undefined && (typeof preset !== 'string' || !Object.hasOwn(retryPresets, preset))) {
    wrong('preset', `preset must be one of ${Object.keys(retryPresets).join(', ')}.`);
    return problems;
  }
  if (schedule !== undefined && preset !== undefined) wrong('preset', 'preset cannot stand beside schedule_seconds.');
  const base = retryPresets[preset ?? 'default'] as RetryPolicy;
  const scheduled = schedule !== undefined || 'schedule_seconds' in base;
  if (schedule !== undefined && !isSchedule(schedule))
    wrong('schedule_seconds', 'schedule_seconds must be 1 to 100 waits of 0 to 604800 seconds.');

  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
    const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (!range && !choice) wrong(name, `There is no retry setting "${name}".`);
    else if (scheduled && name !== 'client_errors') wrong(name, `${name} cannot stand beside a schedule.`);
    else if (range && (!isNumber(value, ...range) || (name === 'max_attempts' && !Number.isInteger(value)))) {
      wrong(name, `${name} must be a number from ${range[0]} to ${range[1]}.`);
    } else if (choice && !choice.includes(value as string)) wrong(name, `${name} must be ${choice.join(' or ')}.`);
  }
  if (problems.length > 0) return problems;
  return { ...(schedule === undefined ? base : { schedule_seconds: schedule as number[] }), ...given };
}

function isSchedule(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 100 &&
    value.every((wait) => isNumber(wait, 0, 604_800))
  );
}

function isNumber(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
}
