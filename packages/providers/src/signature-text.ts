import { timingSafeEqual } from 'node:crypto';

/** At most this many candidate signatures of one header are tried. */
export const CANDIDATE_LIMIT = 20;

/**
 * Compares texts in constant time. Signatures are compared in their canonical text and the received one is never
 * decoded: lenient decoders drop what they do not understand, so `Buffer.from(good + 'zz', 'hex')` equals the good one.
 */
export function sameText(received: string, expected: string): boolean {
  const a = Buffer.from(received, 'utf8');
  const b = Buffer.from(expected, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Strict base64 of the standard alphabet with its padding; undefined for anything a decoder would have to guess. */
export function canonicalBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function canonicalHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}
