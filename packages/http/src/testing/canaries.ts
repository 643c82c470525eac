import { randomBytes } from 'node:crypto';

/** The forms of a part of a value, each as it is looked for in one form of the text. */
interface Part {
  text: string;
  /** The text in lower case, without spaces and quotes. */
  lower: string[];
  dense: string;
  /** Base64, with one alphabet. */
  digits: string[];
}

/** Values that must stay where they were put. Each has a name, and is found in every form in which bytes are printed. */
export class Canaries {
  /** Keyed by the value, because a place may get several, and each of them counts. */
  private readonly values = new Map<string, { place: string; parts: Part[] }>();

  get size(): number {
    return this.values.size;
  }

  /** A new value for a place. It consists of letters and digits, so that it fits into anything. */
  plant(place: string): string {
    const text = `CANARY${randomBytes(16).toString('hex')}`;
    this.watch(place, text);
    return text;
  }

  /** Watches a value that something else has made, such as a key. */
  watch(place: string, text: string): void {
    this.values.set(text, { place, parts: [text.slice(0, 18), text.slice(-18)].map(formsOf) });
  }

  /** The places whose values are in a text: whole or in part, as text, hex, base64, percent-encoded, or numbers. */
  foundIn(text: string): string[] {
    // Dumps of buffers are broken into groups and lines.
    const dense = text.replaceAll(/[\s"'+]|\\n/g, '');
    const lower = dense.toLowerCase();
    const digits = plainDigits(dense);
    const isIn = (part: Part): boolean =>
      text.includes(part.text) ||
      part.lower.some((form) => lower.includes(form)) ||
      dense.includes(part.dense) ||
      part.digits.some((form) => digits.includes(form));
    const found = [...this.values.values()].filter(({ parts }) => parts.some(isIn));
    return [...new Set(found.map(({ place }) => place))];
  }
}

function formsOf(text: string): Part {
  return { text, lower: [hex(text), percent(text)], dense: numbers(text), digits: base64(text).map(plainDigits) };
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
