import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyText, keyMode } from './key-text';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const documentation = readFileSync(join(__dirname, '../../../../docs/api.md'), 'utf8');
const source = /^```text\n(\\bpk_.*)\n```$/m.exec(documentation)?.[1] as string;
const keys = Array.from({ length: process.env['PAGGIO_FULL'] ? 500 : 60 }, (_, n) =>
  createKeyText(n % 2 ? 'live' : 'test'),
);

const found = (text: string): string[] => text.match(new RegExp(source, 'g')) ?? [];
const characters = (length: number): string =>
  Array.from({ length }, () => DIGITS[randomInt(DIGITS.length)] as string).join('');

/** The checksum as docs/api.md describes it, written without the product's code. */
function documentedChecksum(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let value = BigInt((crc ^ 0xffffffff) >>> 0);
  let digits = '';
  for (; value > 0n; value /= 62n) digits = (DIGITS[Number(value % 62n)] as string) + digits;
  return digits.padStart(6, '0');
}

test('the documented pattern for secret scanners finds every key in any surrounding text', () => {
  for (const key of keys) {
    for (const text of [key, `KEY=${key}\n`, `"${key}",`, `Bearer ${key}`, `https://h/?k=${key}&x=1`, `(${key})`])
      expect(found(text)).toEqual([key]);
  }
});

test('the documented pattern finds no publishable key of Stripe, and no longer or shorter text', () => {
  for (const prefix of ['pk_live_', 'pk_test_']) {
    for (let length = 1; length <= 120; length++)
      if (length !== 38) expect(found(`key: ${prefix}${characters(length)};`)).toEqual([]);
    for (const length of [24, 98, 99]) expect(found(`${prefix}51${characters(length - 2)}`)).toEqual([]);
  }
  for (const prefix of ['sk_live_', 'rk_live_', 'whsec_', 'pk_', 'Xpk_live_'])
    expect(found(prefix + characters(38))).toEqual([]);
});

test('every key has the documented checksum, which rules out other texts that match the pattern', () => {
  for (const key of keys) {
    expect(documentedChecksum(key.slice(0, -6))).toBe(key.slice(-6));
    expect(keyMode(key)).toBe(key.slice(3, 7));
    const last = DIGITS[(DIGITS.indexOf(key.at(-1) as string) + 1) % 62] as string;
    const changed = key.slice(0, -1) + last;
    expect([found(changed), keyMode(changed)]).toEqual([[changed], undefined]);
  }
});

test('the documented example is correct', () => {
  const [, text, crc, key] = /CRC-32 of `(\w+)` is (\d+), and the whole text is `(\w+)`/.exec(documentation) ?? [];
  expect(key).toBe(`${text}${documentedChecksum(text as string)}`);
  expect(keyMode(key as string)).toBe('test');
  const value = [...(key as string).slice(-6)].reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0);
  expect(value).toBe(Number(crc));
});
