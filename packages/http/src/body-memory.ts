import { PaggioError } from '@paggio/core';

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_KEYED_BYTES = 64 * 1024 * 1024;
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** The memory that the body of one request takes. Bytes that have not arrived yet do not count. */
export interface BodyShare {
  /** @returns `UNAVAILABLE` when all bodies together, or those of one name, take too much memory; otherwise null */
  take(bytes: number): PaggioError | null;
  /** Frees the memory. Call it when the request is answered. */
  giveBack(): void;
}

/**
 * Bounds the memory of all bodies together. The bodies of one name may take at most as much as they leave free. That is
 * half of the memory or less, so there is room for others.
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
        // A single body may be larger than half, because the body limit bounds it already.
        if (free >= 0 && (own <= free || own === taken)) return null;
        return new PaggioError('UNAVAILABLE', 'Too many request bodies in flight', {
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
 * The memory for the bodies of one host, shared by all handlers that use the same `Api`. Each kind of request has its
 * own part, so a flood of API requests leaves the memory for webhooks free, and the other way round.
 */
export class HostMemory {
  /** Webhooks that are being read or stored, by endpoint. */
  readonly webhooks = new BodyMemory();
  /** Requests of the API, the dashboard and signed ingest whose sender is known, by key, user or address. */
  readonly keyed = new BodyMemory(MAX_KEYED_BYTES);
  /** The received parts of bodies whose sender is not known yet, by address. */
  readonly unread = new BodyMemory(MAX_UNREAD_BYTES);
}
