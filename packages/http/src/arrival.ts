import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { requestHeaders } from './node/request-headers';
import type { RemoteAddress } from './remote-address';
import { requestHosts } from './request-host';

/** How a request reached this process. */
export interface Arrival {
  /** Whether the client uses TLS: to this process, or to a trusted proxy that says so in `X-Forwarded-Proto`. */
  overTls: boolean;
  /** Whether the connection came in at a loopback address, and therefore from this machine. */
  onLoopback: boolean;
  /** The hosts that the request names, with or without a port. */
  hosts: readonly string[];
}

export function arrivalOf(request: IncomingMessage, remoteAddress: RemoteAddress): Arrival {
  const { headers } = request;
  // Some serverless adapters and test tools have no socket.
  const socket = request.socket as Partial<TLSSocket> | undefined;
  const peer = socket?.remoteAddress;
  const forwardedProto = (): string | undefined => headers['x-forwarded-proto'] as string | undefined;
  return {
    overTls: socket?.encrypted === true || remoteAddress.forwardsTls(peer, forwardedProto),
    onLoopback: isLoopbackAddress(socket?.localAddress),
    hosts: requestHosts(requestHeaders(request), remoteAddress.trusts(peer)),
  };
}

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(?:::ffff:)?127\./.test(address));
}
