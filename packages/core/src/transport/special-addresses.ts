import { isIP, type BlockList } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isNetwork, networkList } from './network-list';

/**
 * IPv4 networks whose addresses are not public, or do not belong to a single host.
 * https://www.iana.org/assignments/iana-ipv4-special-registry and .../multicast-addresses
 */
const specialIpv4 = networkList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/**
 * The only part of IPv6 from which global addresses are assigned (RFC 4291, 2.4, and IANA's registry of that space).
 */
const globalUnicast = networkList(['2000::/3']);

/**
 * Parts of that space whose addresses are not public, or do not belong to a single host:
 * https://www.iana.org/assignments/iana-ipv6-special-registry 6to4 is refused whatever it embeds, because its public
 * relays are gone and the remaining ones lead into private networks.
 */
const specialIpv6 = networkList(['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']);

/**
 * Metadata services that give a machine its cloud credentials, and other services on the same addresses. One of them
 * (Azure) has a public address.
 */
const metadata = networkList([
  '169.254.169.0/24', // Amazon, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack; Amazon's DNS and time
  '169.254.170.0/24', // Amazon: containers (.2) and pods (.23)
  '169.254.0.23/32', // Tencent
  '169.254.10.10/32', // Tencent
  '169.254.42.42/32', // Scaleway
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure's host agent
  '192.0.0.192/32', // Oracle
  'fd00:ec2::/32', // Amazon
  'fd20:ce::254/128', // Google
  'fd00:c1::a9fe:a9fe/128', // Oracle
  'fd00:42::42/128', // Scaleway
  'fd00:a9fe:a9fe::1/128', // Linode
  'fd00:100::100:200/128', // Alibaba
  'fe80::a9fe:a9fe/128', // OpenStack
]);

/**
 * Normalises the spelling of an address. It removes leading zeros, and turns an IPv4 address in IPv6 form
 * (`::ffff:a.b.c.d`) into the IPv4 address. Returns undefined for text that is not an address, and for an address with
 * a zone, which means another host on every machine.
 */
export function plainAddress(address: string): string | undefined {
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toString();
}

/** Whether an address is assigned to one host on the public internet. @param plain from `plainAddress` */
export function isPublic(plain: string): boolean {
  if (isMetadata(plain)) return false;
  if (isIP(plain) === 4) return !specialIpv4.check(plain, 'ipv4');
  return globalUnicast.check(plain, 'ipv6') && !specialIpv6.check(plain, 'ipv6');
}

/**
 * Whether an address is that of a metadata service, in any form of IPv4 in IPv6 too. @param plain from `plainAddress`
 */
export function isMetadata(plain: string): boolean {
  if (isIP(plain) === 4) return metadata.check(plain, 'ipv4');
  return metadata.check(plain, 'ipv6') || translations(plain).some((address) => metadata.check(address, 'ipv4'));
}

/**
 * The IPv4 address that an IPv6 address leads to, in the forms compatible, translated, 6to4 and Teredo. Returns
 * undefined when there is none. `Translators` handles the addresses of NAT64 translators before this.
 * @param plain from `plainAddress`
 */
export function embeddedAddress(plain: string): string | undefined {
  if (isIP(plain) !== 6 || localTranslation.check(plain, 'ipv6')) return undefined;
  return translations(plain)[0];
}

const translated = networkList(['::/96', '::ffff:0:0:0/96', '64:ff9b::/96']);
const localTranslation = networkList(['64:ff9b:1::/48']);
const sixToFour = networkList(['2002::/16']);
const teredo = networkList(['2001::/32']);

/** The bytes of the IPv4 address in an address under a prefix of this length (RFC 6052, 2.2). Byte 8 is always zero. */
const LAYOUTS: Readonly<Record<number, readonly number[]>> = {
  32: [4, 5, 6, 7],
  40: [5, 6, 7, 9],
  48: [6, 7, 9, 10],
  56: [7, 9, 10, 11],
  64: [9, 10, 11, 12],
  96: [12, 13, 14, 15],
};

function translations(plain: string): string[] {
  const bytes = ipaddr.IPv6.parse(plain).toByteArray();
  if (sixToFour.check(plain, 'ipv6')) return [dotted(bytes, [2, 3, 4, 5])];
  if (teredo.check(plain, 'ipv6')) return [[12, 13, 14, 15].map((place) => 255 - (bytes[place] as number)).join('.')];
  // The IPv4 address may be in any of the layouts that the prefix leaves room for.
  if (localTranslation.check(plain, 'ipv6'))
    return [96, 48, 56, 64].map((length) => dotted(bytes, LAYOUTS[length] as readonly number[]));
  // `::` and `::1` carry no IPv4 address.
  if (!translated.check(plain, 'ipv6') || bytes.slice(0, 13).every((byte) => byte === 0)) return [];
  return [dotted(bytes, [12, 13, 14, 15])];
}

function dotted(bytes: readonly number[], places: readonly number[]): string {
  return places.map((place) => bytes[place]).join('.');
}

/** Every network with NAT64 may use this prefix. DNS64 synthesises AAAA records under it (RFC 6052, 2.1). */
const WELL_KNOWN_PREFIX = '64:ff9b::/96';

/** Whether a text is a network that NAT64 can translate under: an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits. */
export function isNat64Prefix(text: unknown): boolean {
  if (!isNetwork(text)) return false;
  const [address, length] = (text as string).split('/');
  return isIP(address as string) === 6 && Object.hasOwn(LAYOUTS, Number(length));
}

/** The NAT64 translators of the network: the well-known prefix, and those that the operator names. */
export class Translators {
  private readonly prefixes: { network: BlockList; layout: readonly number[] }[];

  /** @param prefixes networks that `isNat64Prefix` accepts */
  constructor(prefixes: readonly string[]) {
    this.prefixes = [WELL_KNOWN_PREFIX, ...prefixes].map((prefix) => ({
      network: networkList([prefix]),
      layout: LAYOUTS[Number(prefix.split('/')[1])] as readonly number[],
    }));
  }

  /** The IPv4 address that a translator turns an address into. Returns undefined when no known translator covers it. */
  addressInside(plain: string): string | undefined {
    if (isIP(plain) !== 6) return undefined;
    const prefix = this.prefixes.find(({ network }) => network.check(plain, 'ipv6'));
    return prefix && dotted(ipaddr.IPv6.parse(plain).toByteArray(), prefix.layout);
  }
}
