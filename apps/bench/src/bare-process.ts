import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** One of the two servers that show a limit: `bare-server` only receives, `relay` also sends on. */
export class BareProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(program: 'bare-server' | 'relay', ...args: string[]): Promise<BareProcess> {
    const child = fork(join(__dirname, `${program}.js`), args);
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
