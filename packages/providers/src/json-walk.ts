const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The default of `maxDepth`. The walk does not recurse; the limit bounds the memory for open brackets. */
const MAX_DEPTH = 65_536;
/** Returned instead of a position where the text is not JSON. */
const WRONG = -1;

/**
 * What a walk found. `object` and `array` begin one, and `close` ends the innermost of them. A `name` belongs to the value
 * that comes next. A `scalar` is a string, a number, `true`, `false` or `null`. The last three end the walk: `end` for a
 * whole JSON text, `wrong` where the text is not JSON, and `too_deep` where it has too many open objects and arrays.
 */
export type JsonToken = 'object' | 'array' | 'close' | 'name' | 'scalar' | 'end' | 'wrong' | 'too_deep';

/** What may come next: a value; the first member or item, or the end of an empty object or array; a comma, or an end. */
type Expected = 'value' | 'first' | 'separator';

export interface JsonWalkOptions {
  /** How deep objects and arrays may be nested, from 0. @default 65,536 */
  maxDepth?: number;
  /**
   * The position of a value, for a walk over that value alone. There is no `end` after it, because anything that
   * follows the value in its own object or array is `wrong`. @default 0
   */
  from?: number;
  /** A parser has accepted the text, so the insides of long strings are not checked again. @default false */
  valid?: boolean;
}

/**
 * Walks over the bytes of one JSON text (RFC 8259), token by token, and checks all of it on the way. It makes no values, so
 * its memory does not depend on what the JSON describes, and its time is linear. It accepts what `JSON.parse` accepts of the
 * decoded text. The bytes must be UTF-8, which the walk does not check. A byte order mark is not part of JSON.
 */
export class JsonWalk {
  /** The first byte of the last token. */
  start = 0;
  /** The byte after the last token. */
  end = 0;
  /** Open objects and arrays: `object` and `array` count themselves, `close` does not count what it closes. */
  depth = 0;
  private at: number;
  private expected: Expected = 'value';
  /** For each open object or array, the byte that closes it. */
  private readonly closing: number[] = [];

  private readonly maxDepth: number;
  private readonly endOfString: (bytes: Buffer, from: number) => number;

  constructor(
    private readonly bytes: Buffer,
    { maxDepth = MAX_DEPTH, from = 0, valid = false }: JsonWalkOptions = {},
  ) {
    this.maxDepth = maxDepth;
    this.at = from;
    this.endOfString = valid ? endOfValidString : endOfString;
  }

  /** Moves to the next token. Must not be called after `end`, `wrong` or `too_deep`. */
  next(): JsonToken {
    const { bytes, expected } = this;
    let at = skipSpace(bytes, this.at);
    if (expected === 'value') return this.value(at);
    if (this.depth === 0) return at === bytes.length ? 'end' : 'wrong';
    const close = this.closing[this.depth - 1];
    if (bytes[at] === close) return this.close(at);
    if (expected === 'separator') {
      if (bytes[at] !== COMMA) return 'wrong';
      at = skipSpace(bytes, at + 1);
    }
    return close === CLOSE_BRACE ? this.name(at) : this.value(at);
  }

  /**
   * Moves to the end of the value that the last token began, so that `end` is the byte after it.
   * @returns the token that ends the value, `wrong` or `too_deep`
   */
  skip(): JsonToken {
    if (this.expected !== 'first') return 'scalar';
    const around = this.depth - 1;
    let token: JsonToken;
    do token = this.next();
    while (token !== 'wrong' && token !== 'too_deep' && this.depth > around);
    return token;
  }

  /** The text of the last token, which must be a name. */
  text(): string {
    return nameText(this.bytes, this.start + 1, this.end - 1);
  }

  private close(at: number): JsonToken {
    this.closing.pop();
    this.depth--;
    this.start = at;
    this.end = this.at = at + 1;
    this.expected = 'separator';
    return 'close';
  }

  private name(at: number): JsonToken {
    const { bytes } = this;
    if (bytes[at] !== QUOTE) return 'wrong';
    const end = this.endOfString(bytes, at);
    if (end === WRONG) return 'wrong';
    const colon = skipSpace(bytes, end);
    if (bytes[colon] !== COLON) return 'wrong';
    this.start = at;
    this.end = end;
    this.at = colon + 1;
    this.expected = 'value';
    return 'name';
  }

  private value(at: number): JsonToken {
    const { bytes } = this;
    const first = bytes[at];
    this.start = at;
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (this.depth === this.maxDepth) return 'too_deep';
      this.closing.push(first === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
      this.depth++;
      this.end = this.at = at + 1;
      this.expected = 'first';
      return first === OPEN_BRACE ? 'object' : 'array';
    }
    const end = first === QUOTE ? this.endOfString(bytes, at) : endOfPlain(bytes, at);
    if (end === WRONG) return 'wrong';
    this.end = this.at = end;
    this.expected = 'separator';
    return 'scalar';
  }
}

/**
 * Names that were read before, by a hash of their bytes. The same few names recur, and making a string from bytes takes
 * longer than all other work on a name.
 */
const known: string[] = new Array<string>(512).fill('');
/** Names of more bytes are not kept. */
const KNOWN_LENGTH = 32;

function nameText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  let hash = length;
  if (length > KNOWN_LENGTH) return madeText(bytes, start, end);
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH || byte > 0x7f) return madeText(bytes, start, end);
    hash = (hash * 31 + byte) | 0;
  }
  const slot = hash & (known.length - 1);
  const candidate = known[slot] as string;
  return isAt(bytes, start, length, candidate) ? candidate : (known[slot] = bytes.toString('latin1', start, end));
}

function madeText(bytes: Buffer, start: number, end: number): string {
  const inner = bytes.toString('utf8', start, end);
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
}

function isAt(bytes: Buffer, start: number, length: number, text: string): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  let byte = bytes[at];
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at];
  return at;
}

/** The position after the closing quote. */
function endOfString(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from + 1;
  while (at < length) {
    const byte = bytes[at] as number;
    // Nearly every byte ends here, after two comparisons.
    if (byte > QUOTE && byte !== BACKSLASH) at++;
    else if (byte === QUOTE) return at + 1;
    else if (byte < 0x20) return WRONG;
    else if (byte !== BACKSLASH) at++;
    else {
      at = endOfEscape(bytes, at);
      if (at === WRONG) return WRONG;
    }
  }
  return WRONG;
}

/** Beyond this many bytes, the runtime searches for the end of a string, which is faster but takes longer to start. */
const LONG_STRING = 48;

/** Like `endOfString`, for text that is known to be JSON. */
function endOfValidString(bytes: Buffer, from: number): number {
  const near = Math.min(from + LONG_STRING, bytes.length);
  let at = from + 1;
  while (at < near) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return WRONG;
    let first = quote;
    while (first > at && bytes[first - 1] === BACKSLASH) first--;
    // A quote after an odd number of backslashes is part of the string.
    if ((quote - first) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function endOfEscape(bytes: Buffer, from: number): number {
  switch (bytes[from + 1] ?? 0) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return from + 2;
    case LOWER_U:
      for (let at = from + 2; at < from + 6; at++) if (!isHexDigit(bytes[at])) return WRONG;
      return from + 6;
    default:
      return WRONG;
  }
}

/** The position after a number, `true`, `false` or `null`. */
function endOfPlain(bytes: Buffer, from: number): number {
  switch (bytes[from] ?? 0) {
    case 0x74:
      return endOfWord(bytes, from, TRUE);
    case 0x66:
      return endOfWord(bytes, from, FALSE);
    case 0x6e:
      return endOfWord(bytes, from, NULL);
    default:
      return endOfNumber(bytes, from);
  }
}

function endOfWord(bytes: Buffer, from: number, word: Uint8Array): number {
  for (let i = 1; i < word.length; i++) if (bytes[from + i] !== word[i]) return WRONG;
  return from + word.length;
}

function endOfNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  // No digit may follow a zero that comes first.
  at = bytes[at] === ZERO ? at + 1 : endOfDigits(bytes, at);
  if (at !== WRONG && bytes[at] === POINT) at = endOfDigits(bytes, at + 1);
  if (at === WRONG || ((bytes[at] as number) | 0x20) !== 0x65) return at;
  const sign = bytes[at + 1];
  return endOfDigits(bytes, sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
}

/** There must be at least one digit. */
function endOfDigits(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at === from ? WRONG : at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  const lower = (byte ?? 0) | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
