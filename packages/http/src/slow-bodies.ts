import { PaggioError, type PaggioHost } from '@paggio/core';

/** While the host stops, bodies get only this long, because its server closes only after the last request is answered. */
const ENDING_TIMEOUT_MS = 1_000;
const LOOK_EVERY_MS = 1_000;

/** The host that a body is for. */
export type BodyHost = Pick<PaggioHost, 'isEnding' | 'bodyMs'>;

export interface Watched {
  since: number;
  host: BodyHost;
  expire: (error: PaggioError) => void;
}

/** Ends requests whose body arrives too slowly. All bodies share one timer, because most arrive faster than a timer is set. */
class SlowBodies {
  private readonly pending = new Set<Watched>();
  private timer: NodeJS.Timeout | undefined;

  /** Calls `expire` when the body has not arrived in the time that the host gives, or after about 1 s while the host stops. */
  watch(host: BodyHost, expire: Watched['expire']): Watched {
    const watched = { since: performance.now(), host, expire };
    this.pending.add(watched);
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return watched;
  }

  forget(watched: Watched): void {
    this.pending.delete(watched);
  }

  private look(): void {
    const now = performance.now();
    for (const { since, host, expire } of [...this.pending]) {
      if (now - since >= host.bodyMs) expire(tooSlow(host.bodyMs));
      else if (host.isEnding && now - since >= ENDING_TIMEOUT_MS) expire(ending());
    }
    if (this.pending.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

export const slowBodies = new SlowBodies();

function tooSlow(limitMs: number): PaggioError {
  return new PaggioError('BAD_REQUEST', `The body did not arrive within ${limitMs / 1_000} s`, {
    hint: 'Send the whole body in time.',
    headers: [['connection', 'close']],
  });
}

function ending(): PaggioError {
  return new PaggioError('UNAVAILABLE', 'The server is stopping before the whole body has arrived', {
    hint: 'Send the request again.',
    retryAfterSeconds: 5,
    headers: [['connection', 'close']],
  });
}
