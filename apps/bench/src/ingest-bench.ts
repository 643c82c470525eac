import { BareProcess } from './bare-process';
import { costOf, CpuMeter, medianCost, type Cost } from './cpu-meter';
import type { LoadResult } from './load';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { median, percentile } from './statistics';
import { Workspace } from './workspace';

export interface IngestSettings {
  rounds: number;
  roundMs: number;
  bodyBytes: number;
  /** Another built checkout that takes part. */
  against: string | undefined;
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
  url: string;
  meter: CpuMeter;
  connections: number;
  deliveryIds: boolean;
  results: LoadResult[];
  costs: Cost[];
}

/** A gateway with a database of its own. */
interface Gateway {
  name: string;
  workspace: Workspace;
  server: PaggioServer;
  hookUrl: string;
  meter: CpuMeter;
}

/**
 * Compares durable ingest through the built reference server (a Nest host) with a plain `node:http` server that checks
 * the same HMAC and stores nothing. Rounds alternate, so that both run under the same conditions.
 */
export async function benchIngest(settings: IngestSettings): Promise<IngestResult> {
  const loader = new Loader();
  const bare = await BareProcess.start();
  const gateways: Gateway[] = [];
  try {
    const bareMeter = await CpuMeter.open({ server: bare.pid });
    gateways.push(await openGateway('Paggio in a Nest host, 200 after COMMIT'));
    if (settings.against !== undefined)
      gateways.push(await openGateway(`Paggio of ${settings.against}`, settings.against));
    const { bodyBytes, roundMs } = settings;
    const targets = [64, 256].flatMap((connections): Target[] => {
      const target = (name: string, url: string, meter: CpuMeter, deliveryIds: boolean): Target => ({
        name: `${name}, ${connections} connections`,
        ...{ url, meter, connections, deliveryIds, results: [], costs: [] },
      });
      return [
        target('bare node:http + HMAC, nothing stored', bare.url, bareMeter, true),
        ...gateways.map(({ name, hookUrl, meter }) => target(name, hookUrl, meter, true)),
        ...gateways.map(({ name, hookUrl, meter }) => target(`${name}, no id`, hookUrl, meter, false)),
      ];
    });
    let acknowledged = 0;
    const run = async (target: Target, durationMs: number): Promise<LoadResult> => {
      const result = await loader.closed(target.url, { ...target, bodyBytes, durationMs });
      if (target.url !== bare.url) acknowledged += result.completed;
      return result;
    };
    for (const target of targets) await run(target, 1_000);
    for (let round = 0; round < settings.rounds; round++) {
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const { result, times } = await target.meter.during(() => run(target, roundMs));
        target.results.push(result);
        target.costs.push(costOf(times, result.completed));
      }
    }
    let stored = 0;
    let database = '';
    for (const { workspace } of gateways) {
      const [row] = await workspace.query<{ stored: number; deliveries: number; version: string }>(
        `select (select count(*)::int from paggio.events) as stored, (select count(*)::int from paggio.deliveries) as deliveries, version() as version`,
      );
      if (!row || row.stored !== row.deliveries)
        throw new Error(`${row?.stored} events but ${row?.deliveries} deliveries`);
      stored += row.stored;
      database = row.version;
    }
    const figures = targets.map((target) => figure(target));
    for (const [n, { connections }] of targets.entries()) {
      const limit = figures[targets.findIndex((one) => one.connections === connections)] as Figure;
      const one = figures[n] as Figure;
      one.ratio = median(one.rounds.map((rate, round) => rate / (limit.rounds[round] as number)));
    }
    return { settings, figures, acknowledged, stored, database };
  } finally {
    await loader.stop();
    await bare.stop();
    for (const { meter, server, workspace } of gateways) {
      await meter.close();
      await server.stop();
      await workspace.close();
    }
  }
}

/** The endpoint is paused: rows of events and deliveries are written, but no delivery competes for the processor. */
async function openGateway(name: string, checkout?: string): Promise<Gateway> {
  const workspace = await Workspace.open();
  const server = await PaggioServer.start(workspace.databaseUrl, workspace.directory, {}, checkout);
  const endpoint = await server.createEndpoint('http://127.0.0.1:9/');
  await server.setStatus(endpoint, 'PAUSED');
  const meter = await CpuMeter.open({ server: server.pid }, workspace.superuserUrl);
  return { name, workspace, server, hookUrl: endpoint.url, meter };
}

function figure({ name, results, costs }: Target): Figure {
  const latencies = results.flatMap((result) => result.latencies).sort((a, b) => a - b);
  const rounds = results.map((result) => Math.round(result.completed / result.seconds));
  return {
    name,
    rounds,
    median: median(rounds),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    cost: medianCost(costs),
    ratio: 1,
  };
}
