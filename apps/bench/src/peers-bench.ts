import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seconds, toLatency, type Latency } from './delivery-bench';
import { Loader, SECRET } from './loader';
import { PaggioServer } from './paggio-server';
import { Redis } from './redis';
import { Sink } from './sink';
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
  try {
    stacks.push(await paggioStack(workspace, sink));
    if (!installPeers()) skipped.push('BullMQ and pg-boss: their packages could not be installed');
    else {
      for (const fsync of ['always', 'everysec'] as const) {
        const one = await Redis.start(fsync);
        if (!one) {
          skipped.push(`BullMQ, AOF ${fsync}: there is no redis-server on this machine`);
          continue;
        }
        redis.push(one);
        const env = { REDIS_PORT: String(one.port), SINK: sink.url() };
        stacks.push(await peerStack(`BullMQ, AOF ${fsync}, Express + axios`, 'bullmq-usual.mjs', env));
        stacks.push(await peerStack(`BullMQ, AOF ${fsync}, tuned`, 'bullmq-tuned.mjs', env));
      }
      for (const [kind, name] of [
        ['usual', 'pg-boss, Express + axios'],
        ['tuned', 'pg-boss, tuned'],
      ] as const) {
        await workspace.query(`create database pgboss_${kind}`);
        const url = new URL(workspace.superuserUrl);
        url.pathname = `/pgboss_${kind}`;
        stacks.push(await peerStack(name, `pgboss-${kind}.mjs`, { DATABASE_URL: url.href, SINK: sink.url() }));
      }
    }
    const figures = stacks.map(({ name }): StackFigures => ({ name, ingest: [], drained: [], latency: [] }));
    for (let round = 0; round < settings.rounds; round++) {
      const order = stacks.map((_, n) => (n + round) % stacks.length);
      for (const n of order) await measure(stacks[n] as Stack, figures[n] as StackFigures, sink, loader, settings);
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

async function measure(
  stack: Stack,
  figures: StackFigures,
  sink: Sink,
  loader: Loader,
  settings: PeersSettings,
): Promise<void> {
  const { connections, bodyBytes, roundMs, steadyMs } = settings;
  await stack.pause();
  await sink.reset();
  // The code of a new stack is still being compiled.
  const warmUp = figures.ingest.length === 0 ? 500 : 0;
  const warm =
    warmUp === 0 ? 0 : (await loader.closed(stack.hookUrl, { connections, bodyBytes, durationMs: warmUp })).completed;
  const ingest = await loader.closed(stack.hookUrl, { connections, bodyBytes, durationMs: roundMs });
  const queued = warm + ingest.completed;
  figures.ingest.push(Math.round(ingest.completed / ingest.seconds));
  const startedAt = process.hrtime.bigint();
  await stack.resume();
  figures.drained.push(Math.round(queued / seconds(startedAt, await sink.reached(queued))));

  // This warm-up keeps the rest of the drain, and the opening of connections, out of the measurement.
  const order = { bodyBytes, ratePerSecond: RATE, durationMs: steadyMs };
  await loader.steady([stack.hookUrl], { ...order, durationMs: Math.min(1_000, steadyMs / 2) });
  await new Promise((done) => setTimeout(done, 300));
  await sink.reset('timed');
  const { completed } = await loader.steady([stack.hookUrl], order);
  await sink.reached(completed);
  figures.latency.push(toLatency((await sink.report()).latencies));
}

export function summary(stack: StackFigures): { ingest: number; drained: number; p50Ms: number; p99Ms: number } {
  return {
    ingest: median(stack.ingest),
    drained: median(stack.drained),
    p50Ms: median(stack.latency.map((latency) => latency.p50Ms)),
    p99Ms: median(stack.latency.map((latency) => latency.p99Ms)),
  };
}

async function paggioStack(workspace: Workspace, sink: Sink): Promise<Stack> {
  const directory = join(workspace.directory, 'server');
  mkdirSync(directory);
  const server = await PaggioServer.start(workspace.databaseUrl, directory);
  const endpoint = await server.createEndpoint(sink.url());
  return {
    name: 'Paggio in a Nest host',
    hookUrl: endpoint.url,
    pause: () => server.setStatus(endpoint, 'PAUSED'),
    resume: () => server.setStatus(endpoint, 'ACTIVE'),
    stop: () => server.stop(),
  };
}

async function peerStack(name: string, program: string, env: Record<string, string>): Promise<Stack> {
  const child = fork(join(PEERS, program), { env: { ...process.env, NODE_ENV: 'production', SECRET, ...env } });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const command = async (word: 'pause' | 'resume'): Promise<void> => {
    const done = once(child, 'message');
    child.send(word);
    await done;
  };
  return { name, hookUrl: url, pause: () => command('pause'), resume: () => command('resume'), stop: () => end(child) };
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
