import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The system's Redis with an append-only file, in a directory of its own. */
export class Redis {
  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    readonly port: number,
  ) {}

  /** @returns null when there is no `redis-server` on this machine */
  static async start(fsync: 'always' | 'everysec'): Promise<Redis | null> {
    const directory = mkdtempSync(join(tmpdir(), 'paggio-bench-redis-'));
    const port = await freePort();
    const child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--appendfsync', fsync, '--save', ''],
      { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const redis = new Redis(child, directory, port);
    const up = await new Promise<boolean>((done) => {
      child.once('error', () => done(false));
      child.stdout.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) done(true);
      });
      child.once('exit', () => done(false));
    });
    if (up) return redis;
    rmSync(directory, { recursive: true, force: true });
    return null;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
