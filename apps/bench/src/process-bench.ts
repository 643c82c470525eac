import { readFileSync } from 'node:fs';
import { Loader } from './loader';
import { PaggioServer } from './paggio-server';
import { Sink, type SinkPath } from './sink';
import { Workspace } from './workspace';

export interface ProcessSettings {
  starts: number;
  kills: number;
  /** How many events are captured and delivered before the memory is read. */
  events: number;
  bodyBytes: number;
  connections: number;
}

export interface ProcessResult {
  settings: ProcessSettings;
  /** For each start: milliseconds from the spawn to the first webhook that is answered with 2xx. */
  startMs: number[];
  /**
   * For each kill -9 under load, with a slow destination: milliseconds from the first 2xx of the next process until
   * as many events have arrived as were acknowledged. Events that were stored and not acknowledged arrive too, so the
   * last acknowledged one may come a moment later.
   */
  standstillMs: number[];
  /** Resident memory in MiB: after the start, and after the events. */
  memoryMb: { started: number; after: number };
}

/** Measures what a process costs as a whole: its start, its sudden end, and its memory. */
export async function benchProcess(settings: ProcessSettings): Promise<ProcessResult> {
  const workspace = await Workspace.open();
  const loader = new Loader();
  const sink = await Sink.start();
  let server = await PaggioServer.start(workspace.databaseUrl, workspace.directory);
  try {
    const paused = await server.createEndpoint('http://127.0.0.1:9/');
    await server.setStatus(paused, 'PAUSED');
    const path = new URL(paused.url).pathname;
    const startMs: number[] = [];
    for (let n = 0; n < settings.starts; n++) {
      await server.stop();
      const startedAt = performance.now();
      server = await start(workspace, loader, path, settings);
      startMs.push(performance.now() - startedAt);
    }

    const slow = sink.at('/slow/paggio');
    const endpoint = await server.createEndpoint(slow.url);
    const standstillMs: number[] = [];
    for (let n = 0; n < settings.kills; n++) {
      const acknowledged = await killUnderLoad(server, endpoint.url, loader, slow, settings);
      server = await start(workspace, loader, path, settings);
      const readyAt = process.hrtime.bigint();
      const lastAt = await slow.reached(acknowledged);
      standstillMs.push(Math.max(0, Number(lastAt - readyAt) / 1e6));
    }

    await server.stop();
    server = await start(workspace, loader, path, settings);
    const started = residentMb(server.pid);
    const arrivals = sink.at('/in/paggio');
    const fast = await server.createEndpoint(arrivals.url);
    await arrivals.reset();
    const { bodyBytes, connections } = settings;
    for (let sent = 0; sent < settings.events;) {
      sent += (
        await loader.closed(`${server.url}${new URL(fast.url).pathname}`, { bodyBytes, connections, durationMs: 1_000 })
      ).completed;
      await arrivals.reached(sent);
    }
    return { settings, startMs, standstillMs, memoryMb: { started, after: residentMb(server.pid) } };
  } finally {
    await loader.stop();
    await server.stop();
    await sink.stop();
    await workspace.close();
  }
}

/** Starts a server, and resolves at its first 2xx. It listens a moment before it says so. */
async function start(
  workspace: Workspace,
  loader: Loader,
  path: string,
  { bodyBytes }: ProcessSettings,
): Promise<PaggioServer> {
  const server = await PaggioServer.start(workspace.databaseUrl, workspace.directory);
  for (;;) {
    const { completed } = await loader.closed(server.url + path, { bodyBytes, connections: 1, durationMs: 0 });
    if (completed > 0) return server;
  }
}

/** @returns how many events were acknowledged */
async function killUnderLoad(
  server: PaggioServer,
  hookUrl: string,
  loader: Loader,
  slow: SinkPath,
  { bodyBytes }: ProcessSettings,
): Promise<number> {
  await slow.reset('timed');
  const url = `${server.url}${new URL(hookUrl).pathname}`;
  const load = loader.steady([url], { bodyBytes, ratePerSecond: 200, durationMs: 3_000 });
  await new Promise((done) => setTimeout(done, 2_000));
  await server.kill();
  return (await load).completed;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
}
