import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import type { PaggioHost } from '@paggio/core';
import { Connections } from './connections';
import { isHttp2 } from './request-headers';

/** While the host stops, a client that does not read its answer loses it after one to two of these intervals. */
const LOOK_EVERY_MS = 1_000;

type Stopping = Pick<PaggioHost, 'isEnding' | 'whenEnding'>;

/**
 * Ends what would keep the server of a host from closing once the host stops:
 * - HTTP/2 sessions, which clients keep open. Before version 24 Node waits for them. They are closed gracefully:
 *   their open streams are answered first.
 * - answers that a client does not read, such as an event stream whose reader has stalled. Node counts an answer of HTTP/1 as
 *   complete when its last bytes are in the buffer of the connection, so those are not seen here.
 */
export class Closing {
  private readonly servers = new WeakSet<Server>();
  private readonly sessions = new Set<Http2Session>();
  /** Answers under way, and whether they were under way at the last look. */
  private readonly answers = new Map<ServerResponse, boolean>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly host: Stopping) {
    host.whenEnding(() => {
      for (const session of this.sessions) session.close();
      this.look();
    });
  }

  /** Covers every connection of a server, even those that have not sent a request yet. */
  ofServer(server: Server): void {
    if (this.servers.has(server)) return;
    this.servers.add(server);
    // Only servers of HTTP/2 have sessions.
    server.on('session', (session: Http2Session) => this.addSession(session));
    const connections = Connections.of(server);
    this.host.whenEnding(() => connections.end());
  }

  /** Covers the HTTP/2 session of a request. A request of HTTP/1 has no session. */
  ofRequest(request: IncomingMessage): void {
    if (!isHttp2(request)) return;
    const { session } = (request as IncomingMessage & { stream: ServerHttp2Stream }).stream;
    if (session) this.addSession(session);
  }

  addSession(session: Http2Session): void {
    if (this.sessions.has(session) || session.closed) return;
    if (this.host.isEnding) return session.close();
    this.sessions.add(session);
    session.once('close', () => this.sessions.delete(session));
  }

  /** @returns a function to call when the answer is complete or its connection is gone */
  addAnswer(response: ServerResponse): () => void {
    this.answers.set(response, false);
    if (this.host.isEnding) this.look();
    return () => this.answers.delete(response);
  }

  /** An answer that waits for earlier ones on its connection has no socket yet, but its request has. */
  private cut(response: ServerResponse): void {
    this.answers.delete(response);
    response.destroy();
    if (!isHttp2(response)) response.req?.socket?.destroy?.();
  }

  private look(): void {
    this.timer ??= setInterval(() => {
      for (const [response, wasSent] of this.answers) {
        // Work that has not been answered yet goes on.
        if (!response.headersSent) continue;
        if (wasSent) this.cut(response);
        else this.answers.set(response, true);
      }
      if (this.answers.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    }, LOOK_EVERY_MS).unref();
  }
}

const closings = new WeakMap<Stopping, Closing>();

/** The `Closing` of an instance. All of its handlers share it. */
export function closingOf(host: Stopping): Closing {
  let closing = closings.get(host);
  if (!closing) closings.set(host, (closing = new Closing(host)));
  return closing;
}
