import { BlockList, isIP } from 'node:net';

/** Whether a text is a network such as `10.0.0.0/8` or `fd00::/8`, or one address. */
export function isNetwork(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  const [address, prefix, more] = text.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || more !== undefined) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/**
 * Makes a list of networks that addresses can be checked against. IPv4 in IPv6 form (`::ffff:1.2.3.4`) counts as IPv4.
 */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string | undefined];
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family);
  }
  return list;
}
