import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SinkWord } from './sink-server';

/** The destination of every stack, in a process of its own. */
export class Sink {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(): Promise<Sink> {
    const child = fork(join(__dirname, 'sink-server.js'));
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Sink(child, port);
  }

  /** `/hang` accepts requests and never answers; `/fail` answers 500. */
  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /**
   * A path of its own for each stack, so that a late delivery of one never counts for another. `/slow/` answers after
   * 300 ms.
   */
  at(path: `/in/${string}` | `/slow/${string}`): SinkPath {
    return new SinkPath(this.url(path), <T>(word: object) => this.ask<T>({ path, ...word } as SinkWord));
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  private async ask<T>(word: SinkWord): Promise<T> {
    const answer = once(this.child, 'message') as Promise<[T]>;
    this.child.send(word);
    return (await answer)[0];
  }
}

export class SinkPath {
  constructor(
    readonly url: string,
    private readonly ask: <T>(word: object) => Promise<T>,
  ) {}

  /** Starts the count again: of all requests, or only of the first that carries a certain time of sending. */
  async reset(what: 'all' | 'timed' = 'all'): Promise<void> {
    await this.ask({ reset: what });
  }

  /** The requests since the reset. Latencies are in milliseconds. */
  async report(): Promise<{ count: number; latencies: number[] }> {
    return this.ask({ report: true });
  }

  /** Resolves when this many requests have come since the reset, with the time of the last (`process.hrtime`). */
  async reached(until: number): Promise<bigint> {
    const { at } = await this.ask<{ at: string }>({ until });
    return BigInt(at);
  }
}
