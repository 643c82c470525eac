import type { Path } from './value-rule';

/** Deeper bodies are not read. Nothing recurses: this bounds the memory for the open brackets. */
const MAX_DEPTH = 65_536;
/** A list of which every item is wanted may have at most as many, all such lists of a body together. */
const MAX_ITEMS = 100_000;
/** The last item of a list that can be asked for by its position. */
const MAX_POSITION = 16;
/** The first names of an object that are told where its names are wanted. */
const MAX_NAMES = 64;

/** A place whose value is wanted; with `list`, the value at `path` in every item of the list there. */
export interface BodyPlace {
  list?: Path;
  path: Path;
}

/** The places that a reader keeps: every other value is checked, passed over and forgotten. */
export class WantedPlaces {
  /** By name, or by position in a list. */
  readonly members = new Map<string, WantedPlaces>();
  /** Every item of a list; null: only those named by their position. */
  items: WantedPlaces | null = null;
  /** The text, number or word that stands here. */
  value = false;
  /** The names of the members of the object here. */
  names = false;

  add({ list, path }: BodyPlace): this {
    if (list === undefined) this.mark(path, 0, (place) => (place.value = true));
    else
      this.mark(list, 0, (place) => {
        place.items ??= new WantedPlaces();
        // Whoever asks for the first item has to find it among all of them.
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

interface Frame {
  wanted: WantedPlaces;
  container: Container;
  /** Items of a list that were begun. */
  count: number;
}

/** `not_json`: a parser refuses the text. `too_large`: it is nested too deeply, or has too many wanted items. */
export type Unreadable = 'not_json' | 'too_large';

/**
 * Reads a few places of a JSON text (RFC 8259) in one pass over its bytes, for bodies that are too large to be parsed: a
 * parser makes an object of each pair of brackets, so 25 MB can become a gigabyte. Memory stays near what is wanted, time
 * is linear, and what it accepts and finds is what `JSON.parse` accepts and finds.
 * @returns the root of the text with the wanted places alone. A list of which not every item is wanted is cut after 17 items, so
 *   that none, one and several can still be told apart.
 */
export function readJson(bytes: Buffer, wanted: WantedPlaces): { root: unknown } | Unreadable {
  return new JsonReader(bytes).read(wanted);
}

class JsonReader {
  private at = 0;
  private items = 0;

  constructor(private readonly bytes: Buffer) {}

  read(wanted: WantedPlaces): { root: unknown } | Unreadable {
    const { bytes } = this;
    // The closing bracket of each open one.
    const open = new Uint8Array(MAX_DEPTH);
    let depth = 0;
    // The open brackets that are on the way to a wanted place. They are the outermost ones.
    const frames: Frame[] = [];
    let root: unknown;
    let want: WantedPlaces | undefined = wanted;
    let name: string | null = null;

    for (;;) {
      // A value begins.
      this.skipSpace();
      const first = bytes[this.at];
      let value: unknown;
      let opened = false;
      if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        if (depth === MAX_DEPTH) return 'too_large';
        open[depth++] = first === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
        opened = true;
        this.at++;
        if (want) value = first === OPEN_BRACE ? (Object.create(null) as Record<string, unknown>) : [];
      } else {
        const from = this.at;
        if (!this.passScalar(first)) return 'not_json';
        if (want?.value) value = JSON.parse(bytes.toString('utf8', from, this.at)) as unknown;
      }
      const parentDepth = opened ? depth - 1 : depth;
      const parent = frames[frames.length - 1];
      if (want) {
        if (!parent) root = value;
        else if (frames.length === parentDepth && !this.keep(parent, name, value)) return 'too_large';
        if (opened) frames.push({ wanted: want, container: value as Container, count: 0 });
      } else if (parent && frames.length === parentDepth) this.pass(parent, name);

      // What follows it: the first value inside, the next one, or the end.
      let inside = opened;
      for (;;) {
        if (depth === 0) {
          this.skipSpace();
          return this.at === bytes.length ? { root } : 'not_json';
        }
        this.skipSpace();
        const closing = open[depth - 1];
        const next = bytes[this.at];
        if (next === closing) {
          this.at++;
          if (frames.length === depth) frames.pop();
          depth--;
          inside = false;
          continue;
        }
        if (!inside) {
          if (next !== COMMA) return 'not_json';
          this.at++;
          this.skipSpace();
        }
        break;
      }
      const frame = frames.length === depth ? frames[frames.length - 1] : undefined;
      want = undefined;
      if (open[depth - 1] === CLOSE_BRACE) {
        const from = this.at;
        if (bytes[from] !== QUOTE || !this.passString()) return 'not_json';
        if (frame) {
          name = this.nameAt(from);
          want = name === null ? undefined : frame.wanted.members.get(name);
        }
        this.skipSpace();
        if (bytes[this.at++] !== COLON) return 'not_json';
      } else if (frame) {
        const position = frame.count++;
        want =
          frame.wanted.items ?? (position <= MAX_POSITION ? frame.wanted.members.get(String(position)) : undefined);
      }
    }
  }

  /** A wanted value finds its place. With a repeated name the last one counts, as for parsers. */
  private keep({ wanted, container }: Frame, name: string | null, value: unknown): boolean {
    if (!Array.isArray(container)) container[name ?? ''] = value;
    else {
      if (wanted.items !== null && ++this.items > MAX_ITEMS) return false;
      container.push(value);
    }
    return true;
  }

  /** A value that nobody wants leaves a mark where its presence says something. */
  private pass({ wanted, container, count }: Frame, name: string | null): void {
    if (Array.isArray(container)) {
      if (container.length <= MAX_POSITION && container.length === count - 1) container.push(undefined);
    } else if (name !== null && wanted.names && Object.keys(container).length < MAX_NAMES)
      container[name] ??= undefined;
  }

  private skipSpace(): void {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.at];
  }

  private passScalar(first: number | undefined): boolean {
    if (first === QUOTE) return this.passString();
    if (first === 0x74) return this.passWord('true');
    if (first === 0x66) return this.passWord('false');
    if (first === 0x6e) return this.passWord('null');
    return this.passNumber();
  }

  private passWord(word: string): boolean {
    const end = this.at + word.length;
    if (this.bytes.toString('latin1', this.at, end) !== word) return false;
    this.at = end;
    return true;
  }

  private passNumber(): boolean {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at++;
    if (bytes[this.at] === 0x30) this.at++;
    else if (!this.passDigits()) return false;
    if (bytes[this.at] === 0x2e) {
      this.at++;
      if (!this.passDigits()) return false;
    }
    if (bytes[this.at] === 0x65 || bytes[this.at] === 0x45) {
      this.at++;
      if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at++;
      if (!this.passDigits()) return false;
    }
    return true;
  }

  private passDigits(): boolean {
    const from = this.at;
    let byte = this.bytes[this.at] as number;
    while (byte >= 0x30 && byte <= 0x39) byte = this.bytes[++this.at] as number;
    return this.at > from;
  }

  /** From the opening quote to behind the closing one. */
  private passString(): boolean {
    const { bytes } = this;
    const { length } = bytes;
    let at = this.at + 1;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte !== BACKSLASH) at++;
      else if (bytes[at + 1] === 0x75) {
        if (!/^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 2, at + 6))) return false;
        at += 6;
      } else if (ESCAPED.has(bytes[at + 1] as number)) at += 2;
      else return false;
    }
    return false;
  }

  /** The name between its quotes, of which the second has just been passed. Long ones are nobody's. */
  private nameAt(from: number): string | null {
    if (this.at - from > 1024) return null;
    const text = this.bytes.toString('utf8', from + 1, this.at - 1);
    return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** `"`, `\`, `/`, `b`, `f`, `n`, `r` and `t`. */
const ESCAPED: ReadonlySet<number> = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);
