import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BareProcess } from './bare-process';
import { costOf, CpuMeter, medianCost, type Cost, type CpuTimes } from './cpu-meter';
import { toLatency, type Latency } from './delivery-bench';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { Sink, type SinkPath } from './sink';
import { median } from './statistics';
import { systemPostgres } from './system-postgres';
import { Workspace } from './workspace';

export interface CostSettings {
  rounds: number;
  /** How long each load lasts. */
  steadyMs: number;
  warmMs: number;
  connections: number;
  bodyBytes: number;
  /** Another built checkout that takes part, in the place of the system's PostgreSQL. */
  against: string | undefined;
}

/** Events a second, or as many as one process takes. */
export type Rate = number | 'full speed';

export interface CostFigure {
  rate: Rate;
  /** Medians of the rounds. */
  cost: Cost;
  /** CPU time of server and store as a multiple of the relay's in the same round: median of the rounds. */
  ofRelay: number;
  perSecond: number;
  /** From the sender's write to the destination's read. */
  arrival: Latency;
}

export interface CostStack {
  name: string;
  figures: CostFigure[];
}

export interface CostResult {
  settings: CostSettings;
  stacks: CostStack[];
  /** Bytes of the write-ahead log for each captured and delivered event, without page images. */
  walBytes: number;
  /** What a process without any event does in a second. */
  idle: { transactions: number; cpuMs: number };
  skipped: string[];
}

const RATES: readonly Rate[] = [100, 400, 'full speed'];

interface Stack {
  name: string;
  hookUrl: string;
  arrivals: SinkPath;
  meter: CpuMeter;
  rounds: { cost: Cost; perSecond: number; arrival: Latency }[][];
  stop(): Promise<void>;
}

/**
 * Measures the CPU time of an event that is captured and delivered by one process, at the loads that people have and at
 * full speed, beside a relay that stores nothing. Where the system has a PostgreSQL, Paggio also runs on that, with JIT as
 * it is set there and without.
 */
export async function benchCost(settings: CostSettings): Promise<CostResult> {
  const loader = new Loader();
  const sink = await Sink.start();
  const workspaces: Workspace[] = [];
  const stacks: Stack[] = [];
  const skipped: string[] = [];
  const paggio = async (
    name: string,
    options: Parameters<typeof Workspace.open>[0] = {},
    checkout?: string,
  ): Promise<Workspace> => {
    const workspace = await Workspace.open(options);
    workspaces.push(workspace);
    stacks.push(await paggioStack(name, workspace, sink.at(`/in/${stacks.length}`), checkout));
    return workspace;
  };
  try {
    stacks.push(await relayStack(sink.at('/in/relay')));
    const embedded = await paggio('Paggio');
    const programs = systemPostgres();
    if (settings.against !== undefined) await paggio(`Paggio of ${settings.against}`, {}, settings.against);
    else if (programs === undefined)
      skipped.push('Paggio on the system PostgreSQL: this machine has no version 14 or newer');
    else {
      await paggio('Paggio, system PostgreSQL', { programs });
      await paggio('Paggio, system PostgreSQL, jit = off', { programs, settings: { jit: 'off' } });
    }
    for (const stack of stacks) await measure(stack, 400, loader, { ...settings, steadyMs: settings.warmMs });
    for (let round = 0; round < settings.rounds; round++)
      for (const [n, rate] of RATES.entries())
        for (const stack of round % 2 === 0 ? stacks : [...stacks].reverse())
          (stack.rounds[n] ??= []).push(await measure(stack, rate, loader, settings));
    return {
      settings,
      stacks: stacks.map((stack) => ({
        name: stack.name,
        figures: RATES.map((rate, n) => figure(rate, stack.rounds[n] ?? [], stacks[0]?.rounds[n] ?? [])),
      })),
      walBytes: await walBytes(embedded, stacks[1] as Stack, loader, settings),
      idle: await idle(embedded, stacks[1] as Stack, settings.steadyMs),
      skipped,
    };
  } finally {
    await loader.stop();
    for (const stack of stacks) await stack.stop();
    await sink.stop();
    for (const workspace of workspaces) await workspace.close();
  }
}

async function measure(
  { arrivals, hookUrl, meter }: Stack,
  rate: Rate,
  loader: Loader,
  { bodyBytes, connections, steadyMs: durationMs }: CostSettings,
): Promise<{ cost: Cost; perSecond: number; arrival: Latency }> {
  const timed = rate !== 'full speed';
  await arrivals.reset(timed ? 'timed' : 'all');
  const startedAt = performance.now();
  const { result: completed, times } = await meter.during(async () => {
    const sent = timed
      ? await loader.steady([hookUrl], { bodyBytes, ratePerSecond: rate, durationMs })
      : await loader.closed(hookUrl, { connections, bodyBytes, durationMs });
    await arrivals.reached(sent.completed);
    return sent.completed;
  });
  const perSecond = completed / ((performance.now() - startedAt) / 1000);
  return { cost: costOf(times, completed), perSecond, arrival: toLatency((await arrivals.report()).latencies) };
}

function figure(rate: Rate, rounds: Stack['rounds'][number], relay: Stack['rounds'][number]): CostFigure {
  const total = ({ cost }: { cost: Cost }): number => cost.server + cost.store;
  return {
    rate,
    cost: medianCost(rounds.map(({ cost }) => cost)),
    ofRelay: median(rounds.map((round, n) => total(round) / total(relay[n] as { cost: Cost }))),
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    arrival: {
      p50Ms: median(rounds.map(({ arrival }) => arrival.p50Ms)),
      p99Ms: median(rounds.map(({ arrival }) => arrival.p99Ms)),
      count: rounds.reduce((sum, { arrival }) => sum + arrival.count, 0),
    },
  };
}

/** At full speed. Page images depend on when the last checkpoint was, so they are off. */
async function walBytes(workspace: Workspace, stack: Stack, loader: Loader, settings: CostSettings): Promise<number> {
  const position = async (): Promise<number> => {
    const [row] = await workspace.query<{ bytes: string }>(`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`);
    return Number(row?.bytes);
  };
  await workspace.query('alter system set full_page_writes = off');
  await workspace.query('select pg_reload_conf()');
  const before = await position();
  await measure(stack, 'full speed', loader, settings);
  const events = (await stack.arrivals.report()).count;
  if (events === 0) throw new Error('no event has arrived');
  // The event index follows by a second or so.
  await new Promise((done) => setTimeout(done, 3_000));
  return ((await position()) - before) / events;
}

async function idle(workspace: Workspace, { meter }: Stack, ms: number): Promise<CostResult['idle']> {
  // The last load left work to the event index and to autovacuum.
  await new Promise((done) => setTimeout(done, 6 * ms));
  const before = await workspace.statements();
  const { times } = await meter.during(() => new Promise<void>((done) => setTimeout(done, ms)));
  // Reading the count is a transaction too, and takes 1.1 s itself.
  const transactions = ((await workspace.statements()) - before - 1) / ((ms + 1_100) / 1000);
  return { transactions, cpuMs: sum(times) / 1000 / (ms / 1000) };
}

function sum(times: CpuTimes): number {
  return Object.values(times).reduce((all, one) => all + one, 0);
}

async function relayStack(arrivals: SinkPath): Promise<Stack> {
  const relay = await BareProcess.start(arrivals.url);
  const meter = await CpuMeter.open({ server: relay.pid });
  const name = 'relay: node:http + HMAC + undici';
  return { name, hookUrl: relay.url, arrivals, meter, rounds: [], stop: () => relay.stop() };
}

async function paggioStack(
  name: string,
  workspace: Workspace,
  arrivals: SinkPath,
  checkout: string | undefined,
): Promise<Stack> {
  const directory = join(workspace.directory, 'server');
  mkdirSync(directory);
  const server = await PaggioServer.start(workspace.databaseUrl, directory, {}, checkout);
  const { url: hookUrl } = await server.createEndpoint(arrivals.url);
  const meter = await CpuMeter.open({ server: server.pid }, workspace.superuserUrl);
  return {
    name,
    hookUrl,
    arrivals,
    meter,
    rounds: [],
    async stop() {
      await meter.close();
      await server.stop();
    },
  };
}
