import type { Telemetry } from '../telemetry/telemetry';

const FIRST_BYTES = 1024 ** 3;

/**
 * Reports when the stored data has grown past a GiB, and each time it has doubled since, for installations without
 * retention. A process reports each size once, including the one it finds at its start.
 */
export class GrowthWatch {
  private next = FIRST_BYTES;

  constructor(
    private readonly telemetry: Telemetry,
    /** Bytes on the disk. */
    private readonly size: () => Promise<number>,
  ) {}

  async look(): Promise<void> {
    const bytes = await this.size();
    if (bytes < this.next) return;
    while (bytes >= this.next) this.next *= 2;
    this.telemetry.emit({ type: 'storage.growing', bytes });
  }
}
