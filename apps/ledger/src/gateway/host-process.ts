import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createPaggio, type PaggioOptions } from '@paggio/core';
import { createNodeHandler } from '@paggio/http';

/** The first argument of a gateway of the ledger, as JSON. */
export interface HostSettings {
  options: Omit<PaggioOptions, 'masterKey'> & { masterKey: string };
  port: number;
  /** The file for faults and for circuits that open and close. */
  logPath: string;
}

/** The condition of a process. */
export interface HostReport {
  rssBytes: number;
  heapBytes: number;
  /** How many timers, sockets and the like are open. */
  resources: number;
  cpuMs: number;
  /** Delay of the event loop since the last report. */
  loopDelayP99Ms: number;
}

// A host as people write it with plain node:http, with the limits of the reference server.
const { options, port, logPath } = JSON.parse(process.argv[2] as string) as HostSettings;
const paggio = createPaggio({ ...options, masterKey: Buffer.from(options.masterKey, 'hex') });
const handle = createNodeHandler(paggio, { health: true, metrics: true, openapi: true, exclusive: true });
const server = createServer(
  { keepAliveTimeout: 30_000, headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 },
  (request, response) => void handle(request, response),
);
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

const logged = new Set(['circuit.opened', 'circuit.closed', 'destination.paused', 'clock.skewed']);

paggio.subscribe((event) => {
  const when = `${new Date().toISOString()} ${process.pid}`;
  if (event.type === 'fault') {
    const { where, error } = event;
    const said = error instanceof Error ? `${(error as { code?: string }).code ?? ''} ${error.message}` : String(error);
    appendFileSync(logPath, `${when} ${where}: ${said.replaceAll('\n', ' ')}\n`);
  } else if (logged.has(event.type)) appendFileSync(logPath, `${when} ${JSON.stringify(event)}\n`);
});

process.on('message', (word: 'report' | { blockMs?: number }) => {
  if (word !== 'report') {
    const until = performance.now() + (word.blockMs ?? 0);
    while (performance.now() < until);
    return;
  }
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const report: HostReport = {
    rssBytes: rss,
    heapBytes: heapUsed,
    resources: process.getActiveResourcesInfo().length,
    cpuMs: Math.round((user + system) / 1000),
    loopDelayP99Ms: Math.round(loopDelay.percentile(99) / 1e5) / 10,
  };
  loopDelay.reset();
  process.send?.({ report });
});

process.on('SIGTERM', () => {
  paggio.host.quiesce();
  server.close();
  server.closeIdleConnections();
  void paggio.stop().then(() => process.exit(0));
});
process.on('disconnect', () => process.exit());

async function main(): Promise<void> {
  await paggio.start();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  paggio.host.address.listeningAt(`http://127.0.0.1:${port}`);
  process.send?.('ready');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
