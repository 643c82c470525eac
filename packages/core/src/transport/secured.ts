import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext } from 'node:tls';
import { connectTimeout } from './address-race';

/** Starts TLS with a host on a connection that leads to it. @param host without brackets */
export function secured(plain: Socket, host: string, secureContext: SecureContext, timeoutMs: number): Promise<Socket> {
  const servername = isIP(host) === 0 ? host : '';
  const socket = connect({ socket: plain, host, servername, secureContext, ALPNProtocols: ['http/1.1'] });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => socket.destroy(connectTimeout()), Math.max(1, timeoutMs));
    const failed = (error: Error): void => {
      clearTimeout(timer);
      plain.destroy();
      fail(error);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      // An alert may come now, such as that for a missing client certificate in TLS 1.3. Node reports it and then an
      // ordinary end, which clients would take for the cause.
      socket.on('error', () => socket.destroy());
      done(socket);
    });
  });
}
