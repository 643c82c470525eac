import type { HandlerContext, HandlerTransaction, RegisteredHandler } from './handler';
import type { WebhookEvent } from './webhook-event';

/**
 * How a call of a handler ended. `abandoned` means that it did not end when its signal was aborted, and may still run.
 */
export type CallEnd =
  | { kind: 'returned' }
  | { kind: 'threw'; error: unknown; timedOut: boolean }
  | { kind: 'abandoned'; timedOut: boolean };

/** One call of a handler, with a time limit. `run` never throws, whatever the handler does. */
export class HandlerCall {
  private readonly controller = new AbortController();
  private timedOut = false;

  /** @param abandonAfterMs how long a handler has to end by itself after its signal was aborted */
  constructor(private readonly abandonAfterMs: number) {}

  /** Tells the handler to end. */
  abort(reason: string): void {
    if (!this.controller.signal.aborted) this.controller.abort(new Error(reason));
  }

  async run(
    { handle }: RegisteredHandler,
    event: WebhookEvent,
    context: Omit<HandlerContext<HandlerTransaction | undefined>, 'signal'>,
    timeoutMs: number,
  ): Promise<CallEnd> {
    const { signal } = this.controller;
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.abort(`The handler did not end within ${timeoutMs / 1000} s`);
    }, timeoutMs);
    let abandoning: NodeJS.Timeout | undefined;
    const abandoned = new Promise<CallEnd>((done) => {
      const wait = (): void => {
        const { timedOut } = this;
        abandoning = setTimeout(() => done({ kind: 'abandoned', timedOut }), this.abandonAfterMs);
      };
      if (signal.aborted) wait();
      else signal.addEventListener('abort', wait, { once: true });
    });
    try {
      return await Promise.race([this.call(() => handle(event, { ...context, signal })), abandoned]);
    } finally {
      clearTimeout(timer);
      clearTimeout(abandoning);
    }
  }

  private async call(work: () => unknown): Promise<CallEnd> {
    try {
      await work();
      // The work is done, even if it ended after the signal was aborted.
      return { kind: 'returned' };
    } catch (error) {
      return { kind: 'threw', error, timedOut: this.timedOut };
    }
  }
}
