import { toLatency, type Latency } from './delivery-bench';
import { Loader } from './loader';
import { PaggioServer, type HookEndpoint } from './paggio-server';
import { Sink } from './sink';
import { median } from './statistics';
import { Workspace } from './workspace';

export interface FairnessSettings {
  rounds: number;
  steadyMs: number;
  /** How many events wait for the dead destination. */
  queued: number;
  bodyBytes: number;
}

export interface FairnessResult {
  settings: FairnessSettings;
  alone: Latency[];
  besideDead: Latency[];
  p50Ratio: number;
  p99Ratio: number;
  /** How many events for healthy destinations arrived. */
  delivered: number;
  sent: number;
}

const HEALTHY = 20;
const RATE = 200;

/**
 * Twenty healthy endpoints at 200 events a second, with and without another whose destination accepts and never
 * answers.
 */
export async function benchFairness(settings: FairnessSettings): Promise<FairnessResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const sink = await Sink.start();
  const arrivals = sink.at('/in/healthy');
  const server = await PaggioServer.start(workspace.databaseUrl, workspace.directory);
  try {
    const { bodyBytes, steadyMs } = settings;
    const healthy: HookEndpoint[] = [];
    for (let n = 0; n < HEALTHY; n++) healthy.push(await server.createEndpoint(arrivals.url, { concurrency: 8 }));
    const urls = healthy.map((endpoint) => endpoint.url);
    const dead = await server.createEndpoint(sink.url('/hang'), { concurrency: 8, timeout_seconds: 10 });
    await server.setStatus(dead, 'PAUSED');
    let queued = 0;
    while (queued < settings.queued) {
      queued += (await loader.closed(dead.url, { connections: 64, bodyBytes, durationMs: 500 })).completed;
    }
    const order = { bodyBytes, ratePerSecond: RATE, durationMs: steadyMs };
    await loader.steady(urls, { ...order, durationMs: 1_000 });
    let sent = 0;
    let delivered = 0;
    const measure = async (): Promise<Latency> => {
      await arrivals.reset('timed');
      const { completed } = await loader.steady(urls, order);
      sent += completed;
      const late = new Promise((done) => setTimeout(done, 15_000).unref());
      await Promise.race([arrivals.reached(completed), late]);
      const { count, latencies } = await arrivals.report();
      delivered += count;
      return toLatency(latencies);
    };
    const alone: Latency[] = [];
    const besideDead: Latency[] = [];
    for (let round = 0; round < settings.rounds; round++) {
      await server.setStatus(dead, 'PAUSED');
      alone.push(await measure());
      await server.setStatus(dead, 'ACTIVE');
      besideDead.push(await measure());
    }
    const ratio = (of: (latency: Latency) => number): number => median(besideDead.map(of)) / median(alone.map(of));
    return {
      settings,
      alone,
      besideDead,
      p50Ratio: ratio((latency) => latency.p50Ms),
      p99Ratio: ratio((latency) => latency.p99Ms),
      delivered,
      sent,
    };
  } finally {
    await loader.stop();
    await server.stop();
    await sink.stop();
    await workspace.close();
  }
}
