const QUIET_MS = 60_000;
const MAX_REMEMBERED = 100;

/**
 * Returns a function that passes each error to `report` at most once a minute. Errors with the same message count as one.
 * It remembers 100 messages, so that a flood of requests leaves the log readable and the memory small.
 */
export function oncePerMinute(report: (error: Error) => void): (error: Error) => void {
  const reportedAt = new Map<string, number>();
  return (error) => {
    const now = performance.now();
    if (now - (reportedAt.get(error.message) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    if (reportedAt.size >= MAX_REMEMBERED) reportedAt.clear();
    reportedAt.set(error.message, now);
    report(error);
  };
}
