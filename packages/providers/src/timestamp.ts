import { refused, type Refused } from './verification';
import type { VerificationSettings } from './verification-settings';

/** `either` tells seconds from milliseconds by their size, where it is not confirmed which of them a provider sends. */
export type TimestampUnit = 'seconds' | 'milliseconds' | 'either' | 'iso8601';

/** Tolerance in both directions for a provider that signs a timestamp but names no tolerance. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

/** The setting that replaces the tolerance of a scheme which signs a timestamp: whole seconds, 1 to 86400. */
export const TOLERANCE_SETTING = 'tolerance_seconds';
const MAX_TOLERANCE_SECONDS = 86_400;

/** What is wrong with a value of `tolerance_seconds`, or null. */
export function toleranceProblem(value: unknown): string | null {
  const good = Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_TOLERANCE_SECONDS;
  return good ? null : `${TOLERANCE_SETTING} must be a whole number from 1 to ${MAX_TOLERANCE_SECONDS}.`;
}

/** The tolerance of an endpoint: its own setting, else that of the scheme. */
export function toleranceOf(settings: VerificationSettings, scheme: number): number {
  const own = settings[TOLERANCE_SETTING];
  return typeof own === 'number' && toleranceProblem(own) === null ? own : scheme;
}

/**
 * Checks a signed timestamp against the moment of arrival. Official SDKs refuse only old timestamps; refusing future
 * ones too is stricter and safe. `Number` and `parseInt` accept `0x65`, `1e9` and `17abc`, so a pattern checks the text
 * first.
 */
export function checkTimestamp(
  text: string,
  unit: TimestampUnit,
  toleranceSeconds: number,
  receivedAt: number,
): Refused | undefined {
  const at = toMs(text, unit);
  if (at === undefined) return refused('malformed_timestamp');
  const age = Math.floor(receivedAt / 1000) - Math.floor(at / 1000);
  if (age > toleranceSeconds) return refused('timestamp_too_old');
  if (-age > toleranceSeconds) return refused('timestamp_in_future');
  return undefined;
}

function toMs(text: string, unit: TimestampUnit): number | undefined {
  if (unit === 'iso8601') {
    // RFC 3339 with up to nanoseconds (Twitch); Date.parse would accept many other forms.
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
    const at = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
    return Number.isNaN(at) ? undefined : at;
  }
  if (unit === 'seconds') return /^\d{1,12}$/.test(text) ? Number(text) * 1000 : undefined;
  if (!/^\d{1,15}$/.test(text)) return undefined;
  // 100,000,000,000 is in the year 5138 as seconds, and in 1973 as milliseconds.
  const seconds = unit === 'either' && Number(text) < 100_000_000_000;
  return seconds ? Number(text) * 1000 : Number(text);
}

export function formatTimestamp(ms: number, unit: TimestampUnit): string {
  if (unit === 'iso8601') return new Date(ms).toISOString();
  return String(unit === 'seconds' ? Math.floor(ms / 1000) : ms);
}
