import { PaggioError } from '@paggio/core';

/** Each open stream is a connection, and reads the changes of its owner once a second. */
const MAX_OPEN = 20;

/** Counts the open event streams of each holder of a key, and of each user. */
export class Streams {
  private readonly open = new Map<string, number>();

  /**
   * Takes a place.
   * @returns what gives it back; further calls of it do nothing
   * @throws PaggioError `RATE_LIMITED`
   */
  take(holder: string): () => void {
    const before = this.open.get(holder) ?? 0;
    if (before >= MAX_OPEN) {
      throw new PaggioError('RATE_LIMITED', `There are ${MAX_OPEN} event streams open with this key or user`, {
        hint: 'Close one of them, or let its readers share one stream.',
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
