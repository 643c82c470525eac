import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectTimeout, connectToAny } from './address-race';
import type { AddressGuard } from './address-guard';
import { readBeforeFailing } from './early-answer';

const CONNECT_TIMEOUT_MS = 10_000;

export interface Peer {
  hostname: string;
  port: number;
  secure: boolean;
}

/** What the error of a connection says about the connection itself. */
export interface SocketFailure extends Error {
  code?: string;
  /** Bytes that had come in on it: more than none before an answer means that it served an earlier request. */
  bytesRead?: number;
}

/**
 * Opens the connections of every transport: the guard resolves and judges first, and only what was judged is dialled.
 * Clients' own connectors do not ask a `lookup` for literal addresses and trust what a name resolves to.
 */
export class Connector {
  constructor(private readonly guard: AddressGuard) {}

  /** @throws BlockedAddressError, NameResolutionError, or the error of the connection */
  async connect(peer: Peer): Promise<Socket> {
    const host = peer.hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = await this.guard.admit(host, peer.port);
    const deadline = performance.now() + CONNECT_TIMEOUT_MS;
    const plain = await connectToAny(addresses, peer.port, CONNECT_TIMEOUT_MS);
    const socket = peer.secure ? await secured(plain, host, deadline - performance.now()) : plain;
    // failpoint: connector.connected
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('error', (error: SocketFailure) => (error.bytesRead = socket.bytesRead));
    readBeforeFailing(socket);
    return socket;
  }
}

/** TLS with a host, through a connection that leads to it. */
function secured(plain: Socket, host: string, timeoutMs: number): Promise<Socket> {
  const servername = isIP(host) === 0 ? host : '';
  const socket = connectTls({ socket: plain, host, servername, ALPNProtocols: ['http/1.1'] });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => socket.destroy(connectTimeout()), timeoutMs);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      fail(error);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      done(socket);
    });
  });
}
