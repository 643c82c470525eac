import { createHash, createHmac } from 'node:crypto';
import { chance, random } from './seed';

/**
 * How large messages are: `usual` is 200 B to 2 kB; `mixed` has one in fifty of 200 kB besides, which do not travel with a
 * claim; a number is so many bytes.
 */
export type Sizes = 'usual' | 'mixed' | number;

export interface MessageKind {
  seed: number;
  sizes: Sizes;
}

/** What the sender signs with, as GitHub would. */
export const SECRET = 'the ledger signs with this';
/** Says which message a request is. It travels to the destination like every other header. */
export const MESSAGE_HEADER = 'x-ledger-message';

const LARGE_BYTES = 200_000;
const ODDITIES = '"big":12345678901234567890,"f":1.10,"e":1e400,"lone":"\\ud800","nul":"\\u0000"';
const blocks = new Map<number, Buffer>();

/** The bytes of message `n`: what JSON.parse would not give back, and for some of them no text at all. */
export function bodyOf({ seed, sizes }: MessageKind, n: number): Buffer {
  const block = blockOf(seed);
  const size = sizeOf(seed, sizes, n);
  const raw = Buffer.allocUnsafe(size);
  let at = Math.floor(chance(seed, n, 1) * block.length);
  for (let filled = 0; filled < size;) {
    const copied = block.copy(raw, filled, at, Math.min(block.length, at + size - filled));
    filled += copied;
    at = (at + copied) % block.length;
  }
  // One in ten is no JSON, and one in ten of the random bytes is no UTF-8 either.
  if (n % 10 === 9) return Buffer.concat([Buffer.from(`ledger ${n} `), raw]);
  const text = raw.toString('base64');
  return Buffer.from(`{"ledger":${n},${ODDITIES},"data":"${text.slice(0, size)}"}`);
}

export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** As GitHub sends it: the delivery id is the same each time a message is sent, so that a repetition is recognised. */
export function headersOf(seed: number, n: number, body: Buffer): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': `ledger-${seed}-${n}`,
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    [MESSAGE_HEADER]: String(n),
  };
}

function sizeOf(seed: number, sizes: Sizes, n: number): number {
  if (typeof sizes === 'number') return sizes;
  if (sizes === 'mixed' && n % 50 === 7) return LARGE_BYTES;
  return 200 + Math.floor(chance(seed, n, 2) * 1_800);
}

function blockOf(seed: number): Buffer {
  let block = blocks.get(seed);
  if (!block) {
    const next = random(seed);
    block = Buffer.from(Array.from({ length: 65_536 }, () => Math.floor(next() * 256)));
    blocks.set(seed, block);
  }
  return block;
}
