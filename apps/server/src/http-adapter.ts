import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express } from 'express';

/** Headers must arrive within 15 s and bodies within 30 s. Node would check these limits only every 30 s by default. */
const LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 16 * 1024,
  // Paggio rejects such a request itself, in its usual error format.
  requireHostHeader: false,
};

/** Express with limits that suit a server on the public internet. */
export class LimitedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const app: Express = this.getInstance();
    app.disable('x-powered-by');
    const server = createServer(LIMITS, app);
    // The server is not a proxy. Without this listener the connection would be closed without a response.
    server.on('connect', (_request, socket) =>
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    this.setHttpServer(server);
  }
}
