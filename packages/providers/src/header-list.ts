/**
 * Request headers exactly as received: names and values alternate, in wire order, as `http.IncomingMessage.rawHeaders`
 * gives them (each character is one byte, Latin-1). Lookups ignore case.
 */
export class HeaderList {
  constructor(readonly raw: readonly string[]) {}

  static from(headers: Record<string, string | readonly string[]>): HeaderList {
    const raw: string[] = [];
    for (const [name, value] of Object.entries(headers)) {
      for (const one of typeof value === 'string' ? [value] : value) raw.push(name, one);
    }
    return new HeaderList(raw);
  }

  /** Lower-case names, in wire order. */
  *names(): Generator<string> {
    for (let i = 0; i + 1 < this.raw.length; i += 2) yield (this.raw[i] as string).toLowerCase();
  }

  /** The first value, or undefined. Not for signatures: use `only`. */
  get(name: string): string | undefined {
    const at = this.find(name, 0);
    return at < 0 ? undefined : this.raw[at + 1];
  }

  /** The value of a header that must not occur twice. `repeated` if it does: such a request must be refused. */
  only(name: string): string | undefined | typeof repeated {
    const at = this.find(name, 0);
    if (at < 0) return undefined;
    return this.find(name, at + 2) < 0 ? this.raw[at + 1] : repeated;
  }

  /** Every value, in wire order. */
  all(name: string): string[] {
    const found: string[] = [];
    for (let at = this.find(name, 0); at >= 0; at = this.find(name, at + 2)) found.push(this.raw[at + 1] as string);
    return found;
  }

  has(name: string): boolean {
    return this.find(name, 0) >= 0;
  }

  /** A few look-ups are cheaper than an index of all headers, because most names already differ in length. */
  private find(name: string, from: number): number {
    for (let i = from; i + 1 < this.raw.length; i += 2) {
      const candidate = this.raw[i] as string;
      if (candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name)) return i;
    }
    return -1;
  }
}

export const repeated: unique symbol = Symbol('repeated header');
