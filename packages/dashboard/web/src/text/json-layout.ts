export type TokenKind = 'key' | 'string' | 'number' | 'word';

/** A coloured range of a text. The text between tokens is punctuation. */
export interface Token {
  kind: TokenKind;
  start: number;
  end: number;
}

export interface LaidOut {
  text: string;
  tokens: Token[];
}

/**
 * Deeper levels stay on one line: indenting 100,000 brackets would make the text grow with the square of their number.
 */
const MAX_DEPTH = 40;
const TOKEN = /[\s\uFEFF]+|"(?:[^"\\]|\\[^])*"?|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/y;

/**
 * Lays out JSON with one line per member, or unchanged. Every token keeps its exact text: big integers, `1.10`,
 * repeated keys and their order are as sent. Only the white space between tokens changes.
 * @param layout `formatted` replaces white space; `received` only finds the tokens
 * @returns null if the text is not JSON. The end may be missing, because a preview is truncated.
 */
export function layOutJson(source: string, layout: 'formatted' | 'received'): LaidOut | null {
  const tokens: Token[] = [];
  const out: string[] = [];
  // For each open bracket: whether it belongs to an object, and whether it has content.
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
