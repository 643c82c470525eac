import { invalid } from '../errors';

/** The form of a time in every input, for messages. */
export const TIME_FORM =
  'a time of RFC 3339 with an offset, from 1970 to 9999, such as 2030-01-31T08:00:00Z or 2030-01-31T10:00:00+02:00';

const FORM = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2})))?$/;
export const FIRST_MS = 0;
export const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const MINUTE_MS = 60_000;

/**
 * Reads a time of RFC 3339. The time zone of the process never matters, because a time needs an offset, and a date
 * alone is 00:00 UTC. `t` and `z` may be in lower case. A leap second counts as the second after it. Digits beyond
 * milliseconds are dropped.
 * @returns undefined for anything else, for a day that the calendar lacks, and for years before 1970
 */
export function parseTime(text: unknown): Date | undefined {
  const match = typeof text === 'string' ? FORM.exec(text) : null;
  if (!match) return undefined;
  const number = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = (number(9) * 60 + number(10)) * (match[8] === '-' ? -MINUTE_MS : MINUTE_MS);
  if (hour > 23 || minute > 59 || second > 60 || number(9) > 23 || number(10) > 59) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(2000, month, 0)).getUTCDate()) return undefined;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29 && !isLeapYear) return undefined;
  const millisecond = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - offset;
  // A leap second can only be the last second of a UTC day.
  if (second === 60 && (at - millisecond) % 86_400_000 !== 0) return undefined;
  // `Date.UTC` reads the years 0 to 99 as 1900 to 1999.
  return year < 100 || at < FIRST_MS || at > LAST_MS ? undefined : new Date(at);
}

/**
 * Checks a time from the host's code. It accepts undefined and null.
 * @throws PaggioError `VALIDATION_FAILED` unless the value is a Date from 1970 to 9999
 */
export function requireTime(field: string, value: unknown): void {
  if (value === undefined || value === null) return;
  const at = value instanceof Date ? value.getTime() : Number.NaN;
  if (at >= FIRST_MS && at <= LAST_MS) return;
  throw invalid([{ field, message: `${field} must be a valid Date from 1970 to 9999.` }]);
}
