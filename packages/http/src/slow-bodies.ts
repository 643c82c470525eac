import { PaggioError } from '@paggio/core';

/** A body that arrives more slowly than this is not waited for. */
const BODY_TIMEOUT_MS = 30_000;

export interface Watched {
  since: number;
  expire: (error: PaggioError) => void;
}

/** One timer for all bodies on their way: a timer for each costs more than most bodies take to arrive. */
class SlowBodies {
  private readonly pending = new Set<Watched>();
  private timer: NodeJS.Timeout | undefined;

  /** Calls `expire` when the body is still on its way after about 30 s. */
  watch(expire: Watched['expire']): Watched {
    const watched = { since: performance.now(), expire };
    this.pending.add(watched);
    this.timer ??= setInterval(() => this.look(), BODY_TIMEOUT_MS / 10).unref();
    return watched;
  }

  forget(watched: Watched): void {
    this.pending.delete(watched);
  }

  private look(): void {
    const now = performance.now();
    for (const { since, expire } of [...this.pending]) {
      if (now - since >= BODY_TIMEOUT_MS * 0.9) expire(tooSlow());
    }
    if (this.pending.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

export const slowBodies = new SlowBodies();

function tooSlow(): PaggioError {
  return new PaggioError('BAD_REQUEST', 'The body did not arrive within 30 s', {
    hint: 'Send the whole body.',
    headers: [['connection', 'close']],
  });
}
