import { PaggioError } from '@paggio/core';

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_KEYED_BYTES = 64 * 1024 * 1024;
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** The part of one request. What is announced and has not come yet takes no memory. */
export interface BodyShare {
  /** @returns `UNAVAILABLE` when all bodies together, or those of one name, are too much, else null */
  take(bytes: number): PaggioError | null;
  /** To be called when the request is answered. */
  giveBack(): void;
}

/**
 * Bounds what bodies take together, however many senders there are. Those of one name may take as much as they leave
 * free, so at most half: there is room for the others.
 */
export class BodyMemory {
  private used = 0;
  private readonly byName = new Map<string, number>();

  constructor(private readonly max = MAX_BYTES) {}

  share(name: string): BodyShare {
    let taken = 0;
    const add = (bytes: number): number => {
      taken += bytes;
      this.used += bytes;
      const own = (this.byName.get(name) ?? 0) + bytes;
      if (own === 0) this.byName.delete(name);
      else this.byName.set(name, own);
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

/**
 * The memory for the bodies of one host, behind all of its doors. Each kind of request has a part of its own, so that
 * nothing which is done to the API takes the place of webhooks, nor the other way round.
 */
export class HostMemory {
  /** Webhooks that are being read or stored, by endpoint. */
  readonly webhooks = new BodyMemory();
  /** Requests of the API, the dashboard and signed ingest whose sender is known, by key, user or address. */
  readonly keyed = new BodyMemory(MAX_KEYED_BYTES);
  /** What has come of bodies that may turn out to be unwanted, by address. */
  readonly unread = new BodyMemory(MAX_UNREAD_BYTES);
}
