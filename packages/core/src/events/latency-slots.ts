/**
 * Latencies are counted in slots, each a tenth wider than the one before, so that a percentile is right within 5 percent:
 * slot 0 up to a millisecond, else the logarithm to this base, rounded up. The statement that writes the index does it.
 */
export const GROWTH = 1.1;

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
