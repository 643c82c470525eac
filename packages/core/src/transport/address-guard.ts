import { lookup as dnsLookup } from 'node:dns';
import { isIP, type BlockList } from 'node:net';
import { networkList } from './network-list';
import { isRefusedPort } from './refused-ports';
import { embeddedAddress, isMetadata, isPublic, plainAddress, Translators } from './special-addresses';

export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

/** Deliveries may not reach the destination. The error reveals nothing about what was found there. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'blocked_address';
}

/** Advice about what the operator can do, for error messages. */
export const NETWORK_ADVICE =
  "the operator can allow private networks (PAGGIO_ALLOWED_NETWORKS=10.1.0.0/16, or the option allowedNetworks: ['10.1.0.0/16'])";
/** Advice for a host that means the machine itself. */
const LOCAL_ADVICE =
  "for localhost the operator can allow loopback (PAGGIO_ALLOWED_NETWORKS=127.0.0.0/8,::1/128, or the option allowedNetworks: ['127.0.0.0/8', '::1/128']); in a container localhost is the container, and its host is host.docker.internal";
const CONTAINER_ADVICE =
  "the operator can allow the private network that this name means in the container (PAGGIO_ALLOWED_NETWORKS=172.16.0.0/12, or the option allowedNetworks: ['172.16.0.0/12']); on Linux the container also needs the extra host host.docker.internal:host-gateway";

/** The advice for a refused host. It depends only on the spelling, so that it reveals nothing about the network. */
export function networkAdvice(host: string): string {
  const name = plainName(host);
  if (/^(?:host\.docker|gateway\.docker|host\.containers)\.internal$/.test(name)) return CONTAINER_ADVICE;
  const plain = plainAddress(name);
  if (/^(?:.+\.)?localhost$/.test(name) || (plain && loopback.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')))
    return LOCAL_ADVICE;
  return NETWORK_ADVICE;
}

const loopback = networkList(['127.0.0.0/8', '::1/128', '0.0.0.0/32', '::/128']);

/** A host in lower case, without brackets and without a dot at the end. */
function plainName(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

export const PORT_ADVICE = 'the operator can open it (PAGGIO_ALLOWED_PORTS, option allowedPorts)';

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
/** If a proxy resolves names, the local DNS is asked only for a verdict, and not for an address to dial. */
const FORWARDED_DNS_MS = 1_000;

/** Names of this machine or of the metadata service of its cloud, whatever they resolve to. */
const LOCAL_NAMES = /^(?:localhost|.+\.localhost|metadata\.google\.internal|metadata\.goog)$/;

/** Whether a name can only have a meaning in the networks around this machine. */
function isLocalName(name: string): boolean {
  return LOCAL_NAMES.test(name) || !name.includes('.') || /\.(?:internal|local)$/.test(name);
}

/** A connection that a guard refused. */
export interface Blocked {
  host: string;
  port: number;
  reason: 'address' | 'port';
}

/**
 * Keeps deliveries away from addresses that are not public. It checks the dialled address and not the name: the
 * transport asks for the allowed addresses of each new connection, and dials one of them.
 */
export class AddressGuard {
  private readonly allowed: BlockList;
  /** Addresses that the operator named one by one. */
  private readonly named: ReadonlySet<string>;
  private readonly allowedPorts: ReadonlySet<number>;
  private readonly translators: Translators;

  /**
   * @param allowedPorts ports that are open although they belong to services that must not receive webhooks
   * @param onBlocked called for each connection that is refused when it is about to be dialled
   * @param nat64Prefixes NAT64 prefixes of the network, in addition to the well-known one
   */
  constructor(
    allowedNetworks: readonly string[],
    private readonly resolveName: Resolve = systemResolve,
    allowedPorts: readonly number[] = [],
    private readonly onBlocked: (blocked: Blocked) => void = () => undefined,
    nat64Prefixes: readonly string[] = [],
  ) {
    this.allowed = networkList(allowedNetworks);
    this.named = new Set(allowedNetworks.flatMap((network) => aloneIn(network) ?? []));
    this.allowedPorts = new Set(allowedPorts);
    this.translators = new Translators(nat64Prefixes);
  }

  allowsPort(port: number): boolean {
    return !isRefusedPort(port) || this.allowedPorts.has(port);
  }

  /** Whether deliveries may be sent to this literal address. */
  allows(address: string): boolean {
    const plain = plainAddress(address);
    if (plain === undefined) return false;
    if (this.named.has(plain)) return true;
    // An operator who allows a whole network does not mean to expose the credentials of the machine.
    if (isMetadata(plain)) return false;
    // DNS64 gives such an address to every name that has only IPv4. The check applies to the address behind the
    // translator.
    const inside = this.translators.addressInside(plain);
    if (inside !== undefined) return this.allows(inside);
    if (isPublic(plain)) return true;
    const embedded = embeddedAddress(plain);
    return (
      this.allowed.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6') &&
      // Allowing the network of a translator allows the translator, but not the addresses that it can reach.
      (embedded === undefined || this.allows(embedded))
    );
  }

  /**
   * Returns the addresses that a connection may be made to.
   * @throws BlockedAddressError, NameResolutionError
   */
  async admit(host: string, port: number): Promise<ResolvedAddress[]> {
    if (!this.allowsPort(port)) {
      this.onBlocked({ host, port, reason: 'port' });
      throw new BlockedAddressError(`port ${port} belongs to a service that must not receive webhooks; ${PORT_ADVICE}`);
    }
    try {
      return await this.resolve(host);
    } catch (error) {
      if (error instanceof BlockedAddressError) this.onBlocked({ host, port, reason: 'address' });
      throw error;
    }
  }

  /**
   * Checks a host whose name a proxy resolves. It works like `admit`, but lets through a name that the local DNS does
   * not know, unless the name can only be local. The proxy has to keep such names away from private addresses.
   * @throws BlockedAddressError, and NameResolutionError for a local name
   */
  async admitForwarded(host: string, port: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_done, fail) => {
      timer = setTimeout(
        () => fail(new NameResolutionError(`${host} was not resolved`, 'dns_timeout')),
        FORWARDED_DNS_MS,
      );
    });
    try {
      await Promise.race([this.admit(host, port), late]);
    } catch (error) {
      if (!(error instanceof NameResolutionError) || isLocalName(plainName(host))) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Resolves a host to its addresses, all of which are allowed.
   * @throws BlockedAddressError when any of them is not allowed, because a mixed answer is refused as a whole
   * @throws NameResolutionError when the name has none
   */
  async resolve(host: string): Promise<ResolvedAddress[]> {
    const literal = host.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(literal);
    if (family !== 0) {
      if (!this.allows(literal)) throw refused(host);
      return [{ address: literal, family: family as 4 | 6 }];
    }
    const addresses = await this.resolveName(host);
    if (addresses.length === 0) throw new NameResolutionError(`${host} has no address`, 'dns_not_found');
    if (!addresses.every(({ address }) => this.allows(address))) throw refused(host);
    return addresses;
  }

  /**
   * Checks a host at configuration time. It checks literal addresses, and names that can only be local. Other names are
   * checked only when they are dialled, because their addresses may change.
   */
  async permits(host: string): Promise<boolean> {
    const name = plainName(host);
    if (isIP(name) !== 0) return this.allows(name);
    if (LOCAL_NAMES.test(name) && name.startsWith('metadata.')) return false;
    if (!isLocalName(name)) return true;
    if (LOCAL_NAMES.test(name)) return this.allows('127.0.0.1');
    try {
      await this.resolve(name);
      return true;
    } catch {
      return false;
    }
  }
}

function refused(host: string): BlockedAddressError {
  return new BlockedAddressError(`${host} is not an address that deliveries may reach; ${networkAdvice(host)}`);
}

/** The address of a network that has only one address. Returns undefined for larger networks. */
function aloneIn(network: string): string | undefined {
  const [address, prefix] = network.split('/') as [string, string | undefined];
  const bits = isIP(address) === 4 ? 32 : 128;
  return prefix === undefined || Number(prefix) === bits ? plainAddress(address) : undefined;
}

/** Resolves a name with the system's hosts file and then the DNS. */
export function systemResolve(hostname: string): Promise<ResolvedAddress[]> {
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
