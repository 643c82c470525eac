import { join } from 'node:path';
import { ChildProcessHandle } from '../child-process-handle';
import { freePort } from '../free-port';
import type { Failpoint } from './failpoints';
import type { HostReport, HostSettings } from './host-process';

export interface GatewayStart {
  /** Is armed as soon as the process is ready. */
  failpoint?: Failpoint;
  /** Whether its clock can be set and its failpoints work. Default: true with a failpoint, else false. */
  instrumented?: boolean;
  /** The time zone of the process, such as `Asia/Kathmandu`. Default: that of the machine. */
  timezone?: string;
  /** The host process of another version. */
  hostFile?: string;
  /** Options of Node itself. */
  nodeArguments?: readonly string[];
}

/** A process of the gateway. It can be killed, and comes back at the same address. */
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

  /** Makes the process die or stop at this failpoint. It has to be instrumented. */
  arm(failpoint: Failpoint): void {
    this.running.send({ failpoint });
  }

  signal(signal: NodeJS.Signals): void {
    this.running.signal(signal);
  }

  /** From now on the clock of the process is wrong by this much. */
  stepClock(clockOffsetMs: number): void {
    this.running.send({ clockOffsetMs });
  }

  /** Blocks the event loop of the process for this long. */
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

  /** Stops the process in an orderly way. @returns the exit code */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return (await this.ended()).code;
  }

  private get running(): ChildProcessHandle {
    if (!this.child) throw new Error('the gateway was not started');
    return this.child;
  }
}
