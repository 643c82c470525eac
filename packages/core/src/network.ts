/**
 * What counts as one sender where senders are limited: an IPv4 address, or the first 64 bits of an IPv6 address, which is
 * what a single host is usually given and can choose addresses from. Text that is no address is kept as it is; all
 * requests without an address are one sender.
 */
export function networkOf(address: string | null): string {
  if (address === null || address === '') return 'unknown';
  if (!address.includes(':')) return address;
  const embedded = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (embedded !== undefined) return embedded;
  const [plain = ''] = address.split('%', 1);
  const [head = '', tail] = plain.toLowerCase().split('::') as [string?, string?];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0);
    while (groups.length + behind < 8) groups.push('0');
    groups.push(...(tail === '' ? [] : tail.split(':')));
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
