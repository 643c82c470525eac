const GROWTH = 1.02;
const LOG = Math.log(GROWTH);

/** Counts durations in milliseconds with a precision of two percent. Its size does not grow with their number. */
export class Histogram {
  private readonly counts = new Map<number, number>();
  count = 0;
  max = 0;

  add(ms: number): void {
    const slot = ms <= 0.01 ? 0 : Math.ceil(Math.log(ms / 0.01) / LOG);
    this.counts.set(slot, (this.counts.get(slot) ?? 0) + 1);
    this.count++;
    if (ms > this.max) this.max = ms;
  }

  /** @param part 0 to 1 @returns 0 when there is nothing */
  quantile(part: number): number {
    let left = Math.ceil(this.count * part);
    for (const [slot, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.max, 0.01 * GROWTH ** slot);
    }
    return this.max;
  }

  summary(): Latency {
    const round = (ms: number): number => Math.round(ms * 10) / 10;
    return {
      count: this.count,
      p50Ms: round(this.quantile(0.5)),
      p99Ms: round(this.quantile(0.99)),
      p999Ms: round(this.quantile(0.999)),
      maxMs: round(this.max),
    };
  }
}

export interface Latency {
  count: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}
