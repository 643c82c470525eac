import { PaggioError } from '@paggio/core';

/** Of all bodies that are being read or stored at the same time. What is announced and has not come yet takes no memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The part of one request. */
export interface BodyShare {
  /** @returns `UNAVAILABLE` when all bodies together are too much, else null */
  take(bytes: number): PaggioError | null;
  /** To be called when the request is answered. */
  giveBack(): void;
}

/** Bounds what the bodies of one host take, however many senders there are. */
export class BodyMemory {
  private used = 0;

  constructor(private readonly max = MAX_BYTES) {}

  share(): BodyShare {
    let taken = 0;
    return {
      take: (bytes) => {
        taken += bytes;
        this.used += bytes;
        if (this.used <= this.max) return null;
        return new PaggioError('UNAVAILABLE', 'Too many bodies are on their way', {
          hint: 'Send the request again.',
          retryAfterSeconds: 5,
          headers: [['connection', 'close']],
        });
      },
      giveBack: () => {
        this.used -= taken;
        taken = 0;
      },
    };
  }
}
