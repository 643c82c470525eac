/** Says when a lane is to be claimed from at a later time: a circuit may be probed, or a rate limit has the next slot. */
export class LaneAlarms {
  private readonly alarms = new Map<string, { at: number; timer: NodeJS.Timeout }>();

  constructor(private readonly ring: (destinationId: string) => void) {}

  /** The earliest of several calls for a lane counts. */
  set(destinationId: string, ms: number): void {
    const at = performance.now() + ms;
    const known = this.alarms.get(destinationId);
    if (known && known.at <= at) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.alarms.delete(destinationId);
      this.ring(destinationId);
    }, ms);
    timer.unref();
    this.alarms.set(destinationId, { at, timer });
  }

  stop(): void {
    for (const { timer } of this.alarms.values()) clearTimeout(timer);
    this.alarms.clear();
  }
}
