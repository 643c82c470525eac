/** Each slot is a tenth wider than the one before, so a percentile is right within 5 percent. */
export const GROWTH = 1.1;

/** The slot of a histogram that a latency falls in. */
export function slotOf(latencyMs: number): number {
  return latencyMs <= 1 ? 0 : Math.ceil(Math.log(latencyMs) / Math.log(GROWTH));
}

/** The latency in the middle of a slot, in milliseconds. */
export function latencyOf(slot: number): number {
  if (slot === 0) return 1;
  return Math.round((GROWTH ** slot + GROWTH ** (slot - 1)) / 2);
}

/** The latency that so large a share (0 to 1) of those counted does not exceed; null when none was counted. */
export function percentile(counts: ReadonlyMap<number, number>, share: number): number | null {
  const slots = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = slots.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let passed = 0;
  for (const [slot, count] of slots) {
    passed += count;
    if (passed >= total * share) return latencyOf(slot);
  }
  return latencyOf(slots.at(-1)?.[0] ?? 0);
}
