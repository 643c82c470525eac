import { createServer, type Server, type Socket } from 'node:net';
import type { Server as HttpServer } from 'node:http';

/** Browsers resolve this name to loopback, and send its cookies to no other service on this machine. */
const NAME = 'paggio.localhost';

const twins: Readonly<Record<string, string>> = { '127.0.0.1': '::1', '::1': '127.0.0.1' };

/**
 * The name of a server that listens on loopback. Names below `localhost` resolve to both 127.0.0.1 and ::1, and a
 * browser uses the address that answers first. So the server takes its port on both: a sign-in link must not reach
 * another process.
 */
export class LoopbackName {
  private constructor(
    readonly name: string,
    private readonly twin: Server | null,
  ) {}

  /** @returns null if the server listens elsewhere, or if another process has the port on the other address */
  static async of(server: HttpServer): Promise<LoopbackName | null> {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') return null;
    const other = twins[bound.address];
    if (other === undefined) return null;
    // These are the settings that an HTTP server uses for its connections.
    const twin = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) =>
      server.emit('connection', socket),
    );
    const problem = await new Promise<NodeJS.ErrnoException | null>((done) => {
      twin.once('error', done).listen({ port: bound.port, host: other, ipv6Only: true }, () => done(null));
    });
    if (problem === null) return new LoopbackName(NAME, twin);
    // If this machine does not have the other address, no other process can use it.
    return problem.code === 'EADDRNOTAVAIL' || problem.code === 'EAFNOSUPPORT' ? new LoopbackName(NAME, null) : null;
  }

  close(): void {
    this.twin?.close();
  }
}
