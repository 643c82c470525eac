import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerSize, buildRequest, type LoadResult } from './load';

export interface SteadyOrder {
  kind: 'steady';
  /** Used in turn. */
  urls: readonly string[];
  secret: string;
  bodyBytes: number;
  ratePerSecond: number;
  durationMs: number;
}

const TICK_MS = 2;

/**
 * An open loop: requests leave at their rate, however long the answers take. Each body carries the time when it was
 * sent, by the clock that all processes of a machine share, so that the destination knows how long the event was under
 * way.
 */
export async function steady(order: SteadyOrder): Promise<LoadResult> {
  const pools = order.urls.map((url) => new Connections(new URL(url)));
  const answers: Promise<number | null>[] = [];
  const startedAt = performance.now();
  for (;;) {
    const elapsed = performance.now() - startedAt;
    const due = Math.min(elapsed, order.durationMs) * (order.ratePerSecond / 1000);
    while (answers.length < due) {
      const pool = pools[answers.length % pools.length] as Connections;
      answers.push(pool.send(message(pool.url, order)));
    }
    if (elapsed >= order.durationMs) break;
    await sleep(TICK_MS);
  }
  const results = await Promise.all(answers);
  const seconds = (performance.now() - startedAt) / 1000;
  for (const pool of pools) pool.close();
  const latencies = results.filter((latency) => latency !== null).sort((a, b) => a - b);
  return { completed: latencies.length, failed: results.length - latencies.length, seconds, latencies };
}

function message(url: URL, { secret, bodyBytes }: SteadyOrder): Buffer {
  const at = `{"at":"${process.hrtime.bigint()}","action":"opened","padding":"`;
  const body = Buffer.from(`${at}${'x'.repeat(Math.max(0, bodyBytes - at.length - 2))}"}`);
  return buildRequest(url, hookHeaders(secret, body, randomUUID()), body);
}

/** Headers and signature like GitHub's. With a delivery id, Paggio looks for duplicates. */
export function hookHeaders(secret: string, body: Buffer, deliveryId: string | undefined): Record<string, string> {
  return {
    ...(deliveryId === undefined ? {} : { 'X-GitHub-Delivery': deliveryId }),
    'Content-Type': 'application/json',
    'User-Agent': 'GitHub-Hookshot/0000000',
    'X-GitHub-Event': 'issues',
    'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

class Connections {
  private readonly idle: Socket[] = [];
  private readonly all = new Set<Socket>();

  constructor(readonly url: URL) {}

  /** Milliseconds until the answer, or null when it was not a 200. */
  send(request: Buffer): Promise<number | null> {
    let socket = this.idle.pop();
    // A server that was killed has closed them.
    while (socket?.destroyed) socket = this.idle.pop();
    return this.sendOver(socket ?? this.open(), request);
  }

  private sendOver(socket: Socket, request: Buffer): Promise<number | null> {
    const sentAt = performance.now();
    socket.write(request);
    return new Promise((done) => {
      let pending: Buffer = Buffer.alloc(0);
      const take = (chunk: Buffer): void => {
        pending = Buffer.concat([pending, chunk]);
        const size = answerSize(pending);
        if (size === undefined || pending.length < size) return;
        socket.off('data', take);
        this.idle.push(socket);
        done(pending.toString('latin1', 9, 12) === '200' ? performance.now() - sentAt : null);
      };
      socket.on('data', take);
      socket.once('close', () => done(null));
    });
  }

  close(): void {
    for (const socket of this.all) socket.destroy();
  }

  private open(): Socket {
    const socket = connect({ host: this.url.hostname, port: Number(this.url.port), noDelay: true });
    socket.on('error', () => undefined);
    socket.setMaxListeners(0);
    this.all.add(socket);
    return socket;
  }
}
