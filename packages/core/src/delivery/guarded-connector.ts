import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AddressGuard } from './address-guard';

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
 * @throws BlockedAddressError, NameResolutionError, or the error of the connection
 */
export async function dial(guard: AddressGuard, peer: Peer): Promise<Socket> {
  const host = peer.hostname.replace(/^\[(.*)\]$/, '$1');
  const { port, secure } = peer;
  const addresses = await guard.admit(host, port);
  const lookup: LookupFunction = (_name, asked, answer) => {
    if (asked.all) answer(null, addresses);
    else answer(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  const socket = secure
    ? connectTls({ host, port, lookup, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
    : connectTcp({ host, port, lookup });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on('error', (error: SocketFailure) => (error.bytesRead = socket.bytesRead));
  return new Promise((done, fail) => {
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('no connection within 10 s'), { code: 'connect_timeout' })),
      CONNECT_TIMEOUT_MS,
    );
    const failed = (error: Error): void => {
      clearTimeout(timer);
      fail(error);
    };
    socket.once('error', failed);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      // failpoint: connector.connected
      clearTimeout(timer);
      socket.off('error', failed);
      done(socket);
    });
  });
}
