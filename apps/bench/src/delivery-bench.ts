import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BareProcess } from './bare-process';
import { costOf, CpuMeter, medianCost, type Cost } from './cpu-meter';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { Sink, type SinkPath } from './sink';
import { median, percentile } from './statistics';
import { rawUndici } from './undici-limit';
import { Workspace } from './workspace';

export interface DeliverySettings {
  rounds: number;
  roundMs: number;
  steadyMs: number;
  /** How long both processes run under the steady load before it is measured. */
  warmMs: number;
  connections: number;
  bodyBytes: number;
}

export interface Latency {
  p50Ms: number;
  p99Ms: number;
  count: number;
}

/** Events per second of each round, and what one of them cost (the median of the rounds). */
export interface DeliveryFigure {
  rounds: number[];
  cost: Cost;
}

export interface DeliveryResult {
  settings: DeliverySettings;
  /** POSTs of raw undici dispatch: the limit for a backlog. */
  undici: DeliveryFigure;
  /** Events that are received, verified and sent on, and not stored: the limit for the hand-off. */
  relay: DeliveryFigure;
  /** Deliveries that are claimed from a backlog. */
  backlog: DeliveryFigure;
  /** Deliveries while the same process captures as many events. */
  handoff: DeliveryFigure;
  backlogRatio: number;
  handoffRatio: number;
  statementsPerBacklogDelivery: number;
  statementsPerHandoffEvent: number;
  /** Time from the sender's write to the destination's read, at 400 events a second. */
  oneProcess: Latency;
  twoProcesses: Latency;
}

const STEADY_RATE = 400;

/**
 * Measures how fast captured events arrive: from a backlog, compared with the HTTP client alone, and right after their
 * capture, compared with a process that receives and sends on and stores nothing.
 */
export async function benchDelivery(settings: DeliverySettings): Promise<DeliveryResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const sink = await Sink.start();
  const arrivals = sink.at('/in/paggio');
  const relayed = sink.at('/in/relay');
  const relay = await BareProcess.start(relayed.url);
  const servers: PaggioServer[] = [];
  const start = async (name: string, env: Record<string, string> = {}): Promise<PaggioServer> => {
    const directory = name === '' ? workspace.directory : join(workspace.directory, name);
    mkdirSync(directory, { recursive: true });
    const server = await PaggioServer.start(workspace.databaseUrl, directory, env);
    servers.push(server);
    return server;
  };
  let meter: CpuMeter | undefined;
  try {
    const { connections, bodyBytes, roundMs, steadyMs, warmMs } = settings;
    let server = await start('');
    const endpoint = await server.createEndpoint(arrivals.url);
    const cpu = (meter = await CpuMeter.open({ server: server.pid }, workspace.superuserUrl));
    const relayCpu = await CpuMeter.open({ server: relay.pid });
    const full = { connections, bodyBytes, durationMs: roundMs };
    for (const url of [relay.url, endpoint.url]) await loader.closed(url, { ...full, durationMs: 1_000 });

    const rates = { undici: [], relay: [], backlog: [], handoff: [] } as Record<Kind, number[]>;
    const costs = { undici: [], relay: [], backlog: [], handoff: [] } as Record<Kind, Cost[]>;
    const statements = { backlog: 0, handoff: 0 };
    const events = { backlog: 0, handoff: 0 };
    const record = (kind: Kind, count: number, from: bigint, to: bigint, cost: Cost): void => {
      rates[kind].push(Math.round(count / seconds(from, to)));
      costs[kind].push(cost);
    };
    /** Sends at full speed, and waits until everything has arrived. */
    const through = async (kind: Kind, url: string, to: SinkPath, by: CpuMeter): Promise<number> => {
      await to.reset();
      const startedAt = process.hrtime.bigint();
      const { result, times } = await by.during(async () => {
        const { completed } = await loader.closed(url, full);
        return { completed, at: await to.reached(completed) };
      });
      record(kind, result.completed, startedAt, result.at, costOf(times, result.completed));
      return result.completed;
    };
    for (let round = 0; round < settings.rounds; round++) {
      const raw = await rawUndici(sink.url('/in/undici'), settings);
      rates.undici.push(Math.round(raw.perSecond));
      costs.undici.push(costOf({ server: raw.microseconds }, 1));
      await through('relay', relay.url, relayed, relayCpu);

      await server.setStatus(endpoint, 'PAUSED');
      await arrivals.reset();
      const { completed } = await loader.closed(endpoint.url, full);
      let before = await workspace.statements();
      const startedAt = process.hrtime.bigint();
      const { result: at, times } = await cpu.during(async () => {
        await server.setStatus(endpoint, 'ACTIVE');
        return arrivals.reached(completed);
      });
      record('backlog', completed, startedAt, at, costOf(times, completed));
      statements.backlog += (await workspace.statements()) - before;
      events.backlog += completed;

      before = await workspace.statements();
      events.handoff += await through('handoff', endpoint.url, arrivals, cpu);
      statements.handoff += (await workspace.statements()) - before;
    }
    await relayCpu.close();

    const steady = async (url: string): Promise<Latency> => {
      const order = { bodyBytes, ratePerSecond: STEADY_RATE, durationMs: steadyMs };
      // Code is compiled and statements are planned in the first seconds of a process.
      await loader.steady([url], { ...order, durationMs: warmMs });
      await arrivals.reset('timed');
      const { completed } = await loader.steady([url], order);
      await arrivals.reached(completed);
      return toLatency((await arrivals.report()).latencies);
    };
    const oneProcess = await steady(endpoint.url);
    await Promise.all(servers.splice(0).map((one) => one.stop()));
    server = await start('', { PAGGIO_ROLES: 'capture,api' });
    await start('deliver', { PAGGIO_ROLES: 'deliver' });
    const twoProcesses = await steady(`${server.url}${new URL(endpoint.url).pathname}`);

    const figure = (kind: Kind): DeliveryFigure => ({ rounds: rates[kind], cost: medianCost(costs[kind]) });
    const ratio = (kind: Kind, limit: Kind): number =>
      median(rates[kind].map((rate, n) => rate / (rates[limit][n] as number)));
    return {
      settings,
      undici: figure('undici'),
      relay: figure('relay'),
      backlog: figure('backlog'),
      handoff: figure('handoff'),
      backlogRatio: ratio('backlog', 'undici'),
      handoffRatio: ratio('handoff', 'relay'),
      statementsPerBacklogDelivery: statements.backlog / events.backlog,
      statementsPerHandoffEvent: statements.handoff / events.handoff,
      oneProcess,
      twoProcesses,
    };
  } finally {
    await meter?.close();
    await loader.stop();
    await Promise.all(servers.map((one) => one.stop()));
    await relay.stop();
    await sink.stop();
    await workspace.close();
  }
}

type Kind = 'undici' | 'relay' | 'backlog' | 'handoff';

export function toLatency(latencies: number[]): Latency {
  const sorted = latencies.sort((a, b) => a - b);
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), count: sorted.length };
}

export function seconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e9;
}
