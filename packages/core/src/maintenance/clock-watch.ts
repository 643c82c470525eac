import type { Telemetry } from '../telemetry/telemetry';

/** Senders and receivers refuse signatures that are minutes off. */
const ALARM_MS = 60_000;
/** An answer that took longer than this is too imprecise. */
const PRECISE_MS = 1_000;

/**
 * Compares the clock of this process with that of the database. Leases and schedules follow the database. The
 * times of events and the timestamps of signatures follow this process.
 */
export class ClockWatch {
  /** How far this process's clock is ahead, in milliseconds; null until it is known. */
  skewMs: number | null = null;
  private alarmed = false;

  constructor(private readonly telemetry: Telemetry) {}

  /**
   * @param askedAt when the database was asked, by this process's clock
   * @param tookMs how long the answer took
   */
  compare(databaseMs: number, askedAt: number, tookMs: number): void {
    if (tookMs > PRECISE_MS) return;
    this.skewMs = Math.round(askedAt + tookMs / 2 - databaseMs);
    const isOff = Math.abs(this.skewMs) > ALARM_MS;
    if (isOff && !this.alarmed) this.telemetry.emit({ type: 'clock.skewed', skewMs: this.skewMs });
    this.alarmed = isOff;
  }
}
