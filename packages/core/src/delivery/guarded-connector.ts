import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens connections for undici. Its own connector does not ask a `lookup` for literal addresses and trusts what a name
 * resolves to; this one lets the guard resolve and judge first, and dials only what was judged.
 */
export function guardedConnector(guard: AddressGuard): buildConnector.connector {
  return (options, callback) => {
    void dial(guard, options).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function dial(guard: AddressGuard, options: buildConnector.Options): Promise<Socket> {
  const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = await guard.resolve(host);
  const lookup: LookupFunction = (_name, asked, answer) => {
    if (asked.all) answer(null, addresses);
    else answer(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  const secure = options.protocol === 'https:';
  const port = Number(options.port || (secure ? 443 : 80));
  const socket = secure
    ? connectTls({ host, port, lookup, servername: options.servername ?? host, ALPNProtocols: ['http/1.1'] })
    : connectTcp({ host, port, lookup });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
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
      clearTimeout(timer);
      socket.off('error', failed);
      done(socket);
    });
  });
}
