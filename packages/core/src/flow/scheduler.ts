/** Decides when periodic work looks for something to do. The work itself decides what is due. */
export interface Scheduler {
  /**
   * Runs `task` every `intervalMs`, never twice at once: ticks that come during a run are skipped. `task` must not
   * throw. Returns a function that stops it.
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
