import { connect, type Socket } from 'node:net';
import type { ResolvedAddress } from './address-guard';
import { DirectReading } from './direct-reading';

/** How long an address is dialled alone before the next one is dialled too (RFC 8305, 5). */
const HEAD_START_MS = 250;
/** A name can have any number of addresses. One connection must not become a scan of all of them. */
const MAX_ADDRESSES = 8;

/**
 * Connects to the first address that answers. The next address is dialled when the previous one has failed, or has not
 * answered for a quarter of a second. No attempt is given up before the time is over, because a slow address may be the
 * only one that works. Node's own way (`autoSelectFamily`) gives each address except the last only a quarter of a
 * second.
 * @param timeoutMs the time limit for all addresses together
 * @param direct whether the connection is read with `readFrom`, and never as a stream
 * @throws the first failure when all have failed, or `connect_timeout`
 */
export function connectToAny(
  addresses: readonly ResolvedAddress[],
  port: number,
  timeoutMs: number,
  direct = false,
): Promise<Socket> {
  const waiting = alternating(addresses).slice(0, MAX_ADDRESSES);
  const dialled = new Set<Socket>();
  let failure: Error | undefined;
  let turn: NodeJS.Timeout | undefined;
  return new Promise((done, fail) => {
    const deadline = setTimeout(() => {
      finish();
      fail(connectTimeout());
    }, timeoutMs);
    dialNext();

    function dialNext(): void {
      clearTimeout(turn);
      const next = waiting.shift();
      if (next === undefined) return;
      const socket = dial(next.address, port, direct);
      dialled.add(socket);
      socket.once('error', failed);
      socket.once('connect', () => {
        dialled.delete(socket);
        socket.off('error', failed);
        finish();
        done(socket);
      });
      if (waiting.length > 0) turn = setTimeout(dialNext, HEAD_START_MS);

      function failed(error: Error): void {
        if (!dialled.delete(socket)) return;
        failure ??= error;
        if (waiting.length > 0) dialNext();
        else if (dialled.size === 0) {
          finish();
          fail(failure);
        }
      }
    }

    function finish(): void {
      clearTimeout(deadline);
      clearTimeout(turn);
      const losers = [...dialled];
      dialled.clear();
      for (const loser of losers) loser.destroy();
    }
  });
}

function dial(host: string, port: number, direct: boolean): Socket {
  if (!direct) return connect({ host, port });
  const reading = new DirectReading();
  const socket = connect({ host, port, onread: reading.onread });
  reading.bind(socket);
  return socket;
}

export function connectTimeout(): Error {
  return Object.assign(new Error('no connection within 10 s'), { code: 'connect_timeout' });
}

/** Alternates the address families, so that a family without a route does not use up the time (RFC 8305, 4). */
function alternating(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return addresses.map((_address, index) => {
    const [even, odd] = index % 2 === 0 ? [first, second] : [second, first];
    return (even.shift() ?? odd.shift()) as ResolvedAddress;
  });
}
