import type { ErrorDetail } from '../errors';

interface PolicyChoices {
  /**
   * Whether to retry after a 4xx status other than 408, 410, 425 and 429. `retry` is the default because a misconfigured
   * receiver often answers with such a status until somebody repairs it.
   * @default 'retry'
   */
  clientErrors?: ClientErrors;
}

/** Exponential backoff with jitter. */
export interface BackoffPolicy extends PolicyChoices {
  /** Number of attempts, including the first (1 to 100). */
  maxAttempts: number;
  /** Upper bound of the first wait, in seconds (1 to 86400). */
  baseSeconds: number;
  /** Each upper bound is the previous one times this factor (1 to 10). */
  factor: number;
  /** Largest upper bound, in seconds (1 to 604800). */
  capSeconds: number;
  /** Shortest wait, in seconds (0 to 3600). */
  floorSeconds: number;
  /**
   * Where a wait falls. `full`: anywhere between the floor and the upper bound. `equal`: in the upper half of that range.
   * `none`: at the upper bound.
   * @default 'full'
   */
  jitter?: Jitter;
}

/** A fixed wait after each failed attempt. */
export interface SchedulePolicy extends PolicyChoices {
  /** Waits in seconds (1 to 100 waits of 0 to 604800). There is one more attempt than there are waits. */
  scheduleSeconds: readonly number[];
}

export type RetryPolicy = BackoffPolicy | SchedulePolicy;
export type RetryPreset = 'default' | 'quick' | 'patient' | 'standard-webhooks' | 'none';

/** A preset by name. Further members replace those of the preset, unless the preset is a schedule. */
export interface RetryPresetInput extends Partial<BackoffPolicy> {
  preset: RetryPreset;
}

/**
 * A retry policy as input: a preset, a schedule, or a backoff whose missing members are those of the preset `default`.
 */
export type RetryInput = RetryPresetInput | SchedulePolicy | Partial<BackoffPolicy>;

type Jitter = 'full' | 'equal' | 'none';
type ClientErrors = 'retry' | 'fail';

/** Twelve attempts over up to two days, or up to three if destinations ask for longer waits. */
export const defaultRetryPolicy: BackoffPolicy = {
  maxAttempts: 12,
  baseSeconds: 10,
  factor: 3,
  capSeconds: 43_200,
  floorSeconds: 1,
};

/** Policies by name, written out when they are stored. */
export const retryPresets: Readonly<Record<RetryPreset, RetryPolicy>> = {
  default: defaultRetryPolicy,
  /** Five attempts within a minute: for development, and for events that are worthless later. */
  quick: { maxAttempts: 5, baseSeconds: 2, factor: 2, capSeconds: 30, floorSeconds: 1 },
  /** Twenty attempts over about a week. */
  patient: { maxAttempts: 20, baseSeconds: 30, factor: 3, capSeconds: 86_400, floorSeconds: 5 },
  /** The schedule that the Standard Webhooks specification recommends to senders. */
  'standard-webhooks': { scheduleSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] },
  /** One attempt. */
  none: { maxAttempts: 1, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 },
};

export function maxAttempts(policy: RetryPolicy): number {
  return 'scheduleSeconds' in policy ? policy.scheduleSeconds.length + 1 : policy.maxAttempts;
}

/**
 * Milliseconds to wait after a number of failed attempts. The wait grows exponentially and has jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that events that failed together are
 * not sent again together.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failedAttempts: number,
  random: () => number = Math.random,
  secondMs = 1_000,
): number {
  if ('scheduleSeconds' in policy) return (policy.scheduleSeconds[failedAttempts - 1] ?? 0) * secondMs;
  const bound = Math.min(policy.capSeconds, policy.baseSeconds * policy.factor ** (failedAttempts - 1)) * secondMs;
  const floor = Math.min(policy.floorSeconds * secondMs, bound);
  const lowest = { full: floor, equal: Math.max(floor, bound / 2), none: bound }[policy.jitter ?? 'full'];
  return Math.round(lowest + random() * (bound - lowest));
}

/** Describes for people how a wait was chosen. */
export function describeDelay(policy: RetryPolicy): string {
  if ('scheduleSeconds' in policy) return 'schedule';
  return { full: 'backoff with full jitter', equal: 'backoff with equal jitter', none: 'backoff' }[
    policy.jitter ?? 'full'
  ];
}

const ranges: Readonly<Record<string, [number, number]>> = {
  maxAttempts: [1, 100],
  baseSeconds: [1, 86_400],
  factor: [1, 10],
  capSeconds: [1, 604_800],
  floorSeconds: [0, 3600],
};
const choices: Readonly<Record<string, readonly string[]>> = {
  jitter: ['full', 'equal', 'none'],
  clientErrors: ['retry', 'fail'],
};

/** Parses untrusted input. Returns the policy, completed with the defaults, or the problems of the input. */
export function parseRetryPolicy(input: unknown, field = 'retry'): RetryPolicy | ErrorDetail[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [{ field, message: `${field} must be an object.` }];
  }
  const problems: ErrorDetail[] = [];
  const wrong = (name: string, message: string): void => void problems.push({ field: `${field}.${name}`, message });
  const { preset, scheduleSeconds: schedule, ...given } = input as Record<string, unknown>;

  if (preset !== undefined && (typeof preset !== 'string' || !Object.hasOwn(retryPresets, preset))) {
    wrong('preset', `preset must be one of ${Object.keys(retryPresets).join(', ')}.`);
    return problems;
  }
  if (schedule !== undefined && preset !== undefined)
    wrong('preset', 'preset cannot be combined with scheduleSeconds.');
  const base = retryPresets[(preset ?? 'default') as RetryPreset];
  const scheduled = schedule !== undefined || 'scheduleSeconds' in base;
  if (schedule !== undefined && !isSchedule(schedule))
    wrong('scheduleSeconds', 'scheduleSeconds must be 1 to 100 waits of 0 to 604800 seconds.');

  for (const [name, value] of Object.entries(given)) {
    const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
    const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
    if (!range && !choice) wrong(name, `There is no retry setting "${name}".`);
    else if (scheduled && name !== 'clientErrors') wrong(name, `${name} cannot be combined with a schedule.`);
    else if (range && (!isNumber(value, ...range) || (name === 'maxAttempts' && !Number.isInteger(value)))) {
      wrong(name, `${name} must be a number from ${range[0]} to ${range[1]}.`);
    } else if (choice && !choice.includes(value as string)) wrong(name, `${name} must be ${choice.join(' or ')}.`);
  }
  if (problems.length > 0) return problems;
  return { ...(schedule === undefined ? base : { scheduleSeconds: schedule as readonly number[] }), ...given };
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
