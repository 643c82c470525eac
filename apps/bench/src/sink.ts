import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The destination of every stack, in a process of its own. */
export class Sink {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<Sink> {
    const child = fork(join(__dirname, 'sink-server.js'));
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Sink(child, port);
  }

  url(path = '/in'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Starts the count again: of all requests, or only of those that carry the time when they were sent. */
  async reset(what: 'all' | 'timed' = 'all'): Promise<void> {
    await this.ask({ reset: what });
  }

  /** The requests since the reset. Latencies are in milliseconds. */
  async report(): Promise<{ count: number; latencies: number[] }> {
    return this.ask('report');
  }

  /** Resolves when this many requests have come since the reset, with the time of the last (`process.hrtime`). */
  async reached(until: number): Promise<bigint> {
    const { at } = await this.ask<{ at: string }>({ until });
    return BigInt(at);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  private async ask<T>(word: 'report' | { reset: 'all' | 'timed' } | { until: number }): Promise<T> {
    const answer = once(this.child, 'message') as Promise<[T]>;
    this.child.send(word);
    return (await answer)[0];
  }
}
