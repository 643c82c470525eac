import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The server that shows a limit: it only receives, or with a destination also sends on. */
export class BareProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(destination?: string): Promise<BareProcess> {
    const child = fork(join(__dirname, 'bare-server.js'), destination === undefined ? [] : [destination]);
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new BareProcess(child, `http://127.0.0.1:${port}/hook`);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
