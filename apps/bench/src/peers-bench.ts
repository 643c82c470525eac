import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { costOf, CpuMeter, medianCost, type Cost, type CpuTimes } from './cpu-meter';
import { seconds, toLatency, type Latency } from './delivery-bench';
import { Loader, SECRET } from './loader';
import { PaggioServer } from './paggio-server';
import { Redis } from './redis';
import { Sink, type SinkPath } from './sink';
import { median } from './statistics';
import { Workspace } from './workspace';

export interface PeersSettings {
  rounds: number;
  roundMs: number;
  steadyMs: number;
  connections: number;
  bodyBytes: number;
}

export interface StackFigures {
  name: string;
  /** For each round: events acknowledged per second while nothing is delivered. */
  ingest: number[];
  /** For each round: events delivered per second from that backlog. */
  drained: number[];
  /** For each round: the time from sender to destination at 400 events a second. */
  latency: Latency[];
  /** For each round: CPU time of an event of server and store while the backlog is drained. */
  drainCost: Cost[];
  /** The same for one that is captured and delivered at 400 events a second. */
  steadyCost: Cost[];
}

export interface PeersResult {
  settings: PeersSettings;
  stacks: StackFigures[];
  /** Says for each missing stack why it is missing. */
  skipped: string[];
}

/** A program that accepts webhooks, stores them, and delivers them. */
interface Stack {
  name: string;
  hookUrl: string;
  arrivals: SinkPath;
  meter: CpuMeter;
  /** Whether a part of the measured CPU time belongs to this stack. */
  owns(part: string): boolean;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const PEERS = join(__dirname, '../peers');
const RATE = 400;

/**
 * Compares the whole path with what people would build instead, in alternating rounds with equal load and destination.
 */
export async function benchPeers(settings: PeersSettings): Promise<PeersResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const sink = await Sink.start();
  const stacks: Stack[] = [];
  const redis: Redis[] = [];
  const skipped: string[] = [];
  /** Each stack has a path of its own, so a late delivery of one does not count for another. */
  const nextPath = (): SinkPath => sink.at(`/in/${stacks.length}`);
  try {
    stacks.push(await paggioStack(workspace, nextPath()));
    if (!installPeers()) skipped.push('BullMQ and pg-boss: their packages could not be installed');
    else {
      for (const fsync of ['always', 'everysec'] as const) {
        const one = await Redis.start(fsync);
        if (!one) {
          skipped.push(`BullMQ, AOF ${fsync}: there is no redis-server on this machine`);
          continue;
        }
        redis.push(one);
        const env = { REDIS_PORT: String(one.port) };
        const store = { pids: { redis: one.pid }, owns: (part: string) => part === 'redis' };
        for (const [kind, name] of [
          ['usual', 'Express + axios'],
          ['tuned', 'tuned'],
        ] as const)
          stacks.push(await peerStack(`BullMQ, AOF ${fsync}, ${name}`, `bullmq-${kind}.mjs`, env, nextPath(), store));
      }
      for (const [kind, name] of [
        ['usual', 'pg-boss, Express + axios'],
        ['tuned', 'pg-boss, tuned'],
      ] as const) {
        const database = `pgboss_${kind}`;
        await workspace.query(`create database ${database}`);
        const url = new URL(workspace.superuserUrl);
        url.pathname = `/${database}`;
        const store = {
          superuserUrl: workspace.superuserUrl,
          owns: (part: string) => part === database || SHARED.has(part),
        };
        const env = { DATABASE_URL: url.href };
        stacks.push(await peerStack(name, `pgboss-${kind}.mjs`, env, nextPath(), store));
      }
    }
    const figures = stacks.map(({ name }): StackFigures => ({
      name,
      ingest: [],
      drained: [],
      latency: [],
      drainCost: [],
      steadyCost: [],
    }));
    for (let round = 0; round < settings.rounds; round++) {
      const order = stacks.map((_, n) => (n + round) % stacks.length);
      for (const n of order) await measure(stacks[n] as Stack, figures[n] as StackFigures, loader, settings);
    }
    return { settings, stacks: figures, skipped };
  } finally {
    await loader.stop();
    for (const stack of stacks) await stack.stop();
    for (const one of redis) await one.stop();
    await sink.stop();
    await workspace.close();
  }
}

/** Processes of a PostgreSQL that work for all of its databases. */
const SHARED = new Set(['walwriter', 'checkpointer', 'background writer', 'io worker', 'autovacuum worker']);

async function measure(stack: Stack, figures: StackFigures, loader: Loader, settings: PeersSettings): Promise<void> {
  const { connections, bodyBytes, roundMs, steadyMs } = settings;
  const { arrivals, hookUrl, meter } = stack;
  const cost = (times: CpuTimes, events: number): Cost =>
    costOf(Object.fromEntries(Object.entries(times).filter(([part]) => part === 'server' || stack.owns(part))), events);
  await stack.pause();
  await arrivals.reset();
  // The code of a new stack is still being compiled.
  const warmUp = figures.ingest.length === 0 ? 500 : 0;
  const warm =
    warmUp === 0 ? 0 : (await loader.closed(hookUrl, { connections, bodyBytes, durationMs: warmUp })).completed;
  const ingest = await loader.closed(hookUrl, { connections, bodyBytes, durationMs: roundMs });
  const queued = warm + ingest.completed;
  figures.ingest.push(Math.round(ingest.completed / ingest.seconds));
  const startedAt = process.hrtime.bigint();
  const drain = await meter.during(async () => {
    await stack.resume();
    return arrivals.reached(queued);
  });
  figures.drained.push(Math.round(queued / seconds(startedAt, drain.result)));
  figures.drainCost.push(cost(drain.times, queued));

  // This warm-up keeps the rest of the drain, and the opening of connections, out of the measurement.
  const order = { bodyBytes, ratePerSecond: RATE, durationMs: steadyMs };
  await loader.steady([hookUrl], { ...order, durationMs: Math.min(1_000, steadyMs / 2) });
  await new Promise((done) => setTimeout(done, 300));
  await arrivals.reset('timed');
  const steady = await meter.during(async () => {
    const { completed } = await loader.steady([hookUrl], order);
    await arrivals.reached(completed);
    return completed;
  });
  figures.latency.push(toLatency((await arrivals.report()).latencies));
  figures.steadyCost.push(cost(steady.times, steady.result));
}

export interface Summary {
  ingest: number;
  drained: number;
  p50Ms: number;
  p99Ms: number;
  drainCost: Cost;
  steadyCost: Cost;
}

export function summary(stack: StackFigures): Summary {
  return {
    ingest: median(stack.ingest),
    drained: median(stack.drained),
    p50Ms: median(stack.latency.map((latency) => latency.p50Ms)),
    p99Ms: median(stack.latency.map((latency) => latency.p99Ms)),
    drainCost: medianCost(stack.drainCost),
    steadyCost: medianCost(stack.steadyCost),
  };
}

async function paggioStack(workspace: Workspace, arrivals: SinkPath): Promise<Stack> {
  const directory = join(workspace.directory, 'server');
  mkdirSync(directory);
  const server = await PaggioServer.start(workspace.databaseUrl, directory);
  const endpoint = await server.createEndpoint(arrivals.url);
  const meter = await CpuMeter.open({ server: server.pid }, workspace.superuserUrl);
  return {
    name: 'Paggio in a Nest host',
    hookUrl: endpoint.url,
    arrivals,
    meter,
    owns: (part) => !part.startsWith('pgboss_'),
    pause: () => server.setStatus(endpoint, 'PAUSED'),
    resume: () => server.setStatus(endpoint, 'ACTIVE'),
    async stop() {
      await meter.close();
      await server.stop();
    },
  };
}

/** The processes of a peer's store: Redis, or the backends of a PostgreSQL. */
interface PeerStore {
  pids?: Readonly<Record<string, number>>;
  superuserUrl?: string;
  owns: (part: string) => boolean;
}

async function peerStack(
  name: string,
  program: string,
  env: Record<string, string>,
  arrivals: SinkPath,
  { pids, superuserUrl, owns }: PeerStore,
): Promise<Stack> {
  const child = fork(join(PEERS, program), {
    env: { ...process.env, NODE_ENV: 'production', SECRET, SINK: arrivals.url, ...env },
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const command = async (word: 'pause' | 'resume'): Promise<void> => {
    const done = once(child, 'message');
    child.send(word);
    await done;
  };
  const meter = await CpuMeter.open({ server: child.pid as number, ...pids }, superuserUrl);
  return {
    name,
    hookUrl: url,
    arrivals,
    meter,
    owns,
    pause: () => command('pause'),
    resume: () => command('resume'),
    async stop() {
      await meter.close();
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Installs the peers, which only this comparison needs. */
function installPeers(): boolean {
  if (existsSync(join(PEERS, 'node_modules'))) return true;
  console.log('installing what Paggio is compared with...');
  const { status } = spawnSync(
    'npm',
    ['install', '--prefix', PEERS, '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return status === 0;
}
