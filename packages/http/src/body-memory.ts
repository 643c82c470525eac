import { PaggioError } from '@paggio/core';

/** Of all bodies that are being read or stored at the same time. What is announced and has not come yet takes no memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The part of one request. */
export interface BodyShare {
  /** @returns `UNAVAILABLE` when all bodies together, or those of one endpoint, are too much, else null */
  take(bytes: number): PaggioError | null;
  /** To be called when the request is answered. */
  giveBack(): void;
}

/**
 * Bounds what the bodies of one host take, however many senders there are. The bodies of one endpoint may take as much as
 * they leave free, so at most half: there is room for the others.
 */
export class BodyMemory {
  private used = 0;
  private readonly bySlug = new Map<string, number>();

  constructor(private readonly max = MAX_BYTES) {}

  share(slug: string): BodyShare {
    let taken = 0;
    const add = (bytes: number): number => {
      taken += bytes;
      this.used += bytes;
      const own = (this.bySlug.get(slug) ?? 0) + bytes;
      if (own === 0) this.bySlug.delete(slug);
      else this.bySlug.set(slug, own);
      return own;
    };
    return {
      take: (bytes) => {
        const own = add(bytes);
        const free = this.max - this.used;
        // A single body may be larger than half: its limit is another one.
        if (free >= 0 && (own <= free || own === taken)) return null;
        return new PaggioError('UNAVAILABLE', 'Too many bodies are on their way', {
          hint: 'Send the request again.',
          retryAfterSeconds: 5,
          headers: [['connection', 'close']],
        });
      },
      giveBack: () => void add(-taken),
    };
  }
}
