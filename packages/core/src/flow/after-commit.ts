/** Delays after which a transaction of the host has usually committed. The regular poll picks up later commits. */
const DELAYS_MS = [20, 100, 400, 1_000, 2_000, 3_000, 4_000, 5_000];

/**
 * Returns a function that calls `wake` after each of a few short delays. Calls that come while a delay runs share it, so
 * many of them cost no more than one.
 */
export function afterCommit(wake: () => void): () => void {
  const waiting = new Set<number>();
  return () => {
    for (const ms of DELAYS_MS) {
      if (waiting.has(ms)) continue;
      waiting.add(ms);
      setTimeout(() => {
        waiting.delete(ms);
        wake();
      }, ms).unref();
    }
  };
}
