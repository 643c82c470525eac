import type { Socket } from 'node:net';
import { connectToAny } from './address-race';
import type { AddressGuard } from './address-guard';
import { readBeforeFailing } from './early-answer';
import type { EgressProxy } from './egress-proxy';
import { secured } from './secured';
import { TlsTrust, type TlsIdentity } from './tls-trust';

const CONNECT_TIMEOUT_MS = 10_000;

export interface Peer {
  hostname: string;
  port: number;
  secure: boolean;
  /** The TLS settings of the destination. `null` when it has none of its own. */
  identity: TlsIdentity | null;
}

/** An error of a connection, with facts about the connection itself. */
export interface SocketFailure extends Error {
  code?: string;
  /** Bytes that the connection has received. If there are some before an answer, it has served an earlier request. */
  bytesRead?: number;
}

/**
 * Opens the connections of every transport. The guard resolves and checks first, and only checked addresses are
 * dialled. The clients' own connectors cannot do that: they call no `lookup` for literal addresses, and trust what a
 * name resolves to.
 */
export class Connector {
  /** @param proxy the proxy for every connection, or null for none */
  constructor(
    private readonly guard: AddressGuard,
    private readonly trust: TlsTrust = new TlsTrust(),
    private readonly proxy: EgressProxy | null = null,
  ) {}

  /**
   * @param direct whether the caller reads with `readFrom`, and never as a stream
   * @throws BlockedAddressError, NameResolutionError, EgressProxyError, or the error of the connection
   */
  async connect({ hostname, port, secure, identity }: Peer, direct = false): Promise<Socket> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const startedAt = performance.now();
    const plain = this.proxy
      ? await this.proxy.connect(this.guard, host, port, CONNECT_TIMEOUT_MS)
      : await connectToAny(await this.guard.admit(host, port), port, CONNECT_TIMEOUT_MS, direct && !secure);
    const left = CONNECT_TIMEOUT_MS - (performance.now() - startedAt);
    const socket = secure ? await secured(plain, host, this.trust.contextOf(identity), left) : plain;
    // failpoint: connector.connected
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    if (!secure && this.proxy) countFromHere(socket);
    socket.on('error', (error: SocketFailure) => (error.bytesRead = socket.bytesRead));
    readBeforeFailing(socket);
    return socket;
  }
}

/** Leaves the proxy's answer to CONNECT out of `bytesRead`, or the connection would seem to have served a request. */
function countFromHere(socket: Socket): void {
  const before = socket.bytesRead;
  const kind = Object.getPrototypeOf(socket) as object;
  Object.defineProperty(socket, 'bytesRead', { get: () => Number(Reflect.get(kind, 'bytesRead', socket)) - before });
}
