import type { Output } from './output';
import type { RunningServer } from './running-server';

/** After this time the process gives up. The next start finds unfinished work in the database. */
const STOP_DEADLINE_MS = 40_000;
/**
 * Signals within this time count as one: npm repeats signals that its process group already got, and a closed terminal
 * sends several.
 */
const SAME_REQUEST_MS = 1_000;
/** How long the embedded database may take to stop once nothing else is waited for. */
const RELEASE_MS = 8_000;

/**
 * Ends the process on SIGTERM, on Ctrl-C, and on SIGHUP, which a closed terminal sends. The first request shuts the
 * server down gracefully. A second one, at least a second later, abandons work in flight and stops only the embedded
 * database. A third one ends the process immediately.
 */
export class Shutdown {
  private server: RunningServer | undefined;
  private requests = 0;
  private lastRequest = 0;

  constructor(private readonly output: Output) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.request());
    // Writing to a closed terminal fails, which must not end the process before the database has stopped.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  }

  request(): void {
    const now = performance.now();
    if (this.requests > 0 && now - this.lastRequest < SAME_REQUEST_MS) return;
    this.lastRequest = now;
    this.requests++;
    if (this.requests === 1) this.stop();
    else if (this.requests === 2 && this.server) this.release(this.server);
    else process.exit(1);
  }

  /** Takes over a server that is up. It stops the server immediately if that was requested during the start. */
  started(server: RunningServer): void {
    this.server = server;
    if (this.requests > 0) this.stop();
  }

  private stop(): void {
    const { server } = this;
    if (!server) return;
    setTimeout(() => this.release(server), STOP_DEADLINE_MS).unref();
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        this.output.lastWords('Paggio did not stop cleanly', error);
        process.exit(1);
      },
    );
  }

  private release(server: RunningServer): void {
    const end = (): never => process.exit(1);
    setTimeout(end, RELEASE_MS);
    server.release().then(end, end);
  }
}
