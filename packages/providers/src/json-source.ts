import { isUtf8 } from 'node:buffer';
import { jsonOf } from './body-value';
import { JsonWalk } from './json-walk';
import type { Path } from './json-path';

/** The position of a value in JSON text: its first byte, and the byte after its last one. */
interface JsonSpan {
  start: number;
  end: number;
}

/** The source text of the value at a path of valid JSON; undefined when nothing is there. */
export function sourceAt(json: Buffer, path: Path): string | undefined {
  const span = jsonSpan(json, path);
  return span && json.toString('utf8', span.start, span.end);
}

/**
 * The source texts of all members with a given name in a JSON object, usually one or none. Each is exactly as it was
 * sent: numbers of any size, the order and the repetition of keys, and white space inside it stay. The bytes must be
 * valid JSON.
 */
export function memberSources(json: Buffer, name: string): string[] {
  return memberSpans(json, 0, name).map(({ start, end }) => json.toString('utf8', start, end));
}

/**
 * Replaces the strings at some paths of a JSON text. Every other byte stays as it was.
 * @throws TypeError when a place is missing, or the text is not JSON
 */
export function replaceJsonStrings(bytes: Buffer, values: readonly (readonly [Path, string])[]): Buffer {
  if (!isUtf8(bytes) || jsonOf(bytes.toString('utf8')) === undefined) throw new TypeError('The body is not JSON.');
  const edits = values.map(([path, value]) => {
    const span = jsonSpan(bytes, path);
    if (!span) throw new TypeError(`The body has no ${path.join('.')}.`);
    return { ...span, text: Buffer.from(JSON.stringify(value), 'utf8') };
  });
  const parts: Buffer[] = [];
  let kept = 0;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(kept, start), text);
    kept = end;
  }
  return Buffer.concat([...parts, bytes.subarray(kept)]);
}

/** Where the value at a path is. With a repeated name the last value counts, as in `JSON.parse`. */
function jsonSpan(json: Buffer, path: Path): JsonSpan | undefined {
  const walk = new JsonWalk(json, { valid: true });
  walk.next();
  const { start } = walk;
  walk.skip();
  let span: JsonSpan | undefined = { start, end: walk.end };
  for (const step of path) {
    span = memberSpans(json, span.start, step).at(-1);
    if (!span) return undefined;
  }
  return span;
}

/**
 * The members called `step` of the object that begins at the byte `from`; or, of an array, the item at that position.
 */
function memberSpans(json: Buffer, from: number, step: string | number): JsonSpan[] {
  const walk = new JsonWalk(json, { from, valid: true });
  const container = walk.next();
  const found: JsonSpan[] = [];
  if (container !== 'object' && container !== 'array') return found;
  const wanted = String(step);
  if (container === 'array' && !/^\d+$/.test(wanted)) return found;
  let here = '';
  let items = 0;
  for (;;) {
    const token = walk.next();
    if (token === 'name') {
      here = walk.text();
      continue;
    }
    if (token !== 'object' && token !== 'array' && token !== 'scalar') return found;
    if (container === 'array') here = String(items++);
    const { start } = walk;
    walk.skip();
    if (here === wanted) found.push({ start, end: walk.end });
  }
}
