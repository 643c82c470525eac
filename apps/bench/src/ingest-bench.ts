import { BareProcess } from './bare-process';
import { costOf, CpuMeter, medianCost, type Cost, type CpuTimes } from './cpu-meter';
import type { LoadResult } from './load';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { median, percentile } from './statistics';
import { Workspace } from './workspace';

export interface IngestSettings {
  rounds: number;
  roundMs: number;
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
  cost: Cost;
  /** The median of the rounds' ratios to the bare server with as many connections; 1 for that itself. */
  ratio: number;
}

export interface IngestResult {
  settings: IngestSettings;
  figures: Figure[];
  acknowledged: number;
  stored: number;
  database: string;
}

interface Target {
  name: string;
  server: 'bare' | 'paggio';
  connections: number;
  deliveryIds: boolean;
}

const TARGETS: readonly Target[] = [64, 256].flatMap((connections): Target[] => [
  { name: 'bare node:http + HMAC, nothing stored', server: 'bare', connections, deliveryIds: true },
  { name: 'Paggio in a Nest host, 200 after COMMIT', server: 'paggio', connections, deliveryIds: true },
  { name: 'the same, requests without an id', server: 'paggio', connections, deliveryIds: false },
]);

/**
 * Compares durable ingest through the built reference server (a Nest host) with a plain `node:http` server that checks
 * the same HMAC and stores nothing. Rounds alternate, so that both run under the same conditions.
 */
export async function benchIngest(settings: IngestSettings): Promise<IngestResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const bare = await BareProcess.start('bare-server');
  let server: PaggioServer | undefined;
  let meter: CpuMeter | undefined;
  try {
    server = await PaggioServer.start(workspace.databaseUrl, workspace.directory);
    // The endpoint is paused: rows of events and deliveries are written, but no delivery competes for the processor.
    const endpoint = await server.createEndpoint('http://127.0.0.1:9/');
    await server.setStatus(endpoint, 'PAUSED');
    meter = await CpuMeter.open({ server: server.pid, bare: bare.pid }, workspace.superuserUrl);
    const { bodyBytes, roundMs } = settings;
    const urls = { bare: bare.url, paggio: endpoint.url };
    let acknowledged = 0;
    const run = async (target: Target, durationMs: number): Promise<LoadResult> => {
      const result = await loader.closed(urls[target.server], { ...target, bodyBytes, durationMs });
      if (target.server === 'paggio') acknowledged += result.completed;
      return result;
    };
    for (const target of TARGETS) await run(target, 1_000);
    const results = TARGETS.map((): LoadResult[] => []);
    const costs = TARGETS.map((): Cost[] => []);
    for (let round = 0; round < settings.rounds; round++) {
      const order = TARGETS.map((_, n) => n);
      for (const n of round % 2 === 0 ? order : order.reverse()) {
        const target = TARGETS[n] as Target;
        const { result, times } = await meter.during(() => run(target, roundMs));
        results[n]?.push(result);
        costs[n]?.push(costOf(target.server === 'bare' ? ofBare(times) : ofPaggio(times), result.completed));
      }
    }
    const [row] = await workspace.query<{ stored: number; deliveries: number; version: string }>(
      `select (select count(*)::int from paggio.events) as stored, (select count(*)::int from paggio.deliveries) as deliveries, version() as version`,
    );
    if (!row || row.stored !== row.deliveries)
      throw new Error(`${row?.stored} events but ${row?.deliveries} deliveries`);
    const figures = TARGETS.map((target, n) => figure(target, results[n] ?? [], costs[n] ?? []));
    for (const [n, { connections }] of TARGETS.entries()) {
      const limit = figures[TARGETS.findIndex((one) => one.connections === connections)] as Figure;
      const one = figures[n] as Figure;
      one.ratio = median(one.rounds.map((rate, round) => rate / (limit.rounds[round] as number)));
    }
    return { settings, figures, acknowledged, stored: row.stored, database: row.version };
  } finally {
    await meter?.close();
    await loader.stop();
    await bare.stop();
    await server?.stop();
    await workspace.close();
  }
}

function ofBare({ bare = 0 }: CpuTimes): CpuTimes {
  return { server: bare };
}

function ofPaggio({ bare: _, ...times }: CpuTimes): CpuTimes {
  return times;
}

function figure(target: Target, results: readonly LoadResult[], costs: readonly Cost[]): Figure {
  const latencies = results.flatMap((result) => result.latencies).sort((a, b) => a - b);
  const rounds = results.map((result) => Math.round(result.completed / result.seconds));
  return {
    name: `${target.name}, ${target.connections} connections`,
    rounds,
    median: median(rounds),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    cost: medianCost(costs),
    ratio: 1,
  };
}
