import { isReservedHeader } from '../delivery/outgoing-headers';
import type { ErrorDetail } from '../errors';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
// What HTTP can carry: visible Latin-1, spaces and tabs; no line breaks, no NUL.
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** What is wrong with custom headers. */
export function headerProblems(headers: Record<string, string>, prefix = 'headers_json'): ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const field = `${prefix}.${name.slice(0, 64)}`;
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) problems.push({ field, message: 'This is not a header name.' });
    else if (isReservedHeader(lower)) problems.push({ field, message: `${name} belongs to HTTP or to Paggio.` });
    else if (seen.has(lower)) problems.push({ field, message: `${name} is given twice.` });
    else if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      problems.push({ field, message: 'A header value is text of at most 8192 characters without line breaks.' });
    }
    seen.add(lower);
  }
  return problems;
}
