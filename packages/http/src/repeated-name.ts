import { JsonWalk } from '@paggio/core';

/** Deeper objects are left to the validation, which refuses them with a better message. */
const MAX_DEPTH = 64;

interface Level {
  /** The names of an object; null for an array. */
  names: Set<string> | null;
  /** The current member. */
  name: string;
}

/**
 * The path of the first member that an object of JSON text has twice, such as `filter.status`. Parsers keep one of the
 * two values, but differ in which one. The bytes must be valid JSON. They are read once.
 * @param opaque members of the outermost object that are not looked into
 */
export function repeatedName(json: Buffer, opaque: readonly string[] = []): string | undefined {
  const walk = new JsonWalk(json, { valid: true });
  const levels: Level[] = [];
  for (;;) {
    const token = walk.next();
    const level = levels.at(-1);
    if (token === 'name') {
      const { names } = level as Level & { names: Set<string> };
      const name = ((level as Level).name = walk.text());
      if (names.has(name)) return pathOf(levels);
      names.add(name);
    } else if (token === 'object' || token === 'array') {
      if (levels.length === 1 && opaque.includes((level as Level).name)) walk.skip();
      else if (levels.length === MAX_DEPTH) return undefined;
      else levels.push({ names: token === 'object' ? new Set() : null, name: '' });
    } else if (token === 'close') levels.pop();
    else if (token !== 'scalar') return undefined;
  }
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .filter(({ names }) => names !== null)
    .map(({ name }) => name)
    .join('.');
}
