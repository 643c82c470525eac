/** A length of time: a number of milliseconds, or a number and a unit such as `'500ms'`, `'30s'`, `'15m'`, `'12h'` or `'5d'`. */
export type Duration = number | `${number}${DurationUnit}`;
export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w';

/** The form of a duration in every option, for messages. */
export const DURATION_FORM = 'milliseconds, or a number and a unit such as 500ms, 30s, 15m, 12h, 5d or 2w';

const unitMs: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const FORM = /^(\d{1,12}(?:\.\d{1,3})?)\s*(ms|[smhdw])$/i;

/**
 * Reads a duration. A text needs a unit, because a number alone in an environment variable is usually meant in seconds.
 * @returns whole milliseconds, 0 or more; undefined for anything else, and for a duration that is not whole milliseconds
 */
export function parseDuration(value: unknown): number | undefined {
  const match = typeof value === 'string' ? FORM.exec(value.trim()) : null;
  const unit = match?.[2]?.toLowerCase() as DurationUnit | undefined;
  // Fifteen digits are exact; the sixteenth is not: 1.001 times 1000 is 1000.9999999999999.
  const ms = unit === undefined ? value : Number((Number(match?.[1]) * unitMs[unit]).toPrecision(15));
  return typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0 ? ms : undefined;
}

/** Writes a duration as people do: the largest unit that leaves a whole number. */
export function durationText(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const)
    if (ms > 0 && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  return `${ms}ms`;
}
