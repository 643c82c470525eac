import { join } from 'node:path';
import { ChildProcessHandle } from '../child-process-handle';
import type { Hold, Profile, RecorderReport } from './recorder-order';

/** The destination, in a process of its own. It records every complete request and its answer. */
export class Recorder {
  private constructor(
    private readonly child: ChildProcessHandle,
    readonly logPath: string,
    private readonly port: number,
  ) {}

  static async start(directory: string, seed: number): Promise<Recorder> {
    const logPath = join(directory, 'received.log');
    let port = 0;
    const child = await ChildProcessHandle.fork('recorder/recorder-process.js', [logPath, String(seed)], {
      onMessage: (message) => ({ port } = message as { port: number }),
    });
    return new Recorder(child, logPath, port);
  }

  url(profile: Profile): string {
    return `http://127.0.0.1:${this.port}/${profile}`;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  /** Holds one request, and resolves when it has reached that point. */
  async hold(hold: Hold): Promise<void> {
    this.child.send({ hold });
    await this.child.message('held');
  }

  setDown(down: boolean): void {
    this.child.send({ down });
  }

  async report(): Promise<RecorderReport> {
    this.child.send('report');
    return (await this.child.message<{ report: RecorderReport }>('report')).report;
  }

  async close(): Promise<void> {
    await this.child.kill();
  }
}
