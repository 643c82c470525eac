/** Chunks of this size or more are kept as they are. Smaller ones are copied into blocks. */
const LARGE = 8 * 1024;
const FIRST_BLOCK = 1024;
const LARGEST_BLOCK = 64 * 1024;

/**
 * Bytes that arrive in chunks. A buffer of one byte takes hundreds of bytes of memory, so the chunks of a body that is
 * sent byte by byte must not be kept.
 */
export class Chunks {
  size = 0;
  private readonly parts: Uint8Array[] = [];
  private block: Buffer | undefined;
  private filled = 0;

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.size += chunk.length;
    // Most bodies are a single chunk.
    if (chunk.length >= LARGE || this.size === chunk.length) {
      this.close();
      this.parts.push(chunk);
      return;
    }
    let rest = chunk;
    while (rest.length > 0) {
      this.block ??= Buffer.allocUnsafeSlow(Math.min(Math.max(this.size, FIRST_BLOCK), LARGEST_BLOCK));
      const taken = rest.subarray(0, this.block.length - this.filled);
      this.block.set(taken, this.filled);
      this.filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.filled === this.block.length) this.close();
    }
  }

  /** All bytes. A single chunk is returned without a copy. */
  join(): Buffer {
    this.close();
    const [first] = this.parts;
    if (this.parts.length !== 1 || first === undefined) return Buffer.concat(this.parts, this.size);
    return Buffer.isBuffer(first) ? first : Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  }

  private close(): void {
    if (this.block) this.parts.push(this.block.subarray(0, this.filled));
    this.block = undefined;
    this.filled = 0;
  }
}
