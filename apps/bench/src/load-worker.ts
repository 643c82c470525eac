import { parentPort } from 'node:worker_threads';
import { buildRequest, load } from './load';

export interface LoadOrder {
  url: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  durationMs: number;
}

parentPort?.on('message', (order: LoadOrder) => {
  const url = new URL(order.url);
  const request = buildRequest(url, order.headers, Buffer.from(order.body));
  void load(url, request, order.connections, order.durationMs).then((result) => parentPort?.postMessage(result));
});
