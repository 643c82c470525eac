import { createHash } from 'node:crypto';
import type { ErrorDetail } from '../errors';

/** The keys that secrets are encrypted with at rest, 32 bytes each. */
export interface MasterKeys {
  /** The key that encrypts. It also decrypts values that it has encrypted. */
  current: Buffer;
  /** Keys that only decrypt. */
  previous: readonly Buffer[];
}

/** The names of the options or environment variables that hold the keys, for messages. */
export interface MasterKeyNames {
  current: string;
  previous: string;
}

/** Reads exactly 32 bytes from a Buffer, or from hex or base64 text. Returns undefined for anything else. */
export function masterKeyOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value.length === 32 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  if (/^[0-9a-f]{64}$/i.test(value)) return Buffer.from(value, 'hex');
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === 32 && bytes.toString('base64').replace(/={1,2}$/, '') === value.replace(/={1,2}$/, '')
    ? bytes
    : undefined;
}

/** A short name for a key, 8 characters of base64url. It says nothing about the key itself and may be shown. */
export function masterKeyId(key: Buffer): string {
  return createHash('sha256').update('paggio key id').update(key).digest('base64url').slice(0, 8);
}

/** Fewer than one in 10^20 random keys of 32 bytes have fewer distinct bytes than this. */
const MIN_DISTINCT_BYTES = 12;

/** Whether a key has an obvious pattern: a repeated byte, a count, or a repeated short sequence. */
export function isGuessableKey(key: Buffer): boolean {
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff;
  const counts = key.every((byte, index) => index === 0 || ((byte - (key[index - 1] as number)) & 0xff) === step);
  const half = key.length / 2;
  return counts || new Set(key).size < MIN_DISTINCT_BYTES || key.subarray(0, half).equals(key.subarray(half));
}

/**
 * Checks the current master key and the previous ones. A guessable key is always accepted among the previous ones,
 * because an installation that was set up with one needs it to change to a better one.
 * @param previous a list, or undefined for none
 * @param guessable whether the current key may be one that anybody can guess
 * @returns the keys, or one detail for every mistake
 */
export function readMasterKeys(
  current: unknown,
  previous: unknown,
  names: MasterKeyNames,
  guessable: 'refused' | 'accepted',
): MasterKeys | ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const fail = (field: string, message: string): void => void problems.push({ field, message });
  const key = masterKeyOf(current);
  if (!key) fail(names.current, `${names.current} must be exactly 32 bytes, as base64 or hex (${MAKE_ONE}).`);
  else if (guessable === 'refused' && isGuessableKey(key)) {
    fail(
      names.current,
      `${names.current} is a key that anybody can guess. Make a new one with ${MAKE_ONE}; if secrets are stored under the old one, set it as ${names.previous} and run paggio rotate-master-key.`,
    );
  }
  const list = previous ?? [];
  if (!Array.isArray(list)) fail(names.previous, `${names.previous} must be a list of master keys.`);
  const keys: Buffer[] = [];
  for (const [index, value] of (Array.isArray(list) ? list : []).entries()) {
    const which = `${names.previous}: key ${index + 1}`;
    const one = masterKeyOf(value);
    if (!one) fail(names.previous, `${which} must be exactly 32 bytes, as base64 or hex.`);
    else if (key && one.equals(key)) fail(names.previous, `${which} is the current one, ${names.current}.`);
    else if (keys.some((other) => other.equals(one))) fail(names.previous, `${which} is listed twice.`);
    else keys.push(one);
  }
  return key && problems.length === 0 ? { current: key, previous: keys } : problems;
}

const MAKE_ONE = 'openssl rand -base64 32';
