/** The longest pause that a destination can ask for. */
export const RETRY_AFTER_LIMIT_MS = 24 * 3600 * 1000;

/**
 * The milliseconds that a `Retry-After` header (RFC 9110, 10.2.3) asks for. 0 for the past and for an invalid value.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  let wait = 0;
  if (/^\d{1,12}$/.test(text)) wait = Number(text) * 1000;
  else if (/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text))
    wait = Date.parse(text) - nowMs;
  return Number.isFinite(wait) ? Math.max(0, Math.min(wait, RETRY_AFTER_LIMIT_MS)) : 0;
}
