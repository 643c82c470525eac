import { lookup as dnsLookup } from 'node:dns';
import { isIP, type BlockList } from 'node:net';
import ipaddr from 'ipaddr.js';
import { networkList } from '../options';

export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

/** The destination is not one that deliveries may reach. Says nothing about what was found there. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'blocked_address';

  constructor(host: string) {
    super(`${host} is not an address that deliveries may reach`);
  }
}

export class NameResolutionError extends Error {
  override readonly name = 'NameResolutionError';

  constructor(
    message: string,
    readonly code: 'dns_failed' | 'dns_not_found' | 'dns_timeout' = 'dns_failed',
  ) {
    super(message);
  }
}

const DNS_TIMEOUT_MS = 5_000;

/** Ports of services that must not be spoken to by a webhook, as browsers refuse them too (Fetch standard, port blocking). */
const refusedPorts: ReadonlySet<number> = new Set([22, 25, 53, 110, 143, 2375, 3306, 5432, 6379, 9200, 11211, 27017]);

/** Names that mean this machine or the metadata service of its cloud, whatever they resolve to. */
const LOCAL_NAMES = /^(?:localhost|.+\.localhost|metadata\.google\.internal)$/;

/** Not public although address libraries call them unicast, or not called out by them (IANA special-purpose registries). */
const alsoRefused = networkList([
  '168.63.129.16/32', // Azure's host agent
  '192.0.0.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '240.0.0.0/4',
  '::/96', // deprecated IPv4-compatible addresses
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fec0::/10',
]);

/**
 * Keeps deliveries away from addresses that are not public. Judges the address that is dialled and not the name: the
 * transport asks `resolve` for the addresses of each new connection and dials one of those.
 */
export class AddressGuard {
  private readonly allowed: BlockList;
  private readonly allowedPorts: ReadonlySet<number>;

  constructor(
    allowedNetworks: readonly string[],
    private readonly resolveName: Resolve = systemResolve,
    allowedPorts: readonly number[] = [],
  ) {
    this.allowed = networkList(allowedNetworks);
    this.allowedPorts = new Set(allowedPorts);
  }

  allowsPort(port: number): boolean {
    return !refusedPorts.has(port) || this.allowedPorts.has(port);
  }

  /** Whether deliveries may be sent to this literal address. */
  allows(address: string): boolean {
    const plain = unmapped(address);
    if (plain === undefined) return false;
    const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6';
    if (this.allowed.check(plain, family)) return true;
    return ipaddr.parse(plain).range() === 'unicast' && !alsoRefused.check(plain, family);
  }

  /**
   * The addresses of a host, all of them allowed.
   * @throws BlockedAddressError when any of them is not: a mixed answer is refused as a whole
   * @throws NameResolutionError when the name has none
   */
  async resolve(host: string): Promise<ResolvedAddress[]> {
    const literal = host.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(literal);
    if (family !== 0) {
      if (!this.allows(literal)) throw new BlockedAddressError(host);
      return [{ address: literal, family: family as 4 | 6 }];
    }
    const addresses = await this.resolveName(host);
    if (addresses.length === 0) throw new NameResolutionError(`${host} has no address`, 'dns_not_found');
    if (!addresses.every(({ address }) => this.allows(address))) throw new BlockedAddressError(host);
    return addresses;
  }

  /**
   * Judges a host at configuration time. Literal addresses and names that can only be local are judged now; other names
   * when they are dialled, as what they resolve to may change.
   */
  async permits(host: string): Promise<boolean> {
    const name = host
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
      .toLowerCase();
    if (isIP(name) !== 0) return this.allows(name);
    if (LOCAL_NAMES.test(name) && name.startsWith('metadata.')) return false;
    const local = LOCAL_NAMES.test(name) || !name.includes('.') || /\.(?:internal|local)$/.test(name);
    if (!local) return true;
    if (LOCAL_NAMES.test(name)) return this.allows('127.0.0.1');
    try {
      await this.resolve(name);
      return true;
    } catch {
      return false;
    }
  }
}

/** An address without its zone, and an IPv4 address that stands in IPv6 form (`::ffff:a.b.c.d`) as itself. */
function unmapped(address: string): string | undefined {
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString();
}

function systemResolve(hostname: string): Promise<ResolvedAddress[]> {
  return new Promise((done, fail) => {
    const timer = setTimeout(
      () => fail(new NameResolutionError(`${hostname} was not resolved within 5 s`, 'dns_timeout')),
      DNS_TIMEOUT_MS,
    );
    dnsLookup(hostname, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      if (error) {
        const code = error.code === 'ENOTFOUND' ? 'dns_not_found' : 'dns_failed';
        fail(new NameResolutionError(`${hostname} could not be resolved (${error.code ?? 'failed'})`, code));
      } else done(addresses as ResolvedAddress[]);
    });
  });
}
