import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that counts as one sender when senders are limited. An IPv6 subscriber has a network of at least /64 and
 * can use any address in it, so all of these count together. An IPv4 address counts by itself, even in IPv6 form
 * (`::ffff:192.0.2.1`). All requests without a known address count as one sender.
 * @param address the `remoteAddr` of a request, with or without a zone (`fe80::1%eth0`)
 */
export function networkOf(address: string | null | undefined): string {
  if (address === null || address === undefined) return UNKNOWN;
  if (isIPv4(address)) return address;
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return UNKNOWN;
  const groups = groupsOf(bare);
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

const UNKNOWN = 'unknown';

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const left = numbersOf(head);
  if (tail === undefined) return left;
  const right = numbersOf(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function numbersOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
