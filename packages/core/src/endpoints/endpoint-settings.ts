import { isReservedHeader } from '../transport/reserved-headers';
import type { ErrorDetail } from '../errors';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
// HTTP can carry visible Latin-1, spaces and tabs, but no line breaks and no NUL.
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** Every attempt carries the custom headers in addition to the sender's. No receiver would accept more than this. */
const MAX_HEADERS = 50;
const MAX_HEADER_CHARACTERS = 16 * 1024;

/** What is wrong with custom headers: at most 50, with at most 16,384 characters of names and values in all. */
export function headerProblems(headers: Record<string, string>, prefix = 'headers'): ErrorDetail[] {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return [{ field: prefix, message: `There may be at most ${MAX_HEADERS} headers.` }];
  const characters = entries.reduce(
    (sum, [name, value]) => sum + name.length + (typeof value === 'string' ? value.length : 0),
    0,
  );
  if (characters > MAX_HEADER_CHARACTERS) {
    const message = `Names and values may have at most ${MAX_HEADER_CHARACTERS} characters together.`;
    return [{ field: prefix, message }];
  }
  const problems: ErrorDetail[] = [];
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const field = `${prefix}.${name.slice(0, 64)}`;
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) problems.push({ field, message: 'This is not a valid header name.' });
    else if (isReservedHeader(lower)) problems.push({ field, message: `${name} belongs to HTTP or to Paggio.` });
    else if (seen.has(lower)) problems.push({ field, message: `${name} is given twice.` });
    else if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      problems.push({
        field,
        message: 'A header value must be a string of at most 8192 characters without line breaks.',
      });
    }
    seen.add(lower);
  }
  return problems;
}

/** HTTP methods are case-sensitive, and the registered ones are in upper case. */
const METHOD = /^[A-Z][A-Z-]{0,31}$/;
const MAX_METHODS = 20;

/** Checks the methods that an endpoint should accept. */
export function methodProblems(methods: readonly string[]): ErrorDetail[] {
  const wrong = (message: string): ErrorDetail[] => [{ field: 'methods', message }];
  if (methods.length === 0) return wrong('methods must name at least one method. Use null to accept all methods.');
  if (methods.length > MAX_METHODS) return wrong(`methods may name at most ${MAX_METHODS} methods.`);
  for (const [index, method] of methods.entries()) {
    const shown = String(method).slice(0, 40);
    if (typeof method !== 'string' || !METHOD.test(method))
      return wrong(`"${shown}" is not a method in upper case, such as POST.`);
    if (method === 'CONNECT') return wrong('CONNECT cannot be accepted.');
    if (methods.indexOf(method) < index) return wrong(`${shown} is given twice.`);
  }
  return [];
}

const MAX_SECRET_CHARACTERS = 512;

/**
 * Checks the signing secret of an endpoint. It may be any text of at most 512 characters that is not blank and has no
 * control characters. A control character is nearly always the line break of a copied line, which nobody sees.
 */
export function secretProblems(secret: unknown): ErrorDetail[] {
  const wrong = (message: string): ErrorDetail[] => [{ field: 'secret', message }];
  if (typeof secret !== 'string' || secret.trim() === '') return wrong('secret must be a string that is not blank.');
  if (secret.length > MAX_SECRET_CHARACTERS)
    return wrong(`secret may have at most ${MAX_SECRET_CHARACTERS} characters.`);
  if (/\p{Cc}/u.test(secret)) return wrong('secret must not contain control characters such as line breaks.');
  return secret.isWellFormed() ? [] : wrong('secret must be valid Unicode.');
}
