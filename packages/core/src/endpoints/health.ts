/** The circuit opens after this many attempts in a row that show that the destination is down or overloaded. */
export const STRAIN_LIMIT = 10;

/**
 * A destination counts as failing after this many failed attempts in a row, if the first was at least this long ago.
 */
export const FAILING_ATTEMPTS = 5;
export const FAILING_AFTER_MS = 60_000;

/** The health of an endpoint, worked out from its destinations and from the deliveries of its 100 newest events. */
export interface Health {
  /**
   * `failing` means that at least one destination is failing. Otherwise the success rate decides: `healthy` from 90 %,
   * `degraded` from 50 %, and `unhealthy` below. Before any delivery has ended, the label is `waiting`, or `capturing`
   * for an endpoint without a destination.
   */
  label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
  /** Delivered / (delivered + failed), from 0 to 1. `null` when no delivery has ended. */
  successRate: number | null;
  delivered: number;
  failed: number;
  /** Time of the first failed attempt of the longest current outage. `null` unless the label is `failing`. */
  failingSince: Date | null;
}

/** The columns of a destination that decide whether it is failing. */
export interface FailureState {
  /** Time of the first of the failed attempts in a row. `null` when the last attempt delivered. */
  failingSince: Date | null;
  /** Failed attempts in a row. */
  failures: number;
  /** How many of them show that the destination is down or overloaded. */
  strain: number;
}

/**
 * When a destination began to fail, or null while it does not count as failing. It counts as failing once its circuit
 * has opened, or after five failed attempts in a row over at least a minute. A single failed attempt is not an outage.
 * The same rule in SQL is `failing` in endpoints/failing-sql.ts.
 */
export function failingSinceOf({ failingSince, failures, strain }: FailureState, nowMs: number): Date | null {
  if (failingSince === null) return null;
  const lasts = failures >= FAILING_ATTEMPTS && nowMs - failingSince.getTime() >= FAILING_AFTER_MS;
  return strain >= STRAIN_LIMIT || lasts ? failingSince : null;
}

/**
 * @param counts ended deliveries of the newest events
 * @param destinations the endpoint's destinations, with the result of `failingSinceOf`
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
