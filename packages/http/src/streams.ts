import { PaggioError } from '@paggio/core';

/** Streams that one key or user may have open. Each takes a connection, and reads the changes of its owner once a second. */
const MAX_OPEN = 20;

/** Limits the open event streams of each key, and of each user without a key. */
export class Streams {
  private readonly open = new Map<string, number>();

  /**
   * Counts a stream as open.
   * @returns a function that counts it as closed; calling it again does nothing
   * @throws PaggioError `RATE_LIMITED`
   */
  take(holder: string): () => void {
    const before = this.open.get(holder) ?? 0;
    if (before >= MAX_OPEN) {
      throw new PaggioError('RATE_LIMITED', `This key or user already has ${MAX_OPEN} event streams open`, {
        hint: 'Close one of them, or let several readers share one stream.',
        retryAfterSeconds: 5,
      });
    }
    this.open.set(holder, before + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const now = (this.open.get(holder) ?? 1) - 1;
      if (now === 0) this.open.delete(holder);
      else this.open.set(holder, now);
    };
  }
}
