import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Mode } from '../principal';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY = /^pk_(live|test)_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
export const DISPLAY_PREFIX_LENGTH = 12;

/**
 * Creates a key: `pk_live_` or `pk_test_`, 32 random base62 characters, and the CRC-32 of the text before it in six
 * base62 digits.
 */
export function createKeyText(mode: Mode): string {
  let random = '';
  for (let i = 0; i < 32; i++) random += ALPHABET[randomInt(62)];
  const text = `pk_${mode}_${random}`;
  return text + checksum(text);
}

/** The mode of a well-formed key. Returns undefined for any other text, so that it is refused without a query. */
export function keyMode(key: string): Mode | undefined {
  const match = KEY.exec(key);
  if (!match || checksum(key.slice(0, -6)) !== match[3]) return undefined;
  return match[1] as Mode;
}

export function keyHash(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

function checksum(text: string): string {
  let value = crc32(text);
  let digits = '';
  for (let i = 0; i < 6; i++) {
    digits = (ALPHABET[value % 62] as string) + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}
