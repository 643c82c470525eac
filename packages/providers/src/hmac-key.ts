import { createHash, hash as hashOnce, type BinaryToTextEncoding } from 'node:crypto';

/**
 * `md5` is for old senders that are set up as `custom`. MD5 has known collisions, but HMAC-MD5 has no known forgery.
 */
export type HmacAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

const BLOCK_BYTES: Readonly<Record<HmacAlgorithm, number>> = {
  md5: 64,
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * Longer texts are hashed part by part. The bytes of the last short text stay here, as those of a request stay in the
 * memory of its parser.
 */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * HMAC (RFC 2104) with one key that is used again and again. Two hashes in one call each take two thirds of the time of
 * `createHmac`, which makes an object outside V8's heap for every text.
 */
export class HmacKey {
  private readonly inner: Buffer;
  /** The block of the outer hash, and space for the digest of the inner one. */
  private readonly outer: Buffer;

  constructor(
    private readonly algorithm: HmacAlgorithm,
    key: Buffer,
  ) {
    const size = BLOCK_BYTES[algorithm];
    const short = key.length > size ? hashOnce(algorithm, key, 'buffer') : key;
    this.inner = Buffer.alloc(size, INNER_PAD);
    this.outer = Buffer.alloc(size + hashOnce(algorithm, '', 'buffer').length, OUTER_PAD);
    for (const [at, byte] of short.entries()) {
      this.inner[at] = byte ^ INNER_PAD;
      this.outer[at] = byte ^ OUTER_PAD;
    }
  }

  /** The HMAC of the parts one after the other. Texts are UTF-8. */
  digest(encoding: BinaryToTextEncoding, ...parts: readonly (string | Buffer)[]): string {
    let used = this.inner.copy(scratch);
    for (const [at, part] of parts.entries()) {
      // A character takes at most three bytes for each unit of its length.
      const most = typeof part === 'string' ? part.length * 3 : part.length;
      if (used + most > scratch.length) return this.finish(encoding, this.longInner(used, parts.slice(at)));
      used += typeof part === 'string' ? scratch.write(part, used) : part.copy(scratch, used);
    }
    return this.finish(encoding, hashOnce(this.algorithm, scratch.subarray(0, used), 'binary'));
  }

  private longInner(used: number, rest: readonly (string | Buffer)[]): string {
    const hash = createHash(this.algorithm).update(scratch.subarray(0, used));
    for (const part of rest) hash.update(part);
    return hash.digest('binary');
  }

  private finish(encoding: BinaryToTextEncoding, inner: string): string {
    this.outer.write(inner, this.inner.length, 'latin1');
    return hashOnce(this.algorithm, this.outer, encoding);
  }
}
