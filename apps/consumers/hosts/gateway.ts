import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPaggio, type Paggio, type PaggioOptions } from '@paggio/core';

declare module '@paggio/core' {
  interface WebhookEvents {
    github: { push: { ref: string } };
  }
}

export const mount = process.env['MOUNT'] ?? '';

export const options: PaggioOptions = {
  database: { url: process.env['DATABASE_URL']! },
  masterKey: process.env['PAGGIO_MASTER_KEY']!,
  allowedNetworks: ['127.0.0.0/8'],
  stopGrace: 2_000,
};

/** Tells the parent process the port. */
export function ready(server: Server, paggio: Paggio): void {
  const { port } = server.address() as AddressInfo;
  paggio.host.address.publishedAt(`http://127.0.0.1:${port}`);
  process.send?.({ port });
}

export function createGateway(): Paggio {
  return createPaggio(options).on('github', 'push', (event) => {
    const ref: string = event.payload.ref;
    process.send?.({ ref });
  });
}

/** Listens until SIGTERM. Then the process ends by itself, because nothing is left open. */
export async function serve(server: Server, paggio: Paggio): Promise<void> {
  await paggio.start();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ready(server, paggio);
  process.once('SIGTERM', () => {
    paggio.host.quiesce();
    server.close(() => void paggio.stop());
    server.closeIdleConnections();
    process.disconnect?.();
  });
}
