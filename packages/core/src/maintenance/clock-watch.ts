import type { Telemetry } from '../telemetry/telemetry';

/** Senders and receivers refuse signatures that are minutes off. */
const ALARM_MS = 60_000;
/** An answer that took longer says too little about when it was given. */
const PRECISE_MS = 1_000;

/**
 * Compares the clock of this process with that of the database. Leases and schedules go by the latter; the times of
 * events and the timestamps of signatures are this process's own.
 */
export class ClockWatch {
  /** How far this process's clock is ahead, in milliseconds; null: not known yet. */
  skewMs: number | null = null;
  private alarmed = false;

  constructor(private readonly telemetry: Telemetry) {}

  /**
   * @param askedAt by this process's clock
   * @param tookMs until the answer came
   */
  compare(databaseMs: number, askedAt: number, tookMs: number): void {
    if (tookMs > PRECISE_MS) return;
    this.skewMs = Math.round(askedAt + tookMs / 2 - databaseMs);
    const isOff = Math.abs(this.skewMs) > ALARM_MS;
    if (isOff && !this.alarmed) this.telemetry.emit({ type: 'clock.skewed', skewMs: this.skewMs });
    this.alarmed = isOff;
  }
}
