import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { SECRET } from './loader';

/** All servers on one database need the same key. */
const MASTER_KEY = createHash('sha256').update('bench').digest('base64');

export interface HookEndpoint {
  id: string;
  url: string;
}

/** The built reference server, a Nest host, in a process of its own. */
export class PaggioServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly directory: string,
  ) {}

  /** @param checkout folder of another built checkout of this repository, whose server runs instead */
  static async start(
    databaseUrl: string,
    directory: string,
    env: Record<string, string> = {},
    checkout?: string,
  ): Promise<PaggioServer> {
    const nodeArguments = (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean);
    const main =
      checkout === undefined
        ? require.resolve('@paggio/server/dist/main.js')
        : resolve(checkout, 'apps/server/dist/main.js');
    const child = spawn(process.execPath, [...nodeArguments, main], {
      env: {
        ...process.env,
        NODE_ENV: '',
        PORT: '0',
        DATABASE_URL: databaseUrl,
        PAGGIO_DATA_DIR: directory,
        PAGGIO_MASTER_KEY: MASTER_KEY,
        LOG_FORMAT: 'pretty',
        LOG_LEVEL: 'silent',
        // The highest limits that are possible. They are part of the path, but must not affect the measurement.
        PAGGIO_CAPTURE_RATE_LIMIT: '100000/1000000',
        PAGGIO_CAPTURE_RATE_LIMIT_PER_USER: '100000/1000000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const url = /API +(http:\S+)\/api\/v1/.exec(line)?.[1];
      if (url) {
        child.stdout?.resume();
        return new PaggioServer(child, url, directory);
      }
    }
    throw new Error('the server did not start');
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async createEndpoint(destinationUrl: string, settings: object = {}): Promise<HookEndpoint> {
    const created = await this.call<{ id: string; webhook_url: string }>('POST', '/api/v1/endpoints', {
      name: 'bench',
      destination_url: destinationUrl,
      concurrency: 64,
      verification: { provider: 'github', secrets: [SECRET] },
      ...settings,
    });
    return { id: created.id, url: created.webhook_url };
  }

  async setStatus(endpoint: HookEndpoint, status: 'ACTIVE' | 'PAUSED'): Promise<void> {
    await this.call('PATCH', `/api/v1/endpoints/${endpoint.id}`, { status });
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  async kill(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  private async call<T>(method: string, path: string, body: object): Promise<T> {
    const key = readFileSync(join(this.directory, 'api-key'), 'utf8').trim();
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
