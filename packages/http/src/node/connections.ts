import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { isHttp2 } from './request-headers';

/** While the host stops, a connection without a complete request is closed after one to two of these intervals. */
const LOOK_EVERY_MS = 1_000;

/** Only HTTP/1 servers have this method. */
type Closable = Server & { closeAllConnections?: () => void };

/**
 * Closes the connections of an HTTP/1 server that is closing. Node's `close()` waits for connections that have sent
 * nothing or only part of a request, and it stops the timer that would end them. So they are closed here, as soon as no
 * request is being answered any more. Upgraded connections, such as WebSockets, belong to the host.
 */
export class Connections {
  /** The newest answer of each connection: while it is under way, older ones may be too. */
  private readonly newest = new Map<Socket, ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private quietLooks = 0;

  private constructor(private readonly server: Closable) {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.add(request, response),
    );
    server.once('close', () => clearInterval(this.timer));
  }

  /** The connections of a server. All instances in the process share them. */
  static of(server: Server): Connections {
    let connections = known.get(server);
    if (!connections) known.set(server, (connections = new Connections(server)));
    return connections;
  }

  add(request: IncomingMessage, response: ServerResponse): void {
    if (isHttp2(request)) return;
    const { socket } = request;
    if (!this.newest.has(socket)) socket.once('close', () => this.newest.delete(socket));
    this.newest.set(socket, response);
  }

  newestAnswer(socket: Socket): ServerResponse | undefined {
    return this.newest.get(socket);
  }

  /** Call it when the host begins to stop. No connection is closed before the server itself has stopped listening. */
  end(): void {
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  private look(): void {
    const isBusy = [...this.newest.values()].some((response) => !response.writableFinished && !response.destroyed);
    this.quietLooks = this.server.listening || isBusy ? 0 : this.quietLooks + 1;
    if (this.quietLooks > 1) this.server.closeAllConnections?.();
  }
}

const known = new WeakMap<Server, Connections>();
