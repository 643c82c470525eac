/** A range of bytes: the first one, and the one after the last. */
export interface Span {
  start: number;
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Finds the values of JSON members with one of these names at any depth: strings without their quotes, and numbers. The
 * body may be invalid or cut off, because refused requests are searched too. It passes over the bytes once.
 */
export function memberSpans(body: Buffer, names: readonly string[]): Span[] {
  const found: Span[] = [];
  let at = body.indexOf(QUOTE);
  while (at >= 0) {
    const close = closingQuote(body, at);
    const colon = skipSpace(body, close + 1);
    if (body[colon] === COLON && names.includes(nameOf(body, at + 1, close))) {
      const span = valueAt(body, skipSpace(body, colon + 1));
      if (span.end > span.start) found.push(span);
      at = body.indexOf(QUOTE, body[span.start - 1] === QUOTE ? span.end + 1 : span.end);
    } else at = body.indexOf(QUOTE, close + 1);
  }
  return found;
}

/** The position of the closing quote, or the end of the body when there is none. */
function closingQuote(body: Buffer, open: number): number {
  let at = open + 1;
  for (;;) {
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0) return body.length;
    let first = quote;
    while (first > at && body[first - 1] === BACKSLASH) first--;
    if ((quote - first) % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** The range of a value. It is empty unless the value is a string or a number. */
function valueAt(body: Buffer, from: number): Span {
  if (body[from] === QUOTE) return { start: from + 1, end: closingQuote(body, from) };
  let end = from;
  while (isOfNumber(body[end])) end++;
  return { start: from, end };
}

/** `0` to `9`, `-`, `+`, `.`, `e` and `E`. */
function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || [0x2d, 0x2b, 0x2e, 0x45, 0x65].includes(byte);
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09 || body[at] === 0x0a || body[at] === 0x0d) at++;
  return at;
}

function nameOf(body: Buffer, start: number, end: number): string {
  const text = body.toString('utf8', start, end);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
