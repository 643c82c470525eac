import { join } from 'node:path';
import { ChildProcessHandle } from '../child-process-handle';
import { freePort } from '../free-port';
import type { Failpoint } from './failpoints';
import type { HostReport, HostSettings } from './host-process';

export interface GatewayStart {
  /** Armed as soon as it is ready. */
  failpoint?: Failpoint;
  /** Its clock can be set, and its failpoints are real. Default false, and true with a failpoint. */
  instrumented?: boolean;
  /** In which it lives, such as `Asia/Kathmandu`. Default: that of the machine. */
  timezone?: string;
  /** Of another version. */
  hostFile?: string;
  /** For Node itself. */
  nodeArguments?: readonly string[];
}

/** A process of the gateway that can be killed, and comes back at the same address. */
export class Gateway {
  private child: ChildProcessHandle | undefined;

  private constructor(
    private readonly settings: HostSettings,
    readonly base: string,
  ) {}

  static async at(settings: Omit<HostSettings, 'port'>): Promise<Gateway> {
    const port = await freePort();
    return new Gateway({ ...settings, port }, `http://127.0.0.1:${port}`);
  }

  get isAlive(): boolean {
    return this.child?.isAlive ?? false;
  }

  /** @throws when it ends before it listens */
  async start({
    failpoint,
    instrumented,
    timezone,
    hostFile = 'gateway/host-process.js',
    nodeArguments = [],
  }: GatewayStart = {}): Promise<void> {
    const preload = join(__dirname, '../../dist/gateway/preload.js');
    const isInstrumented = instrumented ?? failpoint !== undefined;
    this.child = await ChildProcessHandle.fork(hostFile, [JSON.stringify(this.settings)], {
      nodeArguments: [...nodeArguments, ...(isInstrumented ? ['--require', preload] : [])],
      env: timezone ? { TZ: timezone } : {},
    });
    if (failpoint) this.arm(failpoint);
  }

  /** It dies, or stands still, at this failpoint: it has to be instrumented. */
  arm(failpoint: Failpoint): void {
    this.running.send({ failpoint });
  }

  signal(signal: NodeJS.Signals): void {
    this.running.signal(signal);
  }

  /** Its clock is wrong by so much from now on. */
  stepClock(clockOffsetMs: number): void {
    this.running.send({ clockOffsetMs });
  }

  /** Its event loop does nothing else for so long. */
  block(ms: number): void {
    this.running.send({ blockMs: ms });
  }

  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.running.ended();
  }

  async report(): Promise<HostReport> {
    this.running.send('report');
    return (await this.running.message<{ report: HostReport }>('report')).report;
  }

  async kill(): Promise<void> {
    await this.child?.kill();
  }

  /** An orderly end. @returns the exit code */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return (await this.ended()).code;
  }

  private get running(): ChildProcessHandle {
    if (!this.child) throw new Error('the gateway was not started');
    return this.child;
  }
}
