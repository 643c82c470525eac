import { isUtf8 } from 'node:buffer';
import { JsonWalk } from './json-walk';

/**
 * Why a body has no text at a path. `repeated`: a name on the way comes twice in its object, and parsers differ in which
 * value counts. `no_text`: something else than a string is there.
 */
export type NoSoleText = 'not_json' | 'too_large' | 'missing' | 'no_text' | 'repeated';

/**
 * The string at a path of a JSON body of any size. Unlike `jsonValueAt` it is for values that prove something, so it takes
 * nothing that two readers could understand differently. One pass over the bytes, and no other value is made.
 * @param path names, and positions in lists as text
 */
export function soleTextAt(body: Buffer, path: readonly string[]): { text: string } | NoSoleText {
  if (!isUtf8(body)) return 'not_json';
  const walk = new JsonWalk(body);
  // Everything beside the way is skipped, so each open object or array is on the way, and its depth tells which step is next.
  const levels: { items: number | null; found: boolean }[] = [];
  let found: { text: string } | 'missing' | 'no_text' = 'missing';
  let name = '';
  for (;;) {
    let token = walk.next();
    const level = levels.at(-1);
    if (token === 'name') {
      name = walk.text();
      continue;
    }
    if (token === 'close') {
      levels.pop();
      continue;
    }
    if (token === 'object' || token === 'array' || token === 'scalar') {
      if (level && level.items !== null) name = String(level.items++);
      const onTheWay = !level || name === path[levels.length - 1];
      if (level && onTheWay) {
        if (level.found) return 'repeated';
        level.found = true;
      }
      if (onTheWay && levels.length === path.length) {
        const source = token === 'scalar' ? body.toString('utf8', walk.start, walk.end) : '';
        found = source.startsWith('"') ? { text: JSON.parse(source) as string } : 'no_text';
      } else if (onTheWay && token !== 'scalar') {
        levels.push({ items: token === 'array' ? 0 : null, found: false });
        continue;
      }
      token = walk.skip();
    }
    if (token === 'end') return found;
    if (token === 'wrong') return 'not_json';
    if (token === 'too_deep') return 'too_large';
  }
}
