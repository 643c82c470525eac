import { createHash, createHmac } from 'node:crypto';
import { chance, random } from './seed';

/**
 * How large messages are. `usual` is 200 B to 2 kB. `mixed` also has one of 200 kB in every fifty, which is too large
 * to travel with a claim. A number is the size in bytes.
 */
export type Sizes = 'usual' | 'mixed' | number;

export interface MessageKind {
  seed: number;
  sizes: Sizes;
}

/** The secret with which the sender signs, as GitHub does. */
export const SECRET = 'the ledger signs with this';
/** The header with the number of the message. It travels to the destination like every other header. */
export const MESSAGE_HEADER = 'x-ledger-message';

const LARGE_BYTES = 200_000;
const ODDITIES = '"big":12345678901234567890,"f":1.10,"e":1e400,"lone":"\\ud800","nul":"\\u0000"';
const blocks = new Map<number, Buffer>();

/** The bytes of message `n`. Most are JSON that would not survive JSON.parse unchanged; some are not even text. */
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
  // One message in ten is random bytes: not JSON, and not UTF-8 either.
  if (n % 10 === 9) return Buffer.concat([Buffer.from(`ledger ${n} `), raw]);
  const text = raw.toString('base64');
  return Buffer.from(`{"ledger":${n},${ODDITIES},"data":"${text.slice(0, size)}"}`);
}

export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** GitHub's headers. A message keeps its delivery id when it is sent again, so that a repetition is recognised. */
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
