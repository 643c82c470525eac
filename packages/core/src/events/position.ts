/**
 * A position in the log of changes. Everything that was visible in the database snapshot `read` has been read. A
 * snapshot is in its text form, `xmin:xmax:in progress`. While a long stretch is read in pages, `target` is the
 * snapshot at its end and `after` is the last transaction of the page.
 */
export interface Position {
  read: string;
  target: string | null;
  after: string | null;
}

const SNAPSHOT = /^\d{1,20}:\d{1,20}:(?:\d{1,20}(?:,\d{1,20}){0,2000})?$/;

/** Opaque text for clients, safe in a header. */
export function formatPosition({ read, target, after }: Position): string {
  return Buffer.from(target === null ? read : `${read}|${target}|${after}`, 'latin1').toString('base64url');
}

/** Returns undefined for text that `formatPosition` cannot have made. */
export function parsePosition(text: string): Position | undefined {
  if (!/^[A-Za-z0-9_-]{1,60000}$/.test(text)) return undefined;
  const [read, target, after, ...more] = Buffer.from(text, 'base64url').toString('latin1').split('|');
  if (read === undefined || !SNAPSHOT.test(read) || more.length > 0) return undefined;
  if (target === undefined) return { read, target: null, after: null };
  return SNAPSHOT.test(target) && after !== undefined && /^\d{1,20}$/.test(after) ? { read, target, after } : undefined;
}
