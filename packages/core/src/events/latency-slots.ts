/**
 * Latencies are counted in slots. Each slot is a tenth wider than the previous one, so that a percentile is exact to
 * within 5 percent. Slot 0 holds latencies of up to a millisecond. Above, the slot is the logarithm to this base,
 * rounded up. The statement that writes the index computes it.
 */
export const GROWTH = 1.1;

/** The latency in the middle of a slot, in milliseconds. */
export function latencyOf(slot: number): number {
  if (slot === 0) return 1;
  return Math.round((GROWTH ** slot + GROWTH ** (slot - 1)) / 2);
}

/**
 * The latency, in milliseconds, that this share (0 to 1) of the counted ones does not exceed. Null when there are none.
 */
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
