import { isUtf8 } from 'node:buffer';
import { JsonWalk } from './json-walk';

/**
 * Why a body has no text at a path. `repeated` means that a name on the path occurs twice in its object, and parsers
 * differ in which value counts. `no_text` means that the value is not a string.
 */
export type NoSoleText = 'not_json' | 'too_large' | 'missing' | 'no_text' | 'repeated';

/**
 * The string at a path of a JSON body of any size. Unlike `jsonValueAt`, it is for values that prove something, so it
 * accepts nothing that two parsers could read differently. It makes one pass over the bytes and no other value.
 * @param path names, and positions in lists as text
 */
export function soleTextAt(body: Buffer, path: readonly string[]): { text: string } | NoSoleText {
  if (!isUtf8(body)) return 'not_json';
  const walk = new JsonWalk(body);
  // Values off the path are skipped, so every open object or array is on it, and the depth says which step comes next.
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
