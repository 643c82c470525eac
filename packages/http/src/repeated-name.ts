/** Deeper objects are refused by the validation, which says so better. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

interface Level {
  /** The names of an object; null for an array. */
  names: Set<string> | null;
  /** The present member. */
  name: string;
}

/**
 * The path of the first member that an object of JSON text has twice, such as `filter.status`. Parsers keep one of the two
 * values and differ in which. The text must be valid JSON. One pass.
 * @param opaque members of the outermost object that are not looked into
 */
export function repeatedName(json: string, opaque: readonly string[] = []): string | undefined {
  const levels: Level[] = [];
  let nameStart = 0;
  let nameEnd = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x7b: // {
      case 0x5b: // [
        if (levels.length >= MAX_DEPTH && !opaque.includes(levels[0]?.name as string)) return undefined;
        levels.push({ names: json[at] === '{' ? new Set() : null, name: '' });
        break;
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        break;
      case QUOTE:
        nameStart = at;
        at = endOfString(json, at);
        nameEnd = at + 1;
        break;
      case COLON: {
        const level = levels.at(-1) as Level;
        if (levels.length > 1 && opaque.includes(levels[0]?.name as string)) break;
        level.name = stringIn(json, nameStart, nameEnd);
        if (level.names?.has(level.name)) return pathOf(levels);
        level.names?.add(level.name);
      }
    }
  }
  return undefined;
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .filter(({ names }) => names !== null)
    .map(({ name }) => name)
    .join('.');
}

/** The position of the closing quote. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  // A quote behind an odd number of backslashes is part of the string.
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function stringIn(json: string, start: number, end: number): string {
  const inner = json.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(json.slice(start, end)) as string) : inner;
}
