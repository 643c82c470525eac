import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = `
  const { startEmbeddedDatabase } = require(process.argv[1]);
  const user = Number(process.argv[3]);
  if (user) {
    process.setgroups([]);
    process.setgid(user);
    process.setuid(user);
  }
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  const restarted = (error) => say({ restarted: error === null ? true : error.message });
  startEmbeddedDatabase({ directory: process.argv[2], durable: false, restarted }).then(
    (database) => {
      process.once('SIGTERM', () => database.stop().then(() => process.exit(0)));
      setInterval(() => {}, 60_000);
      say({ pid: database.pid, url: database.url, superuserUrl: database.superuserUrl, adopted: database.adopted });
      process.stdin.on('data', () => say({ pid: database.pid })).unref();
    },
    (error) => say({ failed: error.message, hint: error.hint ?? error.stack }),
  );`;

export interface Message {
  pid?: number;
  url?: string;
  superuserUrl?: string;
  adopted?: boolean;
  restarted?: true | string;
  failed?: string;
  hint?: string;
}

/** A separate process that uses the embedded database through the built package. */
export class MemberProcess {
  readonly messages: Message[] = [];
  private waiting: (() => void)[] = [];

  private constructor(readonly child: ChildProcess) {}

  /**
   * @param user the id of the user and group that the process switches to after loading the package, which only the
   *   user of the tests may be able to read. Needs the right to switch users. Default: the user of the tests.
   */
  static spawn(directory: string, user?: number): MemberProcess {
    const program = ['-e', PROGRAM, join(__dirname, '../../dist/index.js'), directory, String(user ?? '')];
    const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const member = new MemberProcess(child);
    const wake = (): void => member.waiting.splice(0).forEach((done) => done());
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      member.messages.push(JSON.parse(line) as Message);
      wake();
    });
    child.once('exit', wake);
    return member;
  }

  static async start(directory: string): Promise<MemberProcess> {
    const member = MemberProcess.spawn(directory);
    const first = await member.message(0);
    if (first.failed !== undefined) throw new Error(`${first.failed} ${first.hint}`);
    return member;
  }

  /** Waits for the message with this index. */
  async message(index: number): Promise<Message> {
    while (this.messages.length <= index) {
      if (this.ended) throw new Error('the process ended without another message');
      await new Promise<void>((done) => this.waiting.push(done));
    }
    return this.messages[index] as Message;
  }

  get url(): string {
    return this.messages[0]?.url as string;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (!this.ended) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  private get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
