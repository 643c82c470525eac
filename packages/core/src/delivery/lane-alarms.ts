/** A lane has at most one alarm in this time. What is due between two of them waits for the second. */
const APART_MS = 50;
/** A lane keeps this many times, the earliest. What is due at a later one is found by a look. */
const TIMES = 64;

interface Alarms {
  /** Times by `performance.now`, the earliest first. */
  times: number[];
  timer: NodeJS.Timeout | undefined;
}

/**
 * Says when a lane is to be claimed from at a later time: a circuit may be probed, a rate limit has the next slot, or a
 * retry is due.
 */
export class LaneAlarms {
  private readonly lanes = new Map<string, Alarms>();
  private isStopped = false;

  constructor(private readonly ring: (destinationId: string) => void) {}

  set(destinationId: string, ms: number): void {
    if (this.isStopped) return;
    const wanted = performance.now() + ms;
    let at = wanted;
    let alarms = this.lanes.get(destinationId);
    if (!alarms) this.lanes.set(destinationId, (alarms = { times: [], timer: undefined }));
    const { times } = alarms;
    // One that is set stays where it is: if later ones moved it, a row of them could move it for ever.
    const before = times.findLast((time) => time <= at);
    if (before !== undefined) at = Math.max(at, before + APART_MS);
    const isCovered = times.some((time) => time >= wanted && time < at + APART_MS);
    if (isCovered) return;
    times.push(at);
    times.sort((a, b) => a - b);
    times.length = Math.min(times.length, TIMES);
    this.arm(destinationId, alarms);
  }

  stop(): void {
    this.isStopped = true;
    for (const { timer } of this.lanes.values()) clearTimeout(timer);
    this.lanes.clear();
  }

  private arm(destinationId: string, alarms: Alarms): void {
    clearTimeout(alarms.timer);
    const [earliest] = alarms.times;
    if (earliest === undefined) return void this.lanes.delete(destinationId);
    alarms.timer = setTimeout(() => {
      const now = performance.now();
      // A timer may be a millisecond early.
      alarms.times = alarms.times.filter((time) => time > now + 1);
      this.arm(destinationId, alarms);
      this.ring(destinationId);
    }, earliest - performance.now());
    alarms.timer.unref();
  }
}
