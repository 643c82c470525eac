import type { CaptureRefusal, Telemetry } from '../telemetry/telemetry';

/** With more endpoints than this, the others are counted together. */
const MAX_NAMES = 1_000;

/** Counts refused requests, so that a flood of them makes one line every few seconds in a log, not a flood of lines. */
export class RefusalTally {
  private readonly counts = new Map<string, { endpointId: string | null; reason: CaptureRefusal; count: number }>();

  constructor(private readonly telemetry: Telemetry) {}

  add(reason: CaptureRefusal, endpointId: string | null): void {
    const name = `${reason} ${endpointId}`;
    const counted = this.counts.get(name);
    if (counted) counted.count++;
    else if (endpointId !== null && this.counts.size >= MAX_NAMES) this.add(reason, null);
    else this.counts.set(name, { endpointId, reason, count: 1 });
  }

  /** Reports what was counted since the last call. */
  report(): void {
    for (const counted of this.counts.values()) this.telemetry.emit({ type: 'capture.refused', ...counted });
    this.counts.clear();
  }
}
