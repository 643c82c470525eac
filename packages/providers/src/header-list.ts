/**
 * Request headers exactly as received: names and values alternate, in wire order, as `http.IncomingMessage.rawHeaders`
 * gives them (each character is one byte, Latin-1). Lookups ignore case.
 */
export class HeaderList {
  private index: Map<string, string | string[]> | undefined;

  constructor(readonly raw: readonly string[]) {}

  static from(headers: Record<string, string | readonly string[]>): HeaderList {
    const raw: string[] = [];
    for (const [name, value] of Object.entries(headers)) {
      for (const one of typeof value === 'string' ? [value] : value) raw.push(name, one);
    }
    return new HeaderList(raw);
  }

  /** Lower-case name to its value, or to the list of its values when it was repeated. */
  entries(): Map<string, string | string[]> {
    if (this.index) return this.index;
    const index = new Map<string, string | string[]>();
    for (let i = 0; i + 1 < this.raw.length; i += 2) {
      const name = (this.raw[i] as string).toLowerCase();
      const value = this.raw[i + 1] as string;
      const known = index.get(name);
      if (known === undefined) index.set(name, value);
      else if (typeof known === 'string') index.set(name, [known, value]);
      else known.push(value);
    }
    this.index = index;
    return index;
  }

  /** The first value, or undefined. Not for signatures: use `only`. */
  get(name: string): string | undefined {
    const value = this.entries().get(name);
    return typeof value === 'object' ? value[0] : value;
  }

  /** The value of a header that must occur once. `repeated` when it does not: the request is then refused. */
  only(name: string): string | undefined | typeof repeated {
    const value = this.entries().get(name);
    return typeof value === 'object' ? repeated : value;
  }

  has(name: string): boolean {
    return this.entries().has(name);
  }
}

export const repeated: unique symbol = Symbol('repeated header');
