/** Decides when periodic work looks for something to do; what is due is decided by the work itself. */
export interface Scheduler {
  /**
   * Runs `task` every `intervalMs`, never twice at once: a run that takes longer swallows the next tick. `task` never
   * throws. Returns what stops it.
   */
  every(name: string, intervalMs: number, task: () => Promise<void>): () => void;
}

export const intervalScheduler: Scheduler = {
  every(_name, intervalMs, task) {
    const tick = withoutOverlap(task);
    const timer = setInterval(tick, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

export function withoutOverlap(task: () => Promise<void>): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    void task().finally(() => (running = false));
  };
}
