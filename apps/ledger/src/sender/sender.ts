import { join } from 'node:path';
import { ChildProcessHandle } from '../child-process-handle';
import type { SendOrder, SendReport } from './send-order';

/** Sends messages from a process of its own. */
export class Sender {
  private done: Promise<SendReport> | undefined;

  private constructor(
    private readonly child: ChildProcessHandle,
    readonly ledgerPath: string,
  ) {}

  static async start(directory: string): Promise<Sender> {
    const ledgerPath = join(directory, 'acknowledged.log');
    const child = await ChildProcessHandle.fork('sender/sender-process.js', [ledgerPath]);
    return new Sender(child, ledgerPath);
  }

  /** Begins to send. Only one order may run at a time. */
  begin(order: SendOrder): void {
    this.child.send({ start: order });
    this.done = this.child.message<{ done: SendReport }>('done').then(({ done }) => done);
  }

  /** The figures so far. */
  async report(): Promise<SendReport> {
    this.child.send('report');
    return (await this.child.message<{ report: SendReport }>('report')).report;
  }

  /** Resolves when every message of the order has been acknowledged or given up. */
  end(): Promise<SendReport> {
    if (!this.done) throw new Error('nothing was begun');
    return this.done;
  }

  /** Sends no further messages, and waits for those under way. */
  stop(): Promise<SendReport> {
    this.child.send('stop');
    return this.end();
  }

  async send(order: SendOrder): Promise<SendReport> {
    this.begin(order);
    return this.end();
  }

  async close(): Promise<void> {
    await this.child.kill();
  }
}
