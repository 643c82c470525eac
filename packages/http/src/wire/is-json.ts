const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const escapes: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const literals: ReadonlyMap<number, Buffer> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);
/** Returned instead of a position where the text is not JSON. */
const WRONG = -1;

/**
 * Whether bytes are one JSON text of RFC 8259. A byte order mark is not part of one. One pass that makes no values, so its
 * cost does not depend on what the JSON describes. The bytes must be UTF-8.
 * @param maxDepth objects and arrays in each other; deeper text is refused
 */
export function isJson(bytes: Uint8Array, maxDepth: number): boolean {
  /** For each open object or array, the byte that closes it. */
  const closing = new Uint8Array(maxDepth);
  let depth = 0;
  let at = skipSpace(bytes, 0);
  for (;;) {
    const first = bytes[at];
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (depth === maxDepth) return false;
      const close = first === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      closing[depth++] = close;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== close) {
        if (close === CLOSE_BRACE) at = endOfName(bytes, at);
        if (at === WRONG) return false;
        continue;
      }
    } else {
      at = endOfScalar(bytes, at);
      if (at === WRONG) return false;
      at = skipSpace(bytes, at);
    }
    // A value or an empty object or array ends here. What follows closes objects and arrays, or begins the next value.
    while (depth > 0 && bytes[at] === closing[depth - 1]) {
      depth--;
      at = skipSpace(bytes, at + 1);
    }
    if (depth === 0) return at === bytes.length;
    if (bytes[at] !== COMMA) return false;
    at = skipSpace(bytes, at + 1);
    if (closing[depth - 1] === CLOSE_BRACE) at = endOfName(bytes, at);
    if (at === WRONG) return false;
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
    at++;
  }
}

/** The place of the value that belongs to the name at a position. */
function endOfName(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return WRONG;
  const end = endOfString(bytes, from);
  if (end === WRONG) return WRONG;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : WRONG;
}

/** The place behind a string, number or literal. */
function endOfScalar(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === undefined) return WRONG;
  if (first === QUOTE) return endOfString(bytes, from);
  if (first === MINUS || isDigit(first)) return endOfNumber(bytes, from);
  const word = literals.get(first);
  return word?.every((byte, index) => bytes[from + index] === byte) ? from + word.length : WRONG;
}

function endOfString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < SPACE) return WRONG;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) at++;
    else if (escapes.has(bytes[at + 1] as number)) at += 2;
    else if (bytes[at + 1] === 0x75 && [2, 3, 4, 5].every((digit) => isHexDigit(bytes[at + digit]))) at += 6;
    else return WRONG;
  }
}

function endOfNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  // A zero in front stands alone.
  at = bytes[at] === ZERO ? at + 1 : endOfDigits(bytes, at);
  if (at !== WRONG && bytes[at] === POINT) at = endOfDigits(bytes, at + 1);
  if (at === WRONG || ((bytes[at] as number) | 0x20) !== 0x65) return at;
  const sign = bytes[at + 1];
  return endOfDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** There must be at least one digit. */
function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at === from ? WRONG : at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number | undefined): boolean {
  const lower = (byte ?? 0) | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
