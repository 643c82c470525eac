import type { StatementFailure } from '../flow/group-writer';

/** Deadlock, serialization failure, lock not available. */
const CONFLICTS: ReadonlySet<string> = new Set(['40P01', '40001', '55P03']);
/** The server ended the statement, because it took too long or somebody asked for it (query_canceled). */
const CANCELED = '57014';
/** Data exceptions, and violations of constraints. */
const BAD_DATA = /^2[23]/;

/** What an error of pg or of the server means for the statement that failed. */
export function failureOf(error: unknown): StatementFailure {
  const { code = '', message } = error as { code?: string; message?: string };
  if (CONFLICTS.has(code)) return 'conflict';
  if (BAD_DATA.test(code)) return 'bad_data';
  return code === CANCELED || message === 'Query read timeout' ? 'timeout' : 'other';
}
