import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeyText, type Paggio } from '@paggio/core';
import { owner, startGateway, type TestGateway } from '@paggio/core/testing';
import { close } from './gateway-server';

/** A host with Paggio and with routes of its own. */
export interface Host {
  paggio: Paggio;
  port: number;
  key: string;
  /** Present only for a host in the process of the tests. */
  inside?: Pick<TestGateway, 'database' | 'runPeriodicWork'>;
  stop(): Promise<void>;
}

/** A gateway behind a server of a host, with a key of every scope. */
export async function serveHost(gateway: TestGateway, server: Server): Promise<Host> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  gateway.paggio.host.address.publishedAt(`http://127.0.0.1:${port}`);
  const key = createKeyText('live');
  await gateway.paggio.admin.keys.createFirst(owner.userId, key);
  return {
    paggio: gateway.paggio,
    port,
    key,
    inside: gateway,
    async stop() {
      await close(server);
      await gateway.stop();
    },
  };
}

/**
 * One gateway behind all hosts of a file, which starts with the first of them and stops with the last: creating the
 * database of a gateway takes longer than the tests of a host.
 */
export function sharedGateway(): () => Promise<TestGateway> {
  let gateway: Promise<TestGateway> | undefined;
  afterAll(async () => (await gateway)?.stop());
  return async () => ({ ...(await (gateway ??= startGateway())), stop: async () => undefined });
}

/** An endpoint, as the API answers its creation. */
export interface Created {
  id: string;
  slug: string;
  secret: string;
  webhook_url: string;
}
