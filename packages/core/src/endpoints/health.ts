/** This many attempts in a row that strain a destination open its circuit. */
export const STRAIN_LIMIT = 10;

/** Failed attempts in a row, and the time since the first of them, from which a destination counts as failing. */
export const FAILING_ATTEMPTS = 5;
export const FAILING_AFTER_MS = 60_000;

/** What Paggio concludes about an endpoint from its destinations and from the deliveries of its 100 newest events. */
export interface Health {
  /**
   * `failing`: at least one destination is failing. Otherwise the share of successful deliveries decides: `healthy` from
   * 90 %, `degraded` from 50 %, else `unhealthy`. When no delivery has ended yet: `waiting`, or `capturing` without a
   * destination.
   */
  label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
  /** Delivered / (delivered + failed), from 0 to 1; null when no delivery has ended. */
  successRate: number | null;
  delivered: number;
  failed: number;
  /** The first failed attempt of the outage that has lasted longest; null unless the label is `failing`. */
  failingSince: Date | null;
}

/** The state of a destination's row that tells whether it is failing. */
export interface FailureState {
  /** The first of the failed attempts in a row; null when the last attempt was a delivery. */
  failingSince: Date | null;
  /** Failed attempts in a row. */
  failures: number;
  /** Those of them that say the destination is down or overloaded. */
  strain: number;
}

/**
 * When a destination began to fail; null while it does not count as failing. It counts once its circuit has opened, or
 * after five failed attempts in a row over at least a minute. A single failed attempt is no outage.
 * The same rule in SQL is `failing` in endpoints/failing-sql.ts.
 */
export function failingSinceOf({ failingSince, failures, strain }: FailureState, nowMs: number): Date | null {
  if (failingSince === null) return null;
  const lasts = failures >= FAILING_ATTEMPTS && nowMs - failingSince.getTime() >= FAILING_AFTER_MS;
  return strain >= STRAIN_LIMIT || lasts ? failingSince : null;
}

/**
 * @param counts ended deliveries of the newest events
 * @param destinations of the endpoint; `failingSince` as `failingSinceOf` gives it
 */
export function healthOf(
  counts: { delivered: number; failed: number },
  destinations: readonly { failingSince: Date | null }[],
): Health {
  const { delivered, failed } = counts;
  const successRate = successRateOf(delivered, failed);
  const times = destinations.flatMap((one) => one.failingSince?.getTime() ?? []);
  const failingSince = times.length === 0 ? null : new Date(Math.min(...times));
  return { label: label(), successRate, delivered, failed, failingSince };

  function label(): Health['label'] {
    if (failingSince !== null) return 'failing';
    if (successRate === null) return destinations.length > 0 ? 'waiting' : 'capturing';
    return successRate >= 0.9 ? 'healthy' : successRate >= 0.5 ? 'degraded' : 'unhealthy';
  }
}

/** Rounded to four digits, so that 89.995 % and 90 % read the same and get the same label. */
export function successRateOf(delivered: number, failed: number): number | null {
  const ended = delivered + failed;
  return ended === 0 ? null : Math.round((delivered / ended) * 10_000) / 10_000;
}
