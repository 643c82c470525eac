import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import axios, { type AxiosInstance } from 'axios';

export const MAIN = join(__dirname, '../../dist/main.js');

/** Runs the built server in its own process, as a user would. */
export class ServerProcess {
  readonly lines: string[] = [];
  /** The chunks that it has written to standard error. */
  readonly errors: string[] = [];
  url = '';

  private constructor(
    readonly child: ChildProcess,
    readonly dataDirectory: string,
  ) {}

  static async start(
    env: Record<string, string>,
    dataDirectory = mkdtempSync(join(tmpdir(), 'paggio-server-')),
    program = MAIN,
  ): Promise<ServerProcess> {
    const child = ServerProcess.spawn(env, dataDirectory, program);
    const server = new ServerProcess(child, dataDirectory);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => server.errors.push(text));
    await new Promise<void>((done, fail) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        server.lines.push(line);
        const entry = JSON.parse(line) as { msg?: string; url?: string };
        if (entry.msg !== 'Paggio is up') return;
        server.url = entry.url as string;
        done();
      });
      child.once('exit', (code) => fail(new Error(`the server ended with ${code}: ${server.errors.join('')}`)));
    });
    return server;
  }

  /** Starts the process without waiting, because it may never come up. */
  static spawn(env: Record<string, string>, dataDirectory: string, program = MAIN): ChildProcess {
    return spawn(process.execPath, [program], {
      env: { PATH: process.env['PATH'], PORT: '0', PAGGIO_DATA_DIR: dataDirectory, LOG_FORMAT: 'json', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  get apiKey(): string {
    return readFileSync(join(this.dataDirectory, 'api-key'), 'utf8').trim();
  }

  /** A client of the management API. It does not throw on error statuses. */
  api(key = this.apiKey): AxiosInstance {
    return axios.create({ baseURL: this.url, validateStatus: () => true, headers: { authorization: `Bearer ${key}` } });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    const [code] = await exited;
    return code;
  }

  remove(): void {
    rmSync(this.dataDirectory, { recursive: true, force: true });
  }
}
