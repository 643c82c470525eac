import type { Output } from './output';
import type { RunningServer } from './running-server';

/** Past this the process ends with what it has: the next start finds the rest in the database. */
const STOP_DEADLINE_MS = 40_000;
/** npm passes signals on that its process group has already received, and a closed terminal sends more than one. */
const SAME_REQUEST_MS = 1_000;
/** How long the embedded database may take when nothing else is waited for. */
const RELEASE_MS = 8_000;

/**
 * Ends the process when it is asked to: by SIGTERM, by Ctrl-C, or by SIGHUP, which a closed terminal sends. The first
 * request stops the server in order. Another one, at least a second later, gives up what is in flight and stops only
 * the embedded database. A third one ends the process at once.
 */
export class Shutdown {
  private server: RunningServer | undefined;
  private requests = 0;
  private lastRequest = 0;

  constructor(private readonly output: Output) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.request());
    // A closed terminal takes no more output; that must not end the process before the database is stopped.
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

  /** The server is up. It is stopped at once when that was requested during its start. */
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
