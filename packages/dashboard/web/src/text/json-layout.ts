export type TokenKind = 'key' | 'string' | 'number' | 'word';

/** A coloured stretch of a text. What lies between is punctuation. */
export interface Token {
  kind: TokenKind;
  start: number;
  end: number;
}

export interface LaidOut {
  text: string;
  tokens: Token[];
}

/** What lies deeper stands on one line: a body of 100,000 brackets would grow by the square of them. */
const MAX_DEPTH = 40;
const TOKEN = /[\s\uFEFF]+|"(?:[^"\\]|\\[^])*"?|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/y;

/**
 * JSON with a line for each member, or as it stands. Every token keeps its exact text: big integers, `1.10`, repeated
 * keys and their order are what was sent; only the white space between tokens is ours.
 * @param layout `formatted` moves white space; `received` only finds the tokens
 * @returns null for what is no JSON. The end may be missing: a preview is cut.
 */
export function layOutJson(source: string, layout: 'formatted' | 'received'): LaidOut | null {
  const tokens: Token[] = [];
  const out: string[] = [];
  // Whether each open bracket is an object's, and whether something stands in it.
  const open: { object: boolean; filled: boolean }[] = [];
  let length = 0;
  let expectKey = false;
  let seen = false;
  const write = (text: string): void => {
    out.push(text);
    length += text.length;
  };
  const newLine = (): void => {
    if (layout === 'formatted' && open.length <= MAX_DEPTH) write(`\n${'  '.repeat(open.length)}`);
  };
  const begin = (): void => {
    const top = open.at(-1);
    if (top && !top.filled) {
      top.filled = true;
      newLine();
    }
  };
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source)?.[0];
    if (token === undefined) return null;
    const first = token[0] as string;
    if (first.trim() === '') {
      if (layout === 'received') write(token);
      continue;
    }
    if (open.length === 0 && seen) return null;
    seen = true;
    switch (first) {
      case '{':
      case '[':
        begin();
        write(first);
        open.push({ object: first === '{', filled: false });
        expectKey = first === '{';
        break;
      case '}':
      case ']': {
        const top = open.pop();
        if (top?.object !== (first === '}')) return null;
        if (top.filled) newLine();
        write(first);
        expectKey = false;
        break;
      }
      case ',': {
        const top = open.at(-1);
        if (!top?.filled) return null;
        write(',');
        newLine();
        expectKey = top.object;
        break;
      }
      case ':':
        write(layout === 'formatted' ? ': ' : ':');
        expectKey = false;
        break;
      default: {
        begin();
        const kind = first === '"' ? (expectKey ? 'key' : 'string') : /[-\d]/.test(first) ? 'number' : 'word';
        tokens.push({ kind, start: length, end: length + token.length });
        write(token);
      }
    }
  }
  return seen ? { text: out.join(''), tokens } : null;
}
