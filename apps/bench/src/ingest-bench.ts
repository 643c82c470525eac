import { fork, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { startEmbeddedDatabase } from '@paggio/embedded-database';
import { Client } from 'pg';
import type { LoadResult } from './load';
import type { LoadOrder } from './load-worker';
import { median, percentile } from './statistics';

const SECRET = 'benchmark secret';

export interface IngestSettings {
  rounds: number;
  roundMs: number;
  connections: number;
  bodyBytes: number;
}

export interface Figure {
  name: string;
  /** Requests per second of each round. */
  rounds: number[];
  median: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

export interface IngestResult {
  settings: IngestSettings;
  bare: Figure;
  paggio: Figure;
  ratio: number;
  acknowledged: number;
  stored: number;
  database: string;
}

/**
 * Durable ingest through the built reference server (a Nest host), beside a bare `node:http` server that checks the same
 * HMAC and stores nothing. Rounds alternate, so that both see the same weather.
 */
export async function benchIngest(settings: IngestSettings): Promise<IngestResult> {
  const directory = mkdtempSync(join(tmpdir(), 'paggio-bench-'));
  const database = await startEmbeddedDatabase({ directory });
  const children: ChildProcess[] = [];
  const worker = new Worker(join(__dirname, 'load-worker.js'));
  try {
    const bareUrl = await startBare(children);
    const server = await startServer(children, database.url, directory);
    // Paused: event and delivery rows are written, and no delivery competes for the processor.
    const webhookUrl = await createEndpoint(server, readFileSync(join(directory, 'api-key'), 'utf8').trim());

    const body = JSON.stringify({ action: 'opened', padding: 'x'.repeat(Math.max(0, settings.bodyBytes - 40)) });
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': 'GitHub-Hookshot/0000000',
      'X-GitHub-Event': 'issues',
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    };
    const order = (url: string, durationMs: number): LoadOrder => ({
      url,
      headers,
      body,
      connections: settings.connections,
      durationMs,
    });
    let acknowledged = 0;
    const results: Record<'bare' | 'paggio', LoadResult[]> = { bare: [], paggio: [] };
    const targets = [
      ['bare', bareUrl],
      ['paggio', webhookUrl],
    ] as const;
    for (const [name, url] of targets) {
      const warmUp = await run(worker, order(url, 1_000));
      if (name === 'paggio') acknowledged += warmUp.completed;
    }
    for (let round = 0; round < settings.rounds; round++) {
      for (const [name, url] of round % 2 === 0 ? targets : [...targets].reverse()) {
        const result = await run(worker, order(url, settings.roundMs));
        results[name].push(result);
        if (name === 'paggio') acknowledged += result.completed;
      }
    }
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ stored: number; deliveries: number; version: string }>(
      `select (select count(*)::int from paggio.events) as stored, (select count(*)::int from paggio.deliveries) as deliveries, version() as version`,
    );
    await client.end();
    const bare = figure('bare node:http + HMAC, nothing stored', results.bare);
    const paggio = figure('Paggio in a Nest host, 200 after COMMIT', results.paggio);
    const row = rows[0] as { stored: number; deliveries: number; version: string };
    if (row.stored !== row.deliveries) throw new Error(`${row.stored} events but ${row.deliveries} deliveries`);
    return {
      settings,
      bare,
      paggio,
      ratio: median(paggio.rounds.map((rate, n) => rate / (bare.rounds[n] as number))),
      acknowledged,
      stored: row.stored,
      database: row.version,
    };
  } finally {
    await worker.terminate();
    for (const child of children) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function figure(name: string, results: readonly LoadResult[]): Figure {
  const latencies = results.flatMap((result) => result.latencies).sort((a, b) => a - b);
  const rounds = results.map((result) => Math.round(result.completed / result.seconds));
  return {
    name,
    rounds,
    median: median(rounds),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  };
}

async function run(worker: Worker, order: LoadOrder): Promise<LoadResult> {
  const answer = once(worker, 'message') as Promise<[LoadResult]>;
  worker.postMessage(order);
  return (await answer)[0];
}

async function startBare(children: ChildProcess[]): Promise<string> {
  const child = fork(join(__dirname, 'bare-server.js'));
  children.push(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return `http://127.0.0.1:${port}/hook`;
}

async function startServer(children: ChildProcess[], databaseUrl: string, directory: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      ...(process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean),
      require.resolve('@paggio/server/dist/main.js'),
    ],
    {
      env: {
        ...process.env,
        NODE_ENV: '',
        PORT: '0',
        DATABASE_URL: databaseUrl,
        PAGGIO_DATA_DIR: directory,
        LOG_FORMAT: 'pretty',
        LOG_LEVEL: 'silent',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const url = /API +(http:\S+)\/api\/v1/.exec(line)?.[1];
    if (url) {
      child.stdout?.resume();
      return url;
    }
  }
  throw new Error('the server did not start');
}

async function createEndpoint(server: string, key: string): Promise<string> {
  const call = async (method: string, path: string, body: object): Promise<{ id: string; webhook_url: string }> => {
    const answer = await fetch(server + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string; webhook_url: string };
  };
  const created = await call('POST', '/api/v1/endpoints', {
    name: 'bench',
    destination_url: 'http://127.0.0.1:9/',
    verification: { provider: 'github', secrets: [SECRET] },
  });
  await call('PATCH', `/api/v1/endpoints/${created.id}`, { status: 'PAUSED' });
  return created.webhook_url;
}
