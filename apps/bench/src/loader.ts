import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DELIVERY_ID, type LoadResult } from './load';
import type { LoadOrder } from './load-worker';
import { hookHeaders, type SteadyOrder } from './steady';

export const SECRET = 'benchmark secret';

/** Sends the requests, on a thread of its own. */
export class Loader {
  private readonly worker = new Worker(join(__dirname, 'load-worker.js'));

  /**
   * A closed loop: a connection sends its next request when the last one is answered.
   * @param settings `deliveryIds`: whether each request has an id, as those of most providers do. Default true
   */
  async closed(
    url: string,
    settings: { connections: number; bodyBytes: number; durationMs: number; deliveryIds?: boolean },
  ): Promise<LoadResult> {
    const { connections, durationMs, bodyBytes, deliveryIds = true } = settings;
    const body = JSON.stringify({ action: 'opened', padding: 'x'.repeat(Math.max(0, bodyBytes - 40)) });
    const headers = hookHeaders(SECRET, Buffer.from(body), deliveryIds ? DELIVERY_ID : undefined);
    return this.run({ kind: 'closed', url, headers, body, connections, durationMs });
  }

  async steady(urls: readonly string[], settings: Omit<SteadyOrder, 'kind' | 'urls' | 'secret'>): Promise<LoadResult> {
    return this.run({ kind: 'steady', urls, secret: SECRET, ...settings });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private async run(order: LoadOrder | SteadyOrder): Promise<LoadResult> {
    const answer = once(this.worker, 'message') as Promise<[LoadResult]>;
    this.worker.postMessage(order);
    return (await answer)[0];
  }
}
