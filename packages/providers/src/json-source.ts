import { isUtf8 } from 'node:buffer';
import { jsonOf } from './body-value';
import type { Path } from './value-rule';

/** Where a value stands in JSON text: its first and its end position. */
interface JsonSpan {
  start: number;
  end: number;
}

/**
 * Where the value at a path stands in valid JSON text, so that it can be read or replaced without touching a byte of the
 * rest. With a repeated key the last one counts, as for parsers. Undefined when there is none.
 */
function jsonSpan(json: string, path: Path): JsonSpan | undefined {
  const start = skipSpace(json, 0);
  let span: JsonSpan = { start, end: endOfValue(json, start) };
  for (const step of path) {
    const found = memberSpans(json, span.start).filter(({ name }) => name === step);
    const last = found.at(-1);
    if (!last) return undefined;
    span = last;
  }
  return span;
}

/** The members of the object, or the items of the array, that begins at a position. None for other values. */
function memberSpans(json: string, from: number): (JsonSpan & { name: string | number })[] {
  const open = json[from];
  if (open !== '{' && open !== '[') return [];
  const close = open === '{' ? '}' : ']';
  const found: (JsonSpan & { name: string | number })[] = [];
  let at = skipSpace(json, from + 1);
  while (json[at] !== close) {
    let name: string | number = found.length;
    if (open === '{') {
      const keyEnd = endOfString(json, at);
      name = JSON.parse(json.slice(at, keyEnd)) as string;
      // Behind the colon.
      at = skipSpace(json, skipSpace(json, keyEnd) + 1);
    }
    const end = endOfValue(json, at);
    found.push({ name, start: at, end });
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return found;
}

/** The source text of the value at a path of valid JSON text; undefined when there is none. */
export function sourceAt(json: string, path: Path): string | undefined {
  const span = jsonSpan(json, path);
  return span && json.slice(span.start, span.end);
}

/**
 * The JSON text with other strings at some paths and every other byte as it was.
 * @throws TypeError when a place is missing, or the text is not JSON
 */
export function replaceJsonStrings(bytes: Buffer, values: readonly (readonly [Path, string])[]): Buffer {
  const json = bytes.toString('utf8');
  if (!isUtf8(bytes) || jsonOf(json) === undefined) throw new TypeError('The body is not JSON.');
  const edits = values.map(([path, value]) => {
    const span = jsonSpan(json, path);
    if (!span) throw new TypeError(`The body has no ${path.join('.')}.`);
    return { ...span, text: JSON.stringify(value) };
  });
  let text = json;
  for (const { start, end, text: replacement } of edits.sort((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + replacement + text.slice(end);
  }
  return Buffer.from(text, 'utf8');
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (/[ \t\n\r]/.test(json[at] ?? '')) at++;
  return at;
}

/** Behind the closing quote. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(json: string, from: number): number {
  const first = json[from] as string;
  if (first === '"') return endOfString(json, from);
  let at = from;
  if (first !== '{' && first !== '[') {
    while (/[^\s,}\]]/.test(json[at] ?? ',')) at++;
    return at;
  }
  // Brackets of both kinds in one count: the text is valid, so they match.
  let depth = 0;
  do {
    const char = json[at] as string;
    if (char === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}

/**
 * The source text of the members of a JSON object that have a name: usually one or none, with the very bytes it was sent
 * with: numbers of any size, the order and the repetition of keys, and white space inside it stay. The text must be valid
 * JSON.
 */
export function memberSources(json: string, name: string): string[] {
  const first = skipSpace(json, 0);
  if (json[first] !== '{') return [];
  return memberSpans(json, first)
    .filter((member) => member.name === name)
    .map(({ start, end }) => json.slice(start, end));
}
