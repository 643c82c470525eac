import { randomBytes } from 'node:crypto';

/** Values that must stay where they were put. Each has a name, and is found in every form in which bytes are printed. */
export class Canaries {
  private readonly places = new Map<string, string>();

  get size(): number {
    return this.places.size;
  }

  /** A new value for a place. It consists of letters and digits, so that it fits into anything. */
  plant(place: string): string {
    const text = `CANARY${randomBytes(16).toString('hex')}`;
    this.places.set(place, text);
    return text;
  }

  /** Watches a value that something else has made, such as a key. */
  watch(place: string, text: string): void {
    this.places.set(place, text);
  }

  /** The places whose values are in a text: whole or in part, as text, hex, base64, percent-encoded, or numbers. */
  foundIn(text: string): string[] {
    // Dumps of buffers are broken into groups and lines.
    const dense = text.replaceAll(/[\s"'+]|\\n/g, '');
    const lower = dense.toLowerCase();
    const digits = plainDigits(dense);
    return [...this.places].flatMap(([place, value]) => {
      const parts = [value.slice(0, 18), value.slice(-18)];
      const isFound = parts.some(
        (part) =>
          text.includes(part) ||
          lower.includes(hex(part)) ||
          lower.includes(percent(part)) ||
          dense.includes(numbers(part)) ||
          base64(part).some((form) => digits.includes(plainDigits(form))),
      );
      return isFound ? [place] : [];
    });
  }
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** Every byte is encoded, as some libraries do it. */
function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
}

function numbers(text: string): string {
  return [...Buffer.from(text)].join(',');
}

/** The two alphabets of base64 as one. */
function plainDigits(text: string): string {
  return text.replaceAll(/[+-]/g, '').replaceAll('_', '/');
}

/** The digits that do not depend on the bytes before and after, for each position in a group of three bytes. */
function base64(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const digits = Buffer.from('x'.repeat(offset) + text)
      .toString('base64')
      .replaceAll('=', '');
    return digits.slice(Math.ceil((offset * 8) / 6), -2);
  });
}
