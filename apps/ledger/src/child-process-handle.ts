import { fork, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';

/** Processes run the built files, even if this file runs from its source. */
const BUILT = join(__dirname, '../dist');

export interface ForkOptions {
  env?: Record<string, string>;
  /** Options of Node itself. */
  nodeArguments?: string[];
  /** Gets every message that nobody waits for. */
  onMessage?: (message: unknown) => void;
}

/** A process of the ledger. It sends messages: objects with one key each, or strings. */
export class ChildProcessHandle {
  private readonly waiting: { key: string; done: (message: unknown) => void }[] = [];
  private readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly onMessage: (message: unknown) => void = () => undefined,
  ) {
    child.on('message', (message) => this.take(message));
    // A message to a process that is just dying fails.
    child.on('error', () => undefined);
    this.exit = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  }

  /**
   * Starts one of the built files and waits until it says `ready`.
   * @throws when it ends before that
   */
  static async fork(file: string, args: readonly string[], options: ForkOptions = {}): Promise<ChildProcessHandle> {
    const child = fork(resolve(BUILT, file), args, {
      execArgv: options.nodeArguments ?? [],
      env: { ...process.env, ...options.env },
    });
    const handle = new ChildProcessHandle(child, options.onMessage);
    const died = handle.exit.then(({ code, signal }) => {
      throw new Error(`${file} ended with ${signal ?? code} before it was ready`);
    });
    await Promise.race([handle.message('ready'), died]);
    died.catch(() => undefined);
    return handle;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  send(message: object | string): void {
    if (this.isAlive) this.child.send(message, () => undefined);
  }

  /** Resolves with the next message that is this string or has this key. */
  message<Message>(key: string): Promise<Message> {
    return new Promise((done) => this.waiting.push({ key, done: done as (message: unknown) => void }));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the process has ended, for any reason. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.exit;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private take(message: unknown): void {
    const index = this.waiting.findIndex(({ key }) =>
      typeof message === 'string' ? message === key : Object.hasOwn(message as object, key),
    );
    if (index < 0) this.onMessage(message);
    else this.waiting.splice(index, 1)[0]?.done(message);
  }
}
