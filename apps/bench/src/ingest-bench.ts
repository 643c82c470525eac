import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadResult } from './load';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { median, percentile } from './statistics';
import { Workspace } from './workspace';

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
 * Compares durable ingest through the built reference server (a Nest host) with a plain `node:http` server that checks
 * the same HMAC and stores nothing. Rounds alternate, so that both run under the same conditions.
 */
export async function benchIngest(settings: IngestSettings): Promise<IngestResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const bareServer = fork(join(__dirname, 'bare-server.js'));
  let server: PaggioServer | undefined;
  try {
    const bareUrl = await urlOf(bareServer);
    server = await PaggioServer.start(workspace.databaseUrl, workspace.directory);
    // The endpoint is paused: rows of events and deliveries are written, but no delivery competes for the processor.
    const endpoint = await server.createEndpoint('http://127.0.0.1:9/');
    await server.setStatus(endpoint, 'PAUSED');

    const { connections, bodyBytes, roundMs } = settings;
    let acknowledged = 0;
    const results: Record<'bare' | 'paggio', LoadResult[]> = { bare: [], paggio: [] };
    const targets = [
      ['bare', bareUrl],
      ['paggio', endpoint.url],
    ] as const;
    for (const [name, url] of targets) {
      const warmUp = await loader.closed(url, { connections, bodyBytes, durationMs: 1_000 });
      if (name === 'paggio') acknowledged += warmUp.completed;
    }
    for (let round = 0; round < settings.rounds; round++) {
      for (const [name, url] of round % 2 === 0 ? targets : [...targets].reverse()) {
        const result = await loader.closed(url, { connections, bodyBytes, durationMs: roundMs });
        results[name].push(result);
        if (name === 'paggio') acknowledged += result.completed;
      }
    }
    const [row] = await workspace.query<{ stored: number; deliveries: number; version: string }>(
      `select (select count(*)::int from paggio.events) as stored, (select count(*)::int from paggio.deliveries) as deliveries, version() as version`,
    );
    if (!row || row.stored !== row.deliveries)
      throw new Error(`${row?.stored} events but ${row?.deliveries} deliveries`);
    const bare = figure('bare node:http + HMAC, nothing stored', results.bare);
    const paggio = figure('Paggio in a Nest host, 200 after COMMIT', results.paggio);
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
    await loader.stop();
    bareServer.disconnect();
    await server?.stop();
    await workspace.close();
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

async function urlOf(child: ChildProcess): Promise<string> {
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return `http://127.0.0.1:${port}/hook`;
}
