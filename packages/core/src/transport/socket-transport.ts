import { ConnectionPools, type PoolAge } from './connection-pools';
import type { Connector } from './connector';
import { ConnectionGroup } from './http1/connection-group';
import { Exchange } from './http1/exchange';
import { poolKeyOf, refusalOf, type Transport, type TransportRequest } from './transport';

/**
 * Sends HTTP/1.1 over connections of its own. A delivery is a small request whose bytes are known in advance, so this
 * takes about 60 % of the CPU time of a general client (decision 0020).
 */
export function socketTransport(connector: Pick<Connector, 'connect'>, age: PoolAge = {}): Transport {
  const groups = new ConnectionPools<ConnectionGroup>(
    { retire: (group) => group.retire(), destroy: (group) => group.destroy() },
    age,
  );
  const open = (key: string, { origin, identity = null }: TransportRequest): ConnectionGroup => {
    const { hostname, port, protocol, host } = new URL(origin);
    const secure = protocol === 'https:';
    const peer = { hostname, port: Number(port || (secure ? 443 : 80)), secure, identity };
    return new ConnectionGroup(connector, peer, host, (group) => groups.drop(key, group));
  };
  return {
    send: async (request) => {
      const refusal = refusalOf(request);
      if (refusal) return refusal;
      const key = poolKeyOf(request);
      const exchange = new Exchange(request);
      groups.of(key, () => open(key, request)).send(exchange);
      return exchange.reader.result;
    },
    close: () => groups.destroy(),
  };
}
