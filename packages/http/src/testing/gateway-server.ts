import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeyText, scopes, type Paggio, type PaggioOptions } from '@paggio/core';
import { owner, startGateway, type TestGateway, type TestingHooks } from '@paggio/core/testing';
import axios, { type AxiosInstance } from 'axios';
import { createNodeHandler, type MountOptions } from '../index';
import { expectConformance } from './conformance';

export interface GatewayServer {
  paggio: Paggio;
  gateway: TestGateway;
  port: number;
  /** With every scope, for user-1. */
  key: string;
  /** Faults behind INTERNAL answers; a test run must leave none. */
  faults: unknown[];
  /** Makes a link that signs in to the dashboard once, as the operator of the server. */
  signInLink(): Promise<string>;
  api(key?: string): AxiosInstance;
  stop(): Promise<void>;
}

/** A gateway behind a bare `node:http` server, on a database of its own or as another node of a shared one. */
export async function startGatewayServer(
  options: Partial<PaggioOptions> = {},
  handler: MountOptions<IncomingMessage> = {},
  shared?: TestGateway['database'],
  hooks: TestingHooks = {},
  prepare?: (paggio: Paggio) => void,
): Promise<GatewayServer> {
  const gateway = await startGateway(options, hooks, shared, prepare);
  const { paggio } = gateway;
  const faults: unknown[] = [];
  const handle = createNodeHandler(paggio, {
    health: true,
    openapi: true,
    metrics: true,
    exclusive: true,
    onFault: (error) => faults.push(error),
    ...handler,
  });
  const server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(418).end();
  });
  handle.attach(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  paggio.host.address.publishedAt(`http://127.0.0.1:${port}`);
  const key = createKeyText('live');
  await paggio.admin.keys.createFirst(owner.userId, key);
  return {
    paggio,
    gateway,
    port,
    key,
    faults,
    async signInLink() {
      const path = await handle.signInLink({ ...owner, scopes: new Set(scopes), keyId: null });
      if (path === null) throw new Error('The dashboard is not served here.');
      return `http://127.0.0.1:${port}${path}`;
    },
    api: (other = key) => client(port, other),
    async stop() {
      await close(server);
      await gateway.stop();
    },
  };
}

/** An HTTP client that compares every answer of an operation with the document. */
export function client(port: number, key: string): AxiosInstance {
  const instance = axios.create({
    baseURL: `http://127.0.0.1:${port}`,
    validateStatus: () => true,
    headers: { authorization: `Bearer ${key}` },
  });
  instance.interceptors.response.use((response) => {
    expectConformance(response);
    return response;
  });
  return instance;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
