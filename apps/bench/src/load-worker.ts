import { parentPort } from 'node:worker_threads';
import { buildRequest, load } from './load';
import { steady, type SteadyOrder } from './steady';

export interface LoadOrder {
  kind: 'closed';
  url: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  durationMs: number;
}

parentPort?.on('message', (order: LoadOrder | SteadyOrder) => {
  const done =
    order.kind === 'steady'
      ? steady(order)
      : load(
          new URL(order.url),
          buildRequest(new URL(order.url), order.headers, Buffer.from(order.body)),
          order.connections,
          order.durationMs,
        );
  void done.then((result) => parentPort?.postMessage(result));
});
