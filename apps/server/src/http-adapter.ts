import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express } from 'express';

/** Slow headers end after 15 s and slow bodies after 30 s; Node looks every 30 s unless told otherwise. */
const LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 16 * 1024,
  // Paggio refuses such a request itself, in the shape of its other errors.
  requireHostHeader: false,
};

/** Express with the limits of a server that stands in the open. */
export class LimitedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const app: Express = this.getInstance();
    app.disable('x-powered-by');
    const server = createServer(LIMITS, app);
    // Proxying is not ours; without this the connection would just be cut.
    server.on('connect', (_request, socket) =>
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    this.setHttpServer(server);
  }
}
