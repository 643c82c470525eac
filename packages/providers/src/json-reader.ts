import { JsonWalk, type JsonToken } from './json-walk';
import type { Path } from './json-path';

/** The most items in lists whose every item is wanted, counted over all such lists of a body. */
const MAX_ITEMS = 100_000;
/** The last position in a list, from 0, whose item can be wanted on its own. */
const MAX_POSITION = 16;
/** How many names of an object are kept, the first ones, where its names are wanted. */
const MAX_NAMES = 64;
/** A longer name is never wanted. The quotes count too. */
const MAX_NAME_BYTES = 1024;

/** A place whose value is wanted; with `list`, the value at `path` in every item of the list there. */
export interface BodyPlace {
  list?: Path;
  path: Path;
}

/** The places whose values a reader keeps. It checks every other value and skips it. */
export class WantedPlaces {
  /** Places inside this one, by name or by position in a list. */
  readonly members = new Map<string, WantedPlaces>();
  /** What is wanted in every item of a list. `null` when only items at certain positions are wanted. */
  items: WantedPlaces | null = null;
  /** Whether a string, number, boolean or null here is wanted. */
  value = false;
  /** Whether the names of the members of an object here are wanted. */
  names = false;

  add({ list, path }: BodyPlace): this {
    if (list === undefined) this.mark(path, 0, (place) => (place.value = true));
    else
      this.mark(list, 0, (place) => {
        place.items ??= new WantedPlaces();
        // A place in the first item, for example, must also be found when every item is read.
        for (const [name, member] of place.members) if (isPosition(name)) place.items.merge(member);
        place.items.add({ path });
      });
    return this;
  }

  covers(path: Path): boolean {
    const [step, ...rest] = path;
    return step === undefined ? this.value : (this.members.get(String(step))?.covers(rest) ?? false);
  }

  private mark(path: Path, from: number, use: (place: WantedPlaces) => void): void {
    if (from === path.length) return use(this);
    const name = String(path[from]);
    let next = this.members.get(name);
    if (!next) this.members.set(name, (next = new WantedPlaces()));
    next.mark(path, from + 1, use);
    if (isPosition(name)) this.items?.mark(path, from + 1, use);
  }

  private merge(other: WantedPlaces): void {
    this.value ||= other.value;
    this.names ||= other.names;
    if (other.items) (this.items ??= new WantedPlaces()).merge(other.items);
    for (const [name, place] of other.members) {
      let own = this.members.get(name);
      if (!own) this.members.set(name, (own = new WantedPlaces()));
      own.merge(place);
    }
  }
}

function isPosition(name: string): boolean {
  return /^\d+$/.test(name);
}

type Container = unknown[] | Record<string, unknown>;

/** An open object or array on the path to a wanted place. */
interface Frame {
  wanted: WantedPlaces;
  container: Container;
  /** The name of the current member; null when it is too long to be wanted. */
  name: string | null;
  /** How many items of a list have begun. */
  count: number;
}

/**
 * `not_json` means that a parser refuses the text, `too_large` that it is nested too deeply or has too many wanted
 * items.
 */
export type Unreadable = 'not_json' | 'too_large';

/**
 * Reads a few places of a JSON text (RFC 8259) in one pass over its bytes, for bodies that are too large to be parsed:
 * a parser makes an object of each pair of brackets, so 25 MB can become a gigabyte. Memory depends on the wanted
 * places only, and time is linear. It accepts the same texts as `JSON.parse` and finds the same values.
 * @returns the root of the text with the wanted places alone. A list is cut after 17 items unless every item is wanted,
 *   so its length still shows whether it has none, one or several.
 */
export function readJson(bytes: Buffer, wanted: WantedPlaces): { root: unknown } | Unreadable {
  const walk = new JsonWalk(bytes);
  // Unwanted values are skipped as a whole, so these are all the open objects and arrays.
  const frames: Frame[] = [];
  let root: unknown;
  let items = 0;
  for (;;) {
    let token = walk.next();
    const frame = frames[frames.length - 1];
    if (token === 'name') {
      (frame as Frame).name = walk.end - walk.start > MAX_NAME_BYTES ? null : walk.text();
      continue;
    }
    if (token === 'close') {
      frames.pop();
      continue;
    }
    if (token === 'object' || token === 'array' || token === 'scalar') {
      const want = frame ? wantedIn(frame) : wanted;
      if (want) {
        const value = valueOf(token, want, bytes, walk);
        if (!frame) root = value;
        else if (Array.isArray(frame.container) && frame.wanted.items !== null && ++items > MAX_ITEMS)
          return 'too_large';
        else keep(frame, value);
        if (token !== 'scalar') frames.push({ wanted: want, container: value as Container, name: null, count: 0 });
      } else {
        pass(frame as Frame);
        token = walk.skip();
      }
    }
    if (token === 'end') return { root };
    if (token === 'wrong') return 'not_json';
    if (token === 'too_deep') return 'too_large';
  }
}

/** What is wanted of the value that begins now. */
function wantedIn(frame: Frame): WantedPlaces | null | undefined {
  const { wanted, container, name } = frame;
  if (!Array.isArray(container)) return name === null ? undefined : wanted.members.get(name);
  const position = frame.count++;
  return wanted.items ?? (position <= MAX_POSITION ? wanted.members.get(String(position)) : undefined);
}

function valueOf(token: JsonToken, want: WantedPlaces, bytes: Buffer, { start, end }: JsonWalk): unknown {
  if (token === 'object') return Object.create(null);
  if (token === 'array') return [];
  return want.value ? JSON.parse(bytes.toString('utf8', start, end)) : undefined;
}

/** Stores a wanted value. With a repeated name the last value counts, as in `JSON.parse`. */
function keep({ container, name }: Frame, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else container[name ?? ''] = value;
}

/** An unwanted value leaves a mark where its presence matters: in the length of a list, and in a list of names. */
function pass({ wanted, container, count, name }: Frame): void {
  if (Array.isArray(container)) {
    if (container.length <= MAX_POSITION && container.length === count - 1) container.push(undefined);
  } else if (name !== null && wanted.names && Object.keys(container).length < MAX_NAMES) container[name] ??= undefined;
}
