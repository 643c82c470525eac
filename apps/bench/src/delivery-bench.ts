import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { Sink } from './sink';
import { median, percentile } from './statistics';
import { Workspace } from './workspace';

export interface DeliverySettings {
  rounds: number;
  roundMs: number;
  steadyMs: number;
  connections: number;
  bodyBytes: number;
}

export interface Latency {
  p50Ms: number;
  p99Ms: number;
  count: number;
}

export interface DeliveryResult {
  settings: DeliverySettings;
  /** For each round: POSTs per second of raw undici dispatch. */
  limit: number[];
  /** For each round: deliveries per second that are claimed from a backlog. */
  backlog: number[];
  /** For each round: deliveries per second while the same process captures as many events. */
  handoff: number[];
  backlogRatio: number;
  handoffRatio: number;
  statementsPerBacklogDelivery: number;
  statementsPerHandoffEvent: number;
  /** Time from the sender's write to the destination's read, at 400 events a second. */
  oneProcess: Latency;
  twoProcesses: Latency;
}

const STEADY_RATE = 400;

/** Measures how fast captured events arrive, compared with the HTTP client alone against the same destination. */
export async function benchDelivery(settings: DeliverySettings): Promise<DeliveryResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const sink = await Sink.start();
  const servers: PaggioServer[] = [];
  const start = async (name: string, env: Record<string, string> = {}): Promise<PaggioServer> => {
    const directory = name === '' ? workspace.directory : join(workspace.directory, name);
    mkdirSync(directory, { recursive: true });
    const server = await PaggioServer.start(workspace.databaseUrl, directory, env);
    servers.push(server);
    return server;
  };
  try {
    const { connections, bodyBytes, roundMs, steadyMs } = settings;
    let server = await start('');
    const endpoint = await server.createEndpoint(sink.url());
    await loader.closed(endpoint.url, { connections, bodyBytes, durationMs: 1_000 });
    const limit: number[] = [];
    const backlog: number[] = [];
    const handoff: number[] = [];
    const statements = { backlog: 0, handoff: 0 };
    const events = { backlog: 0, handoff: 0 };
    for (let round = 0; round < settings.rounds; round++) {
      limit.push(Math.round(await rawLimit(sink, settings)));

      await server.setStatus(endpoint, 'PAUSED');
      await sink.reset();
      const { completed } = await loader.closed(endpoint.url, { connections, bodyBytes, durationMs: roundMs });
      let before = await workspace.statements();
      const startedAt = process.hrtime.bigint();
      await server.setStatus(endpoint, 'ACTIVE');
      backlog.push(Math.round(completed / seconds(startedAt, await sink.reached(completed))));
      statements.backlog += (await workspace.statements()) - before;
      events.backlog += completed;

      await sink.reset();
      before = await workspace.statements();
      const handedOffAt = process.hrtime.bigint();
      const live = await loader.closed(endpoint.url, { connections, bodyBytes, durationMs: roundMs });
      handoff.push(Math.round(live.completed / seconds(handedOffAt, await sink.reached(live.completed))));
      statements.handoff += (await workspace.statements()) - before;
      events.handoff += live.completed;
    }

    const steady = async (url: string): Promise<Latency> => {
      const order = { bodyBytes, ratePerSecond: STEADY_RATE, durationMs: steadyMs };
      await loader.steady([url], { ...order, durationMs: 500 });
      await sink.reset('timed');
      const { completed } = await loader.steady([url], order);
      await sink.reached(completed);
      return toLatency((await sink.report()).latencies);
    };
    const oneProcess = await steady(endpoint.url);
    await Promise.all(servers.splice(0).map((one) => one.stop()));
    server = await start('', { PAGGIO_ROLES: 'capture,api' });
    await start('deliver', { PAGGIO_ROLES: 'deliver' });
    const url = `${server.url}${new URL(endpoint.url).pathname}`;
    const twoProcesses = await steady(url);

    return {
      settings,
      limit,
      backlog,
      handoff,
      backlogRatio: median(backlog.map((rate, n) => rate / (limit[n] as number))),
      handoffRatio: median(handoff.map((rate, n) => rate / (limit[n] as number))),
      statementsPerBacklogDelivery: statements.backlog / events.backlog,
      statementsPerHandoffEvent: statements.handoff / events.handoff,
      oneProcess,
      twoProcesses,
    };
  } finally {
    await loader.stop();
    await Promise.all(servers.map((one) => one.stop()));
    await sink.stop();
    await workspace.close();
  }
}

export function toLatency(latencies: number[]): Latency {
  const sorted = latencies.sort((a, b) => a - b);
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), count: sorted.length };
}

export function seconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e9;
}

async function rawLimit(sink: Sink, settings: DeliverySettings): Promise<number> {
  const { bodyBytes, roundMs, connections } = settings;
  const child = fork(join(__dirname, 'undici-limit.js'), [
    sink.url(),
    String(bodyBytes),
    String(roundMs),
    String(connections),
  ]);
  const [{ perSecond }] = (await once(child, 'message')) as [{ perSecond: number }];
  return perSecond;
}
