import { isIP, type BlockList } from 'node:net';
import { networkList } from '@paggio/core';

/**
 * Finds the address of the sender. Without trusted proxies, it is the peer of the connection. Behind them, it is the
 * right-most address of `X-Forwarded-For` that is not a trusted proxy. The sender may have invented those further left.
 */
export class RemoteAddress {
  private readonly trusted: BlockList | undefined;

  constructor(trustedProxies: readonly string[]) {
    this.trusted = trustedProxies.length > 0 ? networkList(trustedProxies) : undefined;
  }

  of(peer: string | undefined, readForwardedFor: () => string | undefined): string | null {
    if (peer === undefined) return null;
    const nearest = plain(peer);
    if (!this.trusted || !this.isTrusted(nearest)) return nearest;
    const forwardedFor = readForwardedFor();
    if (forwardedFor === undefined) return nearest;
    const hops = forwardedFor.split(',').map((hop) => plain(hop.trim()));
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) return nearest;
      if (!this.isTrusted(hop)) return hop;
    }
    return nearest;
  }

  /** Whether a peer is one of the trusted proxies. */
  trusts(peer: string | undefined): boolean {
    return peer !== undefined && this.isTrusted(plain(peer));
  }

  /**
   * Whether a trusted proxy says that its client spoke TLS. If several proxies have written the header, the first value
   * counts.
   */
  forwardsTls(peer: string | undefined, readForwardedProto: () => string | undefined): boolean {
    return this.trusts(peer) && readForwardedProto()?.split(',')[0]?.trim().toLowerCase() === 'https';
  }

  private isTrusted(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && (this.trusted?.check(address, family === 4 ? 'ipv4' : 'ipv6') ?? false);
  }
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
