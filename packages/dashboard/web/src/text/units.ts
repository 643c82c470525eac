const bytesFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
/** Two digits, so that 99.95% is not rounded up to 100%. */
const percentFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const countFormat = new Intl.NumberFormat('en');

/** Formats bytes in decimal units: 1.2 kB is 1,200 bytes. */
export function toBytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${bytesFormat.format(count / 1000)} kB`;
  return `${bytesFormat.format(count / 1_000_000)} MB`;
}

export function toCount(count: number): string {
  return countFormat.format(count);
}

export function toMilliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 10_000 ? `${toCount(ms)} ms` : `${bytesFormat.format(ms / 1000)} s`;
}

/** Formats a duration in its largest unit. */
export function toDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}

export function toPercent(value: number | null): string {
  return value === null ? '–' : `${percentFormat.format(value)}%`;
}

/** Formats a local time: `14:02:11` for today, with the date in front for other days. */
export function toClock(iso: string, now = new Date()): string {
  return `${toMinute(iso, now)}:${two(new Date(iso).getSeconds())}`;
}

/** Formats a local time without seconds: `14:02` for today, with the date in front for other days. */
export function toMinute(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
