import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * A UUID version 7 (RFC 9562) as 16 bytes: Unix milliseconds, then a counter that keeps the ids of one process in order
 * within a millisecond, then 62 random bits. Made on the hot path, hence the pooled randomness.
 */
export function newId(nowMs: number = Date.now()): Buffer {
  if (used + 16 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = Buffer.from(pool.subarray(used, used + 16));
  used += 16;
  // A clock that steps back must not reorder ids: the counter goes on in the last millisecond seen.
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  id.writeUIntBE(lastMs, 0, 6);
  id[6] = 0x70 | (sequence >> 8);
  id[7] = sequence & 0xff;
  id[8] = 0x80 | ((id[8] as number) & 0x3f);
  return id;
}

/** Unix milliseconds inside a version 7 id. */
export function idTime(id: Buffer): number {
  return id.readUIntBE(0, 6);
}

/** The smallest id of a millisecond: every id made at or after it is not smaller. */
export function firstIdAt(ms: number): string {
  const id = Buffer.alloc(16);
  id.writeUIntBE(Math.max(0, Math.min(ms, 2 ** 48 - 1)), 0, 6);
  id[6] = 0x70;
  id[8] = 0x80;
  return formatId(id);
}

export function formatId(id: Buffer): string {
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Prefixes of ids by the kind of object. Objects of other kinds have bare ids. */
const prefixes = { endpoint: 'ep_', event: 'evt_', attempt: 'att_', key: 'key_' } as const;
export type IdKind = keyof typeof prefixes;

/**
 * Returns the bare UUID of an id that may have a type prefix such as `evt_`. Returns undefined for any other text.
 * @param kind the only kind whose prefix is accepted. `null` accepts no prefix. Default: any of them
 */
export function parseId(text: string, kind?: IdKind | null): string | undefined {
  const taken = kind === undefined ? Object.values(prefixes) : kind === null ? [] : [prefixes[kind]];
  const prefix = taken.find((one) => text.startsWith(one)) ?? '';
  const bare = text.slice(prefix.length);
  return UUID.test(bare) ? bare.toLowerCase() : undefined;
}
